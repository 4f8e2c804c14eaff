import { MAIN_LIMIT_ID, type WindowView } from '../../contract/limits.ts';
import { maskText } from '../../contract/mask.ts';
import type { Notice, NoticeKind } from '../../contract/notice.ts';
import type { Alias, EpochMs } from '../../contract/scalars.ts';
import type { Settings } from '../../contract/settings.ts';
import { earliestRecovery, NO_NEEDS, standing } from './eligibility.ts';
import { windowViews } from './limits.ts';
import type { Account, State } from './state.ts';
import { isoTime } from './time.ts';

/** A window that was low is told of again only after it stood this far above the threshold, in percent. */
export const REARM_MARGIN = 5;

/** A pool that is back sooner than this is not dry: requests wait for it, in milliseconds. */
export const SHORT_WAIT_MS = 60_000;

/** What was told already and is not told again before it has passed. */
export interface NoticeMemory {
  /** Windows that are low, by alias, meter and length, with the reset that ends them; null = the provider did not say. */
  readonly low: ReadonlyMap<string, EpochMs | null>;
  readonly needsLogin: ReadonlySet<Alias>;
  readonly isDry: boolean;
  readonly forced: { readonly alias: Alias; readonly until: EpochMs } | null;
}

/** Nothing was told yet. */
export const NO_MEMORY: NoticeMemory = { low: new Map(), needsLogin: new Set(), isDry: false, forced: null };

/** What is judged: the accounts, by which settings. */
export interface NoticeInput {
  readonly state: State;
  readonly settings: Settings;
}

/**
 * Compares how things stand with what was told, and says what is new: one message for each crossing.
 * Shape: a window is low from below `lowThreshold` until it stands above that by a margin, or has reset; what is unknown changes nothing.
 */
export function noticesOf(
  memory: NoticeMemory,
  { state, settings }: NoticeInput,
  now: EpochMs,
): readonly [NoticeMemory, readonly Notice[]] {
  const accounts = state.accounts.filter(({ availability }) => availability.enabled);
  const notices: Notice[] = [];
  const tell = (kind: NoticeKind, title: string, message: string): void => {
    if (settings.notifyEvents.includes(kind))
      notices.push({ kind, at: isoTime(now), title: maskText(title), message: maskText(message) });
  };
  const next: NoticeMemory = {
    low: lowWindows(memory, { accounts, settings, tell }, now),
    needsLogin: missingLogins(memory, accounts, tell),
    isDry: dryness(memory, { state, settings, accounts, tell }, now),
    forced: forceOf(memory, { state, tell }, now),
  };
  return [next, notices];
}

type Tell = (kind: NoticeKind, title: string, message: string) => void;

interface Told {
  readonly accounts: readonly Account[];
  readonly settings: Settings;
  readonly tell: Tell;
}

function lowWindows({ low }: NoticeMemory, { accounts, settings, tell }: Told, now: EpochMs): NoticeMemory['low'] {
  const still = new Map<string, EpochMs | null>();
  for (const { alias, limits } of accounts) {
    for (const window of windowViews(limits, now).filter(({ limitId }) => limitId === MAIN_LIMIT_ID)) {
      const key = JSON.stringify([alias, window.durationMinutes]);
      const told = low.get(key);
      const before = told !== undefined && (told === null || told > now) ? { until: told } : null;
      const after = lowAfter(before, window, settings.lowThreshold);
      if (after !== null) still.set(key, after.until);
      if (after !== null && before === null) tell('window-low', `${alias} is running low`, lowText(alias, window));
    }
  }
  return still;
}

/** A window that was told of as low, until its reset. Shape: `until` null = the provider did not say. */
type Low = { readonly until: EpochMs | null } | null;

function lowAfter(before: Low, { remainingPercent, resetsAt }: WindowView, threshold: number): Low {
  if (remainingPercent === null) return before;
  if (remainingPercent < threshold) return { until: resetsAt === null ? null : Date.parse(resetsAt) };
  return remainingPercent <= threshold + REARM_MARGIN ? before : null;
}

function lowText(alias: Alias, { kind, durationMinutes, remainingPercent, resetsAt }: WindowView): string {
  const name = kind === 'other' ? `${String(durationMinutes)}-minute` : kind;
  const back = resetsAt === null ? '' : `; it resets at ${resetsAt}`;
  return `${String(Math.round(remainingPercent ?? 0))} % of the ${name} limit of ${alias} is left${back}.`;
}

function missingLogins({ needsLogin }: NoticeMemory, accounts: readonly Account[], tell: Tell): ReadonlySet<Alias> {
  const missing = accounts.filter(({ auth }) => auth.state === 'needs-login').map(({ alias }) => alias);
  for (const alias of missing)
    if (!needsLogin.has(alias))
      tell(
        'needs-login',
        `${alias} needs a login`,
        `The provider no longer accepts its login. Run: oma reauth ${alias}`,
      );
  return new Set(missing);
}

function dryness(
  { isDry }: NoticeMemory,
  { state, settings, accounts, tell }: Told & { readonly state: State },
  now: EpochMs,
): boolean {
  if (accounts.length === 0) return false;
  const question = { needs: NO_NEEDS, settings, now };
  const able = accounts.filter((account) => standing(account, question) !== 'blocked' && account.auth.state === 'ok');
  if (able.length > 0) {
    if (isDry)
      tell('pool-recovered', 'Accounts are back', `${able.map(({ alias }) => alias).join(', ')} can serve again.`);
    return false;
  }
  if (isDry) return true;
  const recovery = earliestRecovery(state, question);
  if (recovery !== null && recovery.at - now < SHORT_WAIT_MS) return false;
  const back = recovery === null ? 'None comes back by itself.' : `The first is back at ${isoTime(recovery.at)}.`;
  tell('pool-dry', 'No account can serve', `All ${String(accounts.length)} enabled accounts are blocked. ${back}`);
  return true;
}

function forceOf(
  { forced }: NoticeMemory,
  { state, tell }: { readonly state: State; readonly tell: Tell },
  now: EpochMs,
): NoticeMemory['forced'] {
  const { force } = state;
  const isOver = forced !== null && forced.until <= now && (force === null || force.forcedUntil <= now);
  if (isOver)
    tell('force-expired', 'The force has ended', `${forced.alias} is no longer forced; rotation goes on as before.`);
  return force === null || force.forcedUntil <= now ? null : { alias: force.forcedAlias, until: force.forcedUntil };
}
