import type { AuditEntry } from '../../contract/audit.ts';
import type { CallContext } from '../../contract/operation.ts';
import { isoTime } from '../core/time.ts';
import type { Context } from './context.ts';

/** Changes kept in memory; all of them are in the log. */
const ENTRIES_MAX = 500;

/** Who changed what. */
export interface Audit {
  record: (
    call: Pick<CallContext, 'actor' | 'requestId'>,
    change: Pick<AuditEntry, 'action' | 'target' | 'detail'>,
  ) => void;
  /** Shape: newest first. */
  list: (limit: number) => readonly AuditEntry[];
}

/** Creates the audit log over the given context. */
export function createAudit({ log, now }: Pick<Context, 'log' | 'now'>): Audit {
  const entries: AuditEntry[] = [];
  return {
    record: ({ actor, requestId }, change) => {
      const entry: AuditEntry = { at: isoTime(now()), actor, requestId, ...change };
      entries.push(entry);
      if (entries.length > ENTRIES_MAX) entries.shift();
      log.info({ audit: entry }, 'audit');
    },
    list: (limit) => entries.slice(-limit).toReversed(),
  };
}
