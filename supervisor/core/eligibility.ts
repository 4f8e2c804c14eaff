import type { BlockerCode } from '../../contract/account.ts';
import type { Alias, EpochMs } from '../../contract/scalars.ts';
import type { Settings } from '../../contract/settings.ts';
import { healthAt, isCooling } from './health.ts';
import { exhaustedUntil, isAmple, level } from './limits.ts';
import type { Account, State } from './state.ts';

/** What a request needs of an account. */
export interface Needs {
  readonly model: string | null;
  /** Accounts this request has tried already. */
  readonly exclude: readonly Alias[];
}

/** One reason against an account. Shape: `until` is the instant at which it ends by itself, null = never by itself. */
export interface Blocker {
  readonly code: BlockerCode;
  readonly until: EpochMs | null;
  readonly detail: string | null;
}

/** How an account stands for one request: `critical` may serve, but only if nothing better can. */
export type Standing = 'eligible' | 'critical' | 'blocked';

/** What is asked of the accounts: for which request, by which settings, when. */
export interface Question {
  readonly needs: Needs;
  readonly settings: Settings;
  readonly now: EpochMs;
}

/** Needs of nobody in particular. */
export const NO_NEEDS: Needs = { model: null, exclude: [] };

/**
 * Tells how an account stands for a request.
 * Why: this runs for each account on the lease path, so it stops at the first blocker and allocates nothing; `blockersOf` names them all.
 */
export function standing(account: Account, { needs, settings, now }: Question): Standing {
  if (isOff(account) || healthAt(account.health, now) === 'cooldown') return 'blocked';
  if (isExcluded(account, needs) || isReserved(account, settings)) return 'blocked';
  if (account.modelCooldowns.length > 0 && modelCooldownUntil(account, needs.model, now) !== null) return 'blocked';
  if (account.limits.windows.length === 0) return 'eligible';
  if (exhaustedUntil(account.limits, needs.model, now) !== null) return 'blocked';
  return level(account.limits, settings, now) === 'critical' ? 'critical' : 'eligible';
}

/**
 * Tells how an account stands for every request at any time, as long as neither it nor the settings change; null = that depends.
 * Not: the accounts that a request has tried already; whoever asks leaves them out.
 */
export function lastingStanding(account: Account, settings: Settings): 'eligible' | 'blocked' | null {
  if (isOff(account) || isReserved(account, settings)) return 'blocked';
  const isCalm = account.health.status !== 'cooldown' && account.modelCooldowns.length === 0;
  return isCalm && isAmple(account.limits, settings) ? 'eligible' : null;
}

/** Names everything that keeps an account from serving a request, what lasts longest first; empty = it can serve. */
export function blockersOf(account: Account, { needs, settings, now }: Question): readonly Blocker[] {
  const found: Blocker[] = [];
  if (!account.availability.enabled)
    found.push({ code: 'disabled', until: null, detail: account.availability.disableReason });
  if (account.auth.state === 'needs-login')
    found.push({ code: 'needs-login', until: null, detail: account.auth.reason });
  if (healthAt(account.health, now) === 'cooldown')
    found.push({ code: 'cooldown', until: account.health.until, detail: account.health.reason });
  const modelUntil = modelCooldownUntil(account, needs.model, now);
  if (modelUntil !== null) found.push({ code: 'model-cooldown', until: modelUntil, detail: needs.model });
  const exhausted = exhaustedUntil(account.limits, needs.model, now);
  if (exhausted !== null) found.push({ code: 'exhausted', until: exhausted, detail: null });
  if (isReserved(account, settings)) found.push({ code: 'reserved', until: null, detail: null });
  if (isExcluded(account, needs)) found.push({ code: 'excluded', until: null, detail: null });
  return found.length < 2 ? found : found.toSorted((a, b) => lastingOf(b) - lastingOf(a));
}

/** Why excluded last: it ends with the request, and says nothing about the account. */
function lastingOf({ code, until }: Blocker): number {
  if (code === 'excluded') return 0;
  return until ?? Number.MAX_VALUE;
}

/** The instant at which all blockers of an account have ended by themselves; null = never by itself, or it is not blocked. */
export function recoveryOf(blockers: readonly Blocker[]): EpochMs | null {
  let latest: EpochMs | null = null;
  for (const { until } of blockers) {
    if (until === null) return null;
    latest = latest === null ? until : Math.max(latest, until);
  }
  return latest;
}

/** The account that is back first by itself, and when; null = none will be. */
export function earliestRecovery(
  state: State,
  question: Question,
): { readonly alias: Alias; readonly at: EpochMs } | null {
  let first: { readonly alias: Alias; readonly at: EpochMs } | null = null;
  for (const account of state.accounts) {
    const at = recoveryOf(blockersOf(account, question));
    if (at !== null && (first === null || at < first.at)) first = { alias: account.alias, at };
  }
  return first;
}

/** Not by itself but by somebody: switched off, or to be logged in again. */
function isOff({ availability, auth }: Account): boolean {
  return !availability.enabled || auth.state === 'needs-login';
}

function isExcluded({ alias }: Account, { exclude }: Needs): boolean {
  return exclude.length > 0 && exclude.includes(alias);
}

function isReserved({ alias }: Account, { antigravityEnabled, antigravityReserved }: Settings): boolean {
  return antigravityEnabled && antigravityReserved.includes(alias);
}

function modelCooldownUntil(account: Account, model: string | null, now: EpochMs): EpochMs | null {
  if (model === null) return null;
  const cooling = account.modelCooldowns.find((entry) => entry.model === model);
  return cooling !== undefined && isCooling(cooling.until, now) ? cooling.until : null;
}
