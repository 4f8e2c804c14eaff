import { isOmaError } from '../contract/errors.ts';
import { ATTEMPTS_MAX } from '../contract/failure.ts';
import type { Lease } from '../contract/lease.ts';
import type { Notices } from './notices.ts';
import { type NoEligible, noEligibleOf, refusalAfter, refusalFor } from './refusal.ts';
import { backendPath, type Fetch, type HostRequest, readRequest } from './request.ts';
import { createSessionTree } from './session-tree.ts';
import { type Budget, type Failure, takeTurn, type TurnDeps } from './turn.ts';
import { becauseText, spanText } from './words.ts';

export interface FetchDeps extends TurnDeps {
  readonly notices: Notices;
  readonly newId: () => string;
  /** Told the program that asks, such as "opencode 1.18.33", before the supervisor is asked for anything. */
  readonly onHost: (host: string) => void;
}

/** An account that is back within this time is waited for, in milliseconds. */
export const WAIT_MS_MAX = 60_000;
/** One request waits at most so often; together that stays below the five minutes OpenCode gives an answer. */
const WAITS_MAX = 3;
/** Added to a wait, so that the account is back for certain, in milliseconds. */
const WAIT_MARGIN_MS = 100;

interface Job {
  readonly request: HostRequest;
  readonly requestId: string;
  readonly rootSessionId: string | null;
  readonly budget: Budget;
}

/**
 * Makes the `fetch` that a host uses in place of its own: lease an account, send straight upstream, report.
 * Shape: at most ATTEMPTS_MAX accounts have a turn, and never more than were eligible at the first; once a byte of
 * the answer was handed on, nothing is tried again.
 * Not: it knows no host; what the host cannot tell apart from its own `fetch` is the point.
 */
export function createFetch(deps: FetchDeps): Fetch {
  const tree = createSessionTree();
  return async (input, init) => {
    const path = backendPath(input);
    if (path === null) return deps.upstream(input, init);
    const request = await readRequest(path, input, init);
    const rootSessionId = tree.rootOf(request.sessionId, request.parentSessionId);
    if (request.host !== null) deps.onHost(request.host);
    return serve(deps, { request, requestId: deps.newId(), rootSessionId, budget: { attempts: 0, repeated: false } });
  };
}

async function serve(deps: FetchDeps, job: Job): Promise<Response> {
  for (let waits = 0; ; waits += 1) {
    const round = await tryAccounts(deps, job);
    if (round.kind === 'done') return round.response;
    const waitMs = round.noEligible === null ? null : waitFor(round.noEligible, deps.now());
    if (waitMs === null || waits >= WAITS_MAX) return round.refuse();
    deps.notices.toast(
      'info',
      `No account can serve this now; ${round.noEligible?.earliestAlias ?? 'one'} is back in ${spanText(waitMs)}. Waiting for it.`,
    );
    await deps.wait(waitMs, job.request.signal);
  }
}

/** Answered, or nobody is left; then `refuse` makes the answer that says so. */
type Round =
  | { readonly kind: 'done'; readonly response: Response }
  | { readonly kind: 'dry'; readonly noEligible: NoEligible | null; readonly refuse: () => Response };

/** Lets one account after another try, none twice. */
async function tryAccounts(deps: FetchDeps, job: Job): Promise<Round> {
  const failures: Failure[] = [];
  let accountsMax = ATTEMPTS_MAX;
  while (job.budget.attempts < ATTEMPTS_MAX) {
    const lease = await acquire(deps, job, failures);
    if ('kind' in lease) return lease;
    if (failures.length === 0) accountsMax = lease.attemptsMax;
    if (failures.length >= accountsMax) {
      deps.supervisor.report(lease.leaseId, UNUSED);
      break;
    }
    job.budget.attempts += 1;
    announce(deps.notices, lease, failures.at(-1));
    const turn = await takeTurn(deps, job, lease);
    if (turn.kind === 'done') return turn;
    if (turn.kind === 'failed') failures.push(turn.failure);
  }
  return passedOn(failures) ?? { kind: 'dry', noEligible: null, refuse: () => refusalAfter(failures, deps.now()) };
}

async function acquire(
  deps: FetchDeps,
  { request, requestId, rootSessionId, budget }: Job,
  failures: readonly Failure[],
): Promise<Lease | Round> {
  const { sessionId, model, signal } = request;
  const exclude = failures.map(({ alias }) => alias);
  try {
    return await deps.supervisor.acquire(
      { requestId, sessionId, rootSessionId, model, attempt: budget.attempts + 1, exclude },
      signal,
    );
  } catch (error) {
    if (!isOmaError(error)) throw error;
    deps.notices.log('warn', 'no lease', { requestId, code: error.code });
    return (
      passedOn(failures) ?? {
        kind: 'dry',
        noEligible: noEligibleOf(error),
        refuse: () => refusalFor(error, deps.now()),
      }
    );
  }
}

/** When nobody is left, a failing provider is the host's to know: it tries again by itself, and shows that it does. */
function passedOn(failures: readonly Failure[]): Round | null {
  const last = failures.at(-1);
  return last?.kind === 'server-error' ? { kind: 'done', response: last.conclude() } : null;
}

function waitFor({ earliestRecoveryMs }: NoEligible, now: number): number | null {
  if (earliestRecoveryMs === null || earliestRecoveryMs - now >= WAIT_MS_MAX) return null;
  return Math.max(0, earliestRecoveryMs - now) + WAIT_MARGIN_MS;
}

function announce(notices: Notices, { alias, movedFrom, movedBecause }: Lease, failed: Failure | undefined): void {
  if (failed !== undefined && failed.alias !== alias)
    notices.toast('info', `Moved from ${failed.alias} to ${alias}: ${failed.alias} ${becauseText(failed.kind)}.`);
  else if (movedFrom !== null)
    notices.toast('info', `Moved from ${movedFrom} to ${alias}: ${movedFrom} ${becauseText(movedBecause)}.`);
}

const UNUSED = {
  kind: 'aborted',
  status: null,
  retryAtMs: null,
  limitId: null,
  errorCode: 'unused',
  phase: 'before-output',
  firstByteMs: null,
  durationMs: 0,
} as const;
