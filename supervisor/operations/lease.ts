import { isOmaError, OmaError } from '../../contract/errors.ts';
import type { CallContext, Params, Result } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';
import type { Alias } from '../../contract/scalars.ts';
import { tokenFreshness } from '../core/credentials.ts';
import { recordOutcome } from '../core/health.ts';
import { type Choice, chooseAccount, type LeaseInput } from '../core/lease.ts';
import type { Account, State } from '../core/state.ts';
import { isoTime, isoTimeOrNull } from '../core/time.ts';
import type { Context } from './context.ts';
import type { Decisions } from './decisions.ts';
import { LeaseAnswer, type ReadToken } from './lease-answer.ts';
import type { Leases } from './leases.ts';
import { noEligible } from './no-eligible.ts';
import type { Refresher } from './refresher.ts';

/** Accounts one lease tries to refresh at most. */
const REFRESHES_MAX = 8;

/** What the lease operations share. */
export interface LeaseDeps {
  readonly context: Context;
  readonly leases: Leases;
  readonly refresher: Refresher;
  readonly decisions: Decisions;
  readonly readToken: ReadToken;
  /** Called when a force ended by itself during a choice. */
  onForceEnded: (ended: NonNullable<Choice['endedForce']>) => void;
}

type Acquire = Params<Operations, 'lease.acquire'>;
type LeaseResult = Result<Operations, 'lease.acquire'>;

/** Chooses an account and hands it out: at once, unless its token has to be renewed first. */
export function acquireLease(deps: LeaseDeps, params: Acquire, call: CallContext): LeaseResult | Promise<LeaseResult> {
  const found = tryToLease(deps, params, { call, unusable: NONE_UNUSABLE });
  return 'leaseId' in found ? found : acquireAfterRenewal(deps, params, { call, stale: found.stale });
}

/** An account whose token cannot be handed out as it is. */
interface Stale {
  readonly stale: Account;
}

const NONE_UNUSABLE: ReadonlyMap<Alias, string> = new Map();

async function acquireAfterRenewal(
  deps: LeaseDeps,
  params: Acquire,
  { call, stale }: Stale & { readonly call: CallContext },
): Promise<LeaseResult> {
  const unusable = new Map<Alias, string>();
  let account = stale;
  for (let refreshes = 0; refreshes < REFRESHES_MAX; refreshes += 1) {
    const failure = await makeUsable(deps, account);
    // Whoever gave up or is gone would never report the lease.
    call.signal.throwIfAborted();
    if (failure !== null) unusable.set(account.alias, failure);
    const found = tryToLease(deps, params, { call, unusable });
    if ('leaseId' in found) return found;
    account = found.stale;
  }
  throw noEligible(deps.context, leaseInput(deps, params, [...unusable.keys()]), unusable);
}

function tryToLease(
  deps: LeaseDeps,
  params: Acquire,
  { call, unusable }: { readonly call: CallContext; readonly unusable: ReadonlyMap<Alias, string> },
): LeaseResult | Stale {
  const input = leaseInput(deps, params, [...unusable.keys()]);
  const { choice, isUsable } = choose(deps, params, input);
  const { account } = choice;
  if (account === null) throw noEligible(deps.context, input, unusable);
  return isUsable ? handOut(deps, params, { call, choice, account }) : { stale: account };
}

/** After a 401: renews the token of a lease unless somebody else has, and leases the same account again. */
export async function refreshLease(deps: LeaseDeps, { leaseId }: { readonly leaseId: string }): Promise<LeaseResult> {
  const { leases, refresher } = deps;
  const lease = leases.find(leaseId);
  if (lease === undefined) throw leaseNotFound();
  const account = await refresher.renew(lease.alias, lease.accessToken);
  if (!leases.renew(leaseId, account.credentials.accessToken)) throw leaseNotFound();
  return leaseOf(deps, { leaseId, account, attemptsMax: 1, movedFrom: null, movedBecause: null });
}

/** Ends a lease and lets the outcome count. */
export function reportLease(
  { context, leases }: LeaseDeps,
  { leaseId, outcome }: Params<Operations, 'lease.report'>,
): Result<Operations, 'lease.report'> {
  const lease = leases.find(leaseId);
  if (lease === undefined) throw leaseNotFound();
  leases.end(leaseId, outcome.kind !== 'success' && outcome.kind !== 'aborted');
  context.tally.outcome(outcome);
  const isQuiet = outcome.kind === 'success' || outcome.kind === 'aborted';
  const cooledUntilMs = context.store.change('lease.report', (state, now) =>
    recordOutcome(state, { alias: lease.alias, model: lease.model, outcome }, now),
  );
  if (!isQuiet) {
    const { kind, status, errorCode, phase } = outcome;
    context.log.warn(
      {
        requestId: lease.requestId,
        alias: lease.alias,
        kind,
        status,
        errorCode,
        phase,
        cooledUntil: isoTimeOrNull(cooledUntilMs),
      },
      'request failed upstream',
    );
    context.emit({ type: 'changed', at: isoTime(context.now()), topics: ['accounts'] });
  }
  return { cooledUntilMs };
}

interface Chosen {
  readonly choice: Choice;
  readonly isUsable: boolean;
}

/** A choice counts only when its token can be handed out at once; else nothing is changed and the token is renewed first. */
function choose({ context, decisions, onForceEnded }: LeaseDeps, params: Acquire, lease: LeaseInput): Chosen {
  return context.store.change('lease.acquire', (state, now) => {
    const [next, choice] = chooseAccount(state, lease, now);
    const isUsable = choice.account !== null && hasUsableToken(context, { state, account: choice.account }, now);
    const isFinal = isUsable || choice.account === null;
    if (isFinal && choice.endedForce !== null) onForceEnded(choice.endedForce);
    if (isFinal) decisions.record({ state, lease, requestId: params.requestId, attempt: params.attempt, now });
    return [isFinal ? next : state, { choice, isUsable }];
  });
}

/** Why: a new token may be handed out only once it is on disk. */
function hasUsableToken(
  { store }: Context,
  { state, account }: { readonly state: State; readonly account: Account },
  now: number,
): boolean {
  if (tokenFreshness(account.credentials, now) === 'expired') return false;
  const index = state.accounts.indexOf(account);
  return store.durable().accounts[index]?.credentials === account.credentials;
}

async function makeUsable({ context, refresher }: LeaseDeps, account: Account): Promise<string | null> {
  try {
    await context.store.settled();
    if (tokenFreshness(account.credentials, context.now()) === 'expired')
      await refresher.renew(account.alias, account.credentials.accessToken);
    return null;
  } catch (error) {
    if (!isOmaError(error)) throw error;
    return error.code;
  }
}

function handOut(
  deps: LeaseDeps,
  params: Acquire,
  chosen: { call: CallContext; choice: Choice; account: Account },
): LeaseResult {
  const { context, leases, refresher } = deps;
  const { call, choice, account } = chosen;
  const leaseId = context.newId('lease');
  const { accessToken } = account.credentials;
  leases.add({
    leaseId,
    alias: account.alias,
    model: params.model,
    requestId: params.requestId,
    connectionId: call.connectionId,
    accessToken,
    at: context.now(),
  });
  if (tokenFreshness(account.credentials, context.now()) === 'aging' && !refresher.isRefreshing(account.alias)) {
    refresher.renew(account.alias, accessToken).catch((error: unknown) => {
      context.log.warn(
        { alias: account.alias, code: isOmaError(error) ? error.code : 'INTERNAL' },
        'refresh ahead of expiry failed',
      );
    });
  }
  return leaseOf(deps, {
    leaseId,
    account,
    attemptsMax: choice.attemptsMax,
    movedFrom: choice.movedFrom,
    movedBecause: choice.movedBecause,
  });
}

interface LeaseParts extends Pick<LeaseResult, 'leaseId' | 'attemptsMax' | 'movedFrom' | 'movedBecause'> {
  readonly account: Account;
}

function leaseOf({ context, readToken }: LeaseDeps, { account, ...rest }: LeaseParts): LeaseResult {
  const { accessToken, expiresAt } = account.credentials;
  const { residency, tokenJson } = readToken(account.credentials);
  const lease = {
    ...rest,
    alias: account.alias,
    accessToken,
    tokenExpiresAtMs: expiresAt,
    accountId: account.seat.accountId,
    residency,
    baseUrl: context.addresses.baseUrl,
  };
  return new LeaseAnswer(lease, tokenJson);
}

function leaseInput({ context }: LeaseDeps, params: Acquire, unusable: readonly Alias[]): LeaseInput {
  return {
    needs: { model: params.model, exclude: unusable.length === 0 ? params.exclude : [...params.exclude, ...unusable] },
    sessionId: params.rootSessionId ?? params.sessionId,
    settings: context.settings.effective().settings,
  };
}

function leaseNotFound(): OmaError {
  return new OmaError('LEASE_NOT_FOUND', 'This lease is unknown or was reported already. Ask for a new one.');
}
