import type { HealthStatus } from '../../contract/account.ts';
import { type FailureRow, FAILURES, type Outcome, RESET_AHEAD_MAX_MS } from '../../contract/failure.ts';
import { MAIN_LIMIT_ID } from '../../contract/limits.ts';
import type { Alias, EpochMs } from '../../contract/scalars.ts';
import { updateAccount } from './access.ts';
import { type Account, type Health, HEALTHY, type ModelCooldown, type State } from './state.ts';

/** Successes that end a probation. */
export const PROBATION_SUCCESSES = 2;

/** Models that one account remembers as cooling, at most; the one that ends first goes first. */
const MODEL_COOLDOWNS_MAX = 32;

/** What a report says about one lease of an account. */
export interface HealthInput {
  readonly alias: Alias;
  readonly model: string | null;
  readonly outcome: Outcome;
}

/** Health as it is now: a cooldown that is over has become probation. */
export function healthAt(health: Health, now: EpochMs): HealthStatus {
  return health.status === 'cooldown' && !isCooling(health.until ?? 0, now) ? 'probation' : health.status;
}

/** Tells whether a cooldown lasts still. Why not only `until > now`: one that ends later than any can was begun under a wrong clock. */
export function isCooling(until: EpochMs, now: EpochMs): boolean {
  return until > now && until - now <= RESET_AHEAD_MAX_MS;
}

/**
 * Applies an outcome to the health of its account by the failure taxonomy; answers when the account is back, null = not blamed.
 * Not: it never touches limits, and a success never shortens a cooldown that another request has caused meanwhile.
 */
export function recordOutcome(
  state: State,
  { alias, model, outcome }: HealthInput,
  now: EpochMs,
): readonly [State, EpochMs | null] {
  const account = state.accounts.find((candidate) => candidate.alias === alias);
  if (account === undefined) return [state, null];
  if (outcome.kind === 'success') return [recordSuccess(state, account, { model, now }), null];
  const row: FailureRow = FAILURES[outcome.kind];
  if (row.blame === 'none') return [state, null];
  if (model !== null && (row.blame === 'model' || isModelMeter(outcome)))
    return coolModel(state, { account, model, row, outcome }, now);
  const health = cool(account.health, { row, outcome }, now);
  return [updateAccount(state, alias, (old) => ({ ...old, health })), health.until];
}

/** A failed outcome with its row of the taxonomy. */
interface Fault {
  readonly row: FailureRow;
  readonly outcome: Outcome;
}

function recordSuccess(
  state: State,
  account: Account,
  { model, now }: { readonly model: string | null; readonly now: EpochMs },
): State {
  const status = healthAt(account.health, now);
  const modelDone =
    model !== null && account.modelCooldowns.some((entry) => entry.model === model && !isCooling(entry.until, now));
  if (status !== 'probation' && !modelDone) return state;
  return updateAccount(state, account.alias, (old) => ({
    ...old,
    health: status === 'probation' ? afterSuccess(old.health) : old.health,
    modelCooldowns: modelDone ? old.modelCooldowns.filter((entry) => entry.model !== model) : old.modelCooldowns,
  }));
}

function afterSuccess(health: Health): Health {
  const successes = health.successes + 1;
  return successes >= PROBATION_SUCCESSES ? HEALTHY : { ...health, status: 'probation', until: null, successes };
}

function cool(health: Health, { row, outcome }: Fault, now: EpochMs): Health {
  const status = healthAt(health, now);
  const named = namedReset(row, outcome, now);
  if (status === 'cooldown' && named === null) return health;
  const cooldownMs =
    status === 'healthy' ? row.cooldownMs : nextCooldownMs(health.cooldownMs, row, status === 'probation');
  return {
    status: 'cooldown',
    until: named ?? now + cooldownMs,
    reason: outcome.kind === 'success' ? null : outcome.kind,
    cooldownMs,
    successes: 0,
  };
}

function coolModel(
  state: State,
  failed: { account: Account; model: string; row: FailureRow; outcome: Outcome },
  now: EpochMs,
): readonly [State, EpochMs | null] {
  const { account, model, row, outcome } = failed;
  const before = account.modelCooldowns.find((entry) => entry.model === model);
  if (before !== undefined && isCooling(before.until, now)) return [state, before.until];
  const cooldownMs = before === undefined ? row.cooldownMs : nextCooldownMs(before.cooldownMs, row, true);
  const until = namedReset(row, outcome, now) ?? now + cooldownMs;
  const kept = account.modelCooldowns.filter((entry) => entry.model !== model);
  const modelCooldowns = newest([...kept, { model, until, cooldownMs }]);
  return [updateAccount(state, account.alias, (old) => ({ ...old, modelCooldowns })), until];
}

function nextCooldownMs(lastMs: number, row: FailureRow, doubles: boolean): number {
  const grown = doubles ? lastMs * 2 : lastMs;
  return Math.min(Math.max(grown, row.cooldownMs), row.cooldownMaxMs);
}

function namedReset(row: FailureRow, outcome: Outcome, now: EpochMs): EpochMs | null {
  if (!row.untilReset || outcome.retryAtMs === null || outcome.retryAtMs <= now) return null;
  return Math.min(outcome.retryAtMs, now + RESET_AHEAD_MAX_MS);
}

/** A meter of one model is exhausted: the account serves other models still. */
function isModelMeter(outcome: Outcome): boolean {
  return outcome.kind === 'rate-limited' && outcome.limitId !== null && outcome.limitId !== MAIN_LIMIT_ID;
}

function newest(entries: readonly ModelCooldown[]): readonly ModelCooldown[] {
  return entries.length <= MODEL_COOLDOWNS_MAX
    ? entries
    : entries.toSorted((a, b) => b.until - a.until).slice(0, MODEL_COOLDOWNS_MAX);
}
