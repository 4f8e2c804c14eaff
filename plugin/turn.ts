import { type ErrorCode, isOmaError } from '../contract/errors.ts';
import { type FailureRow, FAILURES, type Outcome } from '../contract/failure.ts';
import type { Lease } from '../contract/lease.ts';
import { type Backoff, backoffMs } from './backoff.ts';
import type { Tried } from './refusal.ts';
import type { HostRequest } from './request.ts';
import { type Failed, send, type SendDeps } from './send.ts';
import type { LeaseSource } from './supervisor.ts';
import type { Wait } from './wait.ts';

export interface TurnDeps extends SendDeps {
  readonly supervisor: LeaseSource;
  readonly random: () => number;
  readonly wait: Wait;
}

/** What one request may still do. */
export interface Budget {
  attempts: number;
  /** Whether a failure that has nothing to do with the account was answered by a second try; once in a request. */
  repeated: boolean;
}

/** One account that failed, and what the host would get of it. */
export interface Failure extends Tried {
  readonly conclude: () => Response;
}

/** How the turn of one account ended. Shape: `again` = the lease was worth nothing, which is nobody's failure. */
export type Turn =
  | { readonly kind: 'done'; readonly response: Response }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'again' };

const REPEAT: Backoff = { baseMs: 500, maxMs: 4_000 };

/** Refusals of a refresh that speak of the lease or its holder, not of the account. */
const LEASE_LOST: readonly ErrorCode[] = [
  'LEASE_NOT_FOUND',
  'CONNECTION_CLOSED',
  'SUPERVISOR_NOT_RUNNING',
  'SUPERVISOR_START_FAILED',
  'DEADLINE_EXCEEDED',
];
/** Refusals of a refresh that leave open whether the login is good. */
const UNDECIDED: readonly ErrorCode[] = ['UPSTREAM_UNREACHABLE', 'CHILD_UNAVAILABLE', 'STORE_UNWRITABLE', 'INTERNAL'];

/**
 * Lets one account try a request: it sends, and before any output does what the failure table says: nothing, once
 * more after a pause, once more with a new token, or leave it to the next account.
 * Shape: each lease is reported once, with its last outcome.
 */
export async function takeTurn(
  deps: TurnDeps,
  job: { readonly request: HostRequest; readonly budget: Budget },
  leased: Lease,
): Promise<Turn> {
  const { request, budget } = job;
  let lease = leased;
  let refreshed = false;
  for (;;) {
    const { leaseId } = lease;
    const report = (outcome: Outcome): void => deps.supervisor.report(leaseId, outcome);
    const sent = await send(deps, { request, lease, onEnd: report });
    if (sent.kind === 'answered') return { kind: 'done', response: sent.response };
    switch (stepAfter(FAILURES[sent.verdict.kind].retry, { refreshed, repeated: budget.repeated })) {
      case 'give-up':
        report(sent.outcome);
        return { kind: 'done', response: sent.conclude() };
      case 'next':
        report(sent.outcome);
        return failedTurn(lease, sent);
      case 'repeat':
        budget.repeated = true;
        await pause(deps, job, report);
        break;
      case 'refresh': {
        refreshed = true;
        const renewed = await renew(deps, { request, lease, sent });
        if (renewed.kind !== 'renewed') return renewed;
        ({ lease } = renewed);
      }
    }
  }
}

type Step = 'give-up' | 'repeat' | 'refresh' | 'next';

function stepAfter(
  retry: FailureRow['retry'],
  used: { readonly refreshed: boolean; readonly repeated: boolean },
): Step {
  switch (retry) {
    case 'never':
      return 'give-up';
    case 'same-once':
      return used.repeated ? 'give-up' : 'repeat';
    case 'same-once-then-next':
      return used.repeated ? 'next' : 'repeat';
    case 'refresh-once-then-next':
      return used.refreshed ? 'next' : 'refresh';
    case 'next':
      return 'next';
  }
}

async function pause(
  deps: TurnDeps,
  { request, budget }: { readonly request: HostRequest; readonly budget: Budget },
  report: (outcome: Outcome) => void,
): Promise<void> {
  try {
    await deps.wait(backoffMs(budget.attempts - 1, REPEAT, deps.random()), request.signal);
  } catch (error) {
    report(ABORTED);
    throw error;
  }
}

async function renew(
  deps: TurnDeps,
  { request, lease, sent }: { readonly request: HostRequest; readonly lease: Lease; readonly sent: Failed },
): Promise<{ readonly kind: 'renewed'; readonly lease: Lease } | Turn> {
  try {
    return { kind: 'renewed', lease: await deps.supervisor.refresh(lease.leaseId, request.signal) };
  } catch (error) {
    if (!isOmaError(error)) {
      deps.supervisor.report(lease.leaseId, ABORTED);
      throw error;
    }
    if (LEASE_LOST.includes(error.code)) return { kind: 'again' };
    const outcome: Outcome = UNDECIDED.includes(error.code)
      ? { ...sent.outcome, kind: 'network', errorCode: error.code }
      : sent.outcome;
    deps.supervisor.report(lease.leaseId, outcome);
    return failedTurn(lease, sent);
  }
}

function failedTurn({ alias }: Lease, { verdict, conclude }: Failed): Turn {
  return { kind: 'failed', failure: { alias, kind: verdict.kind, retryAtMs: verdict.retryAtMs, conclude } };
}

const ABORTED: Outcome = {
  kind: 'aborted',
  status: null,
  retryAtMs: null,
  limitId: null,
  errorCode: null,
  phase: 'before-output',
  firstByteMs: null,
  durationMs: 0,
};
