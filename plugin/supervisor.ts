import { ERRORS, isOmaError } from '../contract/errors.ts';
import { FAILURES, type Outcome } from '../contract/failure.ts';
import type { Lease, LeaseRequest } from '../contract/lease.ts';
import type { Client } from '../contract/operation.ts';
import type { Operations } from '../contract/operations.ts';
import { type Backoff, backoffMs } from './backoff.ts';
import { createLink, isGone, type LinkDeps } from './link.ts';
import { createRecentLeases } from './recent-leases.ts';
import { createReportQueue } from './report-queue.ts';
import { abortable } from './wait.ts';

/** What sending a request needs of the supervisor. */
export interface LeaseSource {
  /** Errors: OmaError, or the reason of the aborted signal. */
  readonly acquire: (request: LeaseRequest, signal: AbortSignal | null) => Promise<Lease>;
  readonly refresh: (leaseId: string, signal: AbortSignal | null) => Promise<Lease>;
  /** Sends a report without waiting; one that cannot be sent now is sent after the next connect. */
  readonly report: (leaseId: string, outcome: Outcome) => void;
}

/** The supervisor as this process sees it. */
export interface Supervisor extends LeaseSource {
  readonly client: () => Promise<Client<Operations>>;
  readonly close: () => void;
}

/** Without a supervisor, the last lease is used again for so long, in milliseconds. */
export const REUSE_MS = 60_000;
/** Tries of one call that the supervisor may answer next time. */
export const TRIES_MAX = 5;
const TRY_AGAIN: Backoff = { baseMs: 250, maxMs: 2_000 };

/** Makes the plugin's side of the supervisor; it connects when it is first needed. */
export function createSupervisor(deps: LinkDeps): Supervisor {
  const link = createLink(deps);
  const recent = createRecentLeases();
  const reports = createReportQueue(link);

  const call = async <R>(run: (client: Client<Operations>) => Promise<R>, signal: AbortSignal | null): Promise<R> => {
    const line = await abortable(link.open(), signal);
    try {
      return await run(line.client);
    } catch (error) {
      if (isOmaError(error, 'DEADLINE_EXCEEDED')) link.drop(line);
      throw error;
    }
  };

  const reusable = (request: LeaseRequest): Lease | null => {
    const now = deps.now();
    return now - (link.goneSince() ?? now) <= REUSE_MS ? recent.find(request, now) : null;
  };

  const acquire = async (request: LeaseRequest, signal: AbortSignal | null): Promise<Lease> => {
    for (let tries = 1; ; tries += 1) {
      const known = link.isPausing() ? reusable(request) : null;
      if (known !== null) {
        link.open().catch(() => undefined); // the next call that needs the connection will tell
        return known;
      }
      try {
        const lease = await call((client) => client['lease.acquire'](request, optionsOf(signal)), signal);
        recent.remember(request, lease);
        return lease;
      } catch (error) {
        const lease = isGone(error) ? reusable(request) : null;
        if (lease !== null) return lease;
        if (tries >= TRIES_MAX || !isPassing(error)) throw error;
      }
      await deps.wait(backoffMs(tries - 1, TRY_AGAIN, deps.random()), signal);
    }
  };

  return {
    acquire,
    async refresh(leaseId, signal) {
      const lease = await call((client) => client['lease.refresh']({ leaseId }, optionsOf(signal)), signal);
      recent.renew(lease);
      return lease;
    },
    report(leaseId, outcome) {
      if (outcome.kind !== 'success' && FAILURES[outcome.kind].blame !== 'none') recent.forget(leaseId);
      reports.send({ leaseId, outcome });
    },
    client: async () => (await link.open()).client,
    close: link.close,
  };
}

function isPassing(error: unknown): boolean {
  return isOmaError(error) && error.code !== 'NO_ELIGIBLE_ACCOUNTS' && ERRORS[error.code].retry;
}

function optionsOf(signal: AbortSignal | null): { readonly signal?: AbortSignal } {
  return signal === null ? {} : { signal };
}
