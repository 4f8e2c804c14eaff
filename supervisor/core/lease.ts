import type { FallbackReason } from '../../contract/decision.ts';
import type { Alias, EpochMs } from '../../contract/scalars.ts';
import type { Settings } from '../../contract/settings.ts';
import { attemptsMax } from './attempts.ts';
import { blockersOf, type Needs, standing } from './eligibility.ts';
import { type EndedForce, reconcileForce } from './force.ts';
import { candidatesOf, pick } from './rotation.ts';
import { type Account, type Binding, BINDINGS_MAX, type State } from './state.ts';

/** A session that was quiet for this long chooses anew, in milliseconds. */
export const AFFINITY_TTL_MS = 30 * 60 * 1_000;

/** The last use of a binding is written down at most this often, so that most leases change little. */
const BINDING_TOUCH_MS = 60 * 1_000;

/** One request for an account. */
export interface LeaseInput {
  readonly needs: Needs;
  /** The session whose binding counts: the root session of a subagent, null = none. */
  readonly sessionId: string | null;
  readonly settings: Settings;
}

/** What was chosen, and by which rule. Shape: `account` null = nobody can serve. */
export interface Choice {
  readonly account: Account | null;
  readonly how: 'force' | 'affinity' | 'strategy' | 'none';
  readonly fallbackReason: FallbackReason | null;
  readonly endedForce: EndedForce | null;
  readonly attemptsMax: number;
  /** The account this session had to leave. */
  readonly movedFrom: Alias | null;
  readonly movedBecause: string | null;
}

/** Chooses an account for a request and counts the use: force, else the session's binding, else the strategy. */
export function chooseAccount(state: State, input: LeaseInput, now: EpochMs): readonly [State, Choice] {
  const [current, endedForce] = reconcileForce(state, input.settings, now);
  const { eligible, critical } = candidatesOf(current, input.needs, input.settings, now);
  const base = {
    endedForce,
    attemptsMax: attemptsMax(eligible.length + critical.length),
    movedFrom: null,
    movedBecause: null,
  };
  const forced = forcedIndex(current, [...eligible, ...critical]);
  if (forced !== null)
    return [
      used(current, forced, null, now),
      { ...base, account: accountAt(current, forced), how: 'force', fallbackReason: null },
    ];
  if (eligible.length + critical.length === 0)
    return [current, { ...base, account: null, how: 'none', fallbackReason: 'none-eligible' }];
  const bound = boundTo(current, input, now);
  if (bound !== null && bound.stays)
    return [
      used(current, bound.index, input, now),
      { ...base, account: accountAt(current, bound.index), how: 'affinity', fallbackReason: null },
    ];
  const picked = pick(
    current,
    eligible.length > 0 ? eligible : critical,
    input.settings.rotationStrategy,
    input.settings,
  );
  const next = used({ ...current, rotation: picked.rotation }, picked.index, input, now);
  const account = accountAt(current, picked.index);
  const fallbackReason = reasonOf(current, input, bound !== null, eligible.length === 0);
  return [next, { ...base, ...moveOf(bound, account), account, how: 'strategy', fallbackReason }];
}

interface Bound {
  readonly index: number;
  readonly alias: Alias;
  readonly stays: boolean;
  readonly because: string | null;
}

function forcedIndex(state: State, candidates: readonly number[]): number | null {
  const alias = state.force?.forcedAlias;
  return alias === undefined ? null : (candidates.find((index) => state.accounts[index]?.alias === alias) ?? null);
}

/** The account the session is bound to, and whether it can stay there. */
function boundTo(state: State, { sessionId, needs, settings }: LeaseInput, now: EpochMs): Bound | null {
  if (sessionId === null || !settings.sessionAffinity) return null;
  const binding = state.bindings.get(sessionId);
  if (binding === undefined || binding.usedAt + AFFINITY_TTL_MS < now) return null;
  const index = state.accounts.findIndex((account) => account.alias === binding.alias);
  const account = state.accounts[index];
  if (account === undefined) return null;
  const stays = standing(account, needs, settings, now) !== 'blocked';
  const because = stays ? null : (blockersOf(account, needs, settings, now)[0]?.code ?? null);
  return { index, alias: account.alias, stays, because };
}

function reasonOf(
  state: State,
  { needs }: LeaseInput,
  hadBinding: boolean,
  criticalOnly: boolean,
): FallbackReason | null {
  if (needs.exclude.length > 0) return 'retry';
  if (state.force !== null) return 'forced-account-lost';
  if (hadBinding) return 'bound-account-ineligible';
  return criticalOnly ? 'critical-only' : null;
}

function moveOf(bound: Bound | null, account: Account | null): Pick<Choice, 'movedFrom' | 'movedBecause'> {
  if (bound === null || account === null || bound.alias === account.alias)
    return { movedFrom: null, movedBecause: null };
  return { movedFrom: bound.alias, movedBecause: bound.because };
}

function accountAt(state: State, index: number): Account | null {
  return state.accounts[index] ?? null;
}

/** Counts the use and binds the session; `input` null leaves bindings alone. */
function used(state: State, index: number, input: LeaseInput | null, now: EpochMs): State {
  const account = state.accounts[index];
  if (account === undefined) return state;
  const accounts = state.accounts.with(index, {
    ...account,
    usage: { count: account.usage.count + 1, lastUsedAt: now },
  });
  const bindings =
    input?.settings.sessionAffinity === true && input.sessionId !== null
      ? bind(state.bindings, input.sessionId, account.alias, now)
      : state.bindings;
  return { ...state, accounts, bindings };
}

function bind(
  bindings: ReadonlyMap<string, Binding>,
  sessionId: string,
  alias: Alias,
  now: EpochMs,
): ReadonlyMap<string, Binding> {
  const before = bindings.get(sessionId);
  if (before !== undefined && before.alias === alias && now - before.usedAt < BINDING_TOUCH_MS) return bindings;
  const next = new Map(bindings);
  next.delete(sessionId);
  next.set(sessionId, { alias, usedAt: now });
  if (next.size > BINDINGS_MAX) {
    const [oldest] = next.keys();
    if (oldest !== undefined) next.delete(oldest);
  }
  return next;
}
