import type { FallbackReason } from '../../contract/decision.ts';
import type { Alias, EpochMs } from '../../contract/scalars.ts';
import type { Settings } from '../../contract/settings.ts';
import { attemptsMax } from './attempts.ts';
import { blockersOf, type Needs, type Question, standing } from './eligibility.ts';
import { type EndedForce, reconcileForce } from './force.ts';
import { withUse } from './lineup.ts';
import { countAble, pick } from './rotation.ts';
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
  const { needs, settings } = input;
  const question: Question = { needs, settings, now };
  const [current, endedForce] = reconcileForce(state, settings, now);
  const base = {
    endedForce,
    attemptsMax: attemptsMax(countAble(current, question)),
    movedFrom: null,
    movedBecause: null,
  };
  const forced = forcedIndex(current, question);
  if (forced !== null)
    return [
      countUse(current, forced, now),
      { ...base, account: accountAt(current, forced), how: 'force', fallbackReason: null },
    ];
  const bound = boundTo(current, input, question);
  if (bound?.stays === true)
    return [
      bind(countUse(current, bound.index, now), input, { alias: bound.alias, usedAt: now }),
      { ...base, account: accountAt(current, bound.index), how: 'affinity', fallbackReason: null },
    ];
  const picked = pick(current, question);
  if (picked === null) return [current, { ...base, account: null, how: 'none', fallbackReason: 'none-eligible' }];
  const { index, rotation, isCritical } = picked;
  const account = accountAt(current, index);
  const next = bind(countUse({ ...current, rotation }, index, now), input, { alias: account.alias, usedAt: now });
  const fallbackReason = reasonOf(current, needs, { hadBinding: bound !== null, isCritical });
  return [next, { ...base, ...moveOf(bound, account), account, how: 'strategy', fallbackReason }];
}

interface Bound {
  readonly index: number;
  readonly alias: Alias;
  readonly stays: boolean;
  readonly because: string | null;
}

function forcedIndex({ force, accounts }: State, question: Question): number | null {
  if (force === null) return null;
  const index = accounts.findIndex(({ alias }) => alias === force.forcedAlias);
  const account = accounts[index];
  return account === undefined || standing(account, question) === 'blocked' ? null : index;
}

/** The account the session is bound to, and whether it can stay there. */
function boundTo(state: State, { sessionId, settings }: LeaseInput, question: Question): Bound | null {
  if (sessionId === null || !settings.sessionAffinity) return null;
  const binding = state.bindings.get(sessionId);
  if (binding === undefined || binding.usedAt + AFFINITY_TTL_MS < question.now) return null;
  const index = state.accounts.findIndex(({ alias }) => alias === binding.alias);
  const account = state.accounts[index];
  if (account === undefined) return null;
  const stays = standing(account, question) !== 'blocked';
  const because = stays ? null : (blockersOf(account, question)[0]?.code ?? null);
  return { index, alias: account.alias, stays, because };
}

function reasonOf(
  state: State,
  { exclude }: Needs,
  found: { readonly hadBinding: boolean; readonly isCritical: boolean },
): FallbackReason | null {
  if (exclude.length > 0) return 'retry';
  if (state.force !== null) return 'forced-account-lost';
  if (found.hadBinding) return 'bound-account-ineligible';
  return found.isCritical ? 'critical-only' : null;
}

function moveOf(bound: Bound | null, { alias }: Account): Pick<Choice, 'movedFrom' | 'movedBecause'> {
  if (bound === null || bound.alias === alias) return { movedFrom: null, movedBecause: null };
  return { movedFrom: bound.alias, movedBecause: bound.because };
}

function accountAt({ accounts }: State, index: number): Account {
  const account = accounts[index];
  if (account === undefined) throw new Error(`no account at ${String(index)}`);
  return account;
}

function countUse(state: State, index: number, now: EpochMs): State {
  const account = accountAt(state, index);
  const usage = { count: account.usage.count + 1, lastUsedAt: now };
  return { ...state, accounts: withUse(state.accounts, index, { ...account, usage }) };
}

/** Binds the session to an account; the longest unused session is forgotten when there are too many. */
function bind(state: State, { sessionId, settings }: LeaseInput, binding: Binding): State {
  if (sessionId === null || !settings.sessionAffinity) return state;
  const before = state.bindings.get(sessionId);
  if (before?.alias === binding.alias && binding.usedAt - before.usedAt < BINDING_TOUCH_MS) return state;
  const bindings = new Map(state.bindings);
  bindings.delete(sessionId);
  bindings.set(sessionId, binding);
  const [oldest] = bindings.keys();
  if (bindings.size > BINDINGS_MAX && oldest !== undefined) bindings.delete(oldest);
  return { ...state, bindings };
}
