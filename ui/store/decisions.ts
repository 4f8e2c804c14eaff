import { type ReadonlySignal, signal } from '@preact/signals';

import type { AuditEntry } from '../../contract/audit.ts';
import type { Decision } from '../../contract/decision.ts';
import type { Api } from '../api.ts';
import { createResource, type Resource } from './resource.ts';

const SHOWN_MAX = 200;

/** The live feed: which account served what, and why; and who changed what. */
export interface Decisions {
  /** Newest first. */
  readonly list: ReadonlySignal<readonly Decision[]>;
  readonly audit: Resource<readonly AuditEntry[]>;
  readonly refresh: () => Promise<void>;
  readonly onDecision: (decision: Decision) => void;
}

/** Creates the feed. */
export function createDecisions(api: Api): Decisions {
  const list = signal<readonly Decision[]>([]);
  const add = (more: readonly Decision[]): void => {
    const known = new Set(more.map(keyOf));
    const older = list.peek().filter((decision) => !known.has(keyOf(decision)));
    list.value = [...more, ...older].sort((a, b) => b.at.localeCompare(a.at)).slice(0, SHOWN_MAX);
  };
  return {
    list,
    audit: createResource<readonly AuditEntry[]>(
      async () => (await api.call('audit.list', { limit: SHOWN_MAX })).entries,
    ),
    refresh: async () => {
      try {
        add((await api.call('decision.list', { limit: 100 })).decisions);
      } catch {
        // The connection says that the supervisor is away; the feed keeps what it has.
      }
    },
    onDecision: (decision) => add([decision]),
  };
}

/** One request may be decided several times, once for each attempt. */
export function keyOf({ requestId, attempt, at }: Decision): string {
  return `${requestId} ${attempt} ${at}`;
}
