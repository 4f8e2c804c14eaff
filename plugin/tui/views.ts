import type { AccountView } from '../../contract/account.ts';
import { MAIN_LIMIT_ID, type WindowView } from '../../contract/limits.ts';
import { maskText } from '../../contract/mask.ts';
import type { EpochMs } from '../../contract/scalars.ts';
import { becauseText, spanText } from '../words.ts';
import type { ThemeColour } from './host.ts';
import type { PoolView } from './pool.ts';

/** One line of the screen. */
export interface ColouredLine {
  readonly text: string;
  readonly colour: ThemeColour;
}

/** For whom and when something is shown. Shape: `sessionId` null = outside of a session. */
export interface Look {
  readonly sessionId: string | null;
  readonly now: EpochMs;
}

/** What the screen shows: what is known of the accounts; undefined = nobody has looked yet. */
export type Seen = PoolView | null | undefined;

const LEVEL_COLOURS = {
  ok: 'textMuted',
  low: 'warning',
  critical: 'error',
  unknown: 'textMuted',
} as const satisfies Record<AccountView['level'], ThemeColour>;

/** So long is a name at most where there is little room. */
const NAME_CHARS_MAX = 25;
/** And in the line beside the prompt, which takes its room from the name of the model. */
const STATUS_NAME_CHARS_MAX = 15;
const MINUTE_MS = 60_000;
/** Accounts that must be logged in again, of which the sidebar names so many. */
const NAMED_MAX = 3;

/** The one line beside the prompt: who serves, and what is left of its tightest window. */
export function statusLine(view: Seen, look: Look): ColouredLine {
  if (view === undefined) return muted('oma');
  if (view === null) return muted('oma: not running');
  const { accounts, status } = view;
  if (accounts.length === 0) return muted('oma has no account yet: /oma');
  if (status.accounts.eligible === 0) return { text: `oma: ${noneText(view, look)}`, colour: 'error' };
  const account = serving(view, look);
  if (account === null) return muted(`oma: ${readyText(view)}`);
  const forced = account.forced ? ' (forced)' : '';
  const name = `oma: ${shortName(account.alias, STATUS_NAME_CHARS_MAX)}${forced}`;
  const [blocker] = account.blockers;
  if (blocker !== undefined) return { text: `${name} ${becauseText(blocker.code)}`, colour: 'warning' };
  return { text: `${name} · ${tightestText(account, look)}`, colour: LEVEL_COLOURS[account.level] };
}

/** The block of the sidebar: who serves this session with every window, and what needs somebody. */
export function sidebarLines(view: Seen, look: Look): readonly ColouredLine[] {
  const head: ColouredLine = { text: 'oma', colour: 'text' };
  if (view === undefined) return [head];
  if (view === null || view.accounts.length === 0 || view.status.accounts.eligible === 0) {
    const { text, colour } = statusLine(view, look);
    return [head, { text: text.replace(/^oma:? /, ''), colour }];
  }
  const account = serving(view, look);
  return [head, ...(account === null ? [] : accountLines(account, view, look)), muted(readyText(view)), ...needs(view)];
}

/** An alias where there is little room: masked, and without its middle if it is long. Why not without its end: names of one kind begin alike. */
export function shortName(alias: string, charsMax = NAME_CHARS_MAX): string {
  const name = maskText(alias);
  if (name.length <= charsMax) return name;
  const half = Math.floor((charsMax - 1) / 2);
  return `${name.slice(0, half)}…${name.slice(-half)}`;
}

/** The forced account, else the one that served the session last; outside of one, the one that served last at all. */
export function serving({ accounts, served, status }: PoolView, { sessionId }: Look): AccountView | null {
  const ofSession = sessionId === null ? undefined : served.get(sessionId);
  const alias = status.force.forcedAlias ?? ofSession ?? status.accounts.lastServed;
  return accounts.find((account) => account.alias === alias) ?? null;
}

/** What is left in the tightest window of the main meter; a figure that no longer counts is unknown, never 0 %. */
export function tightestText(account: AccountView, look: Look): string {
  const known = mainWindows(account).filter(({ remainingPercent }) => remainingPercent !== null);
  const tightest = known.reduce<WindowView | null>(
    (least, window) => (least === null || leftIn(window) < leftIn(least) ? window : least),
    null,
  );
  return tightest === null
    ? 'limits unknown'
    : `${windowName(tightest)} ${leftText(tightest)}${ageText(account, look)}`;
}

/** Every window of the main meter, one a line: `5 h 62 % left, resets in 2 h 10 min`. */
export function windowTexts(account: AccountView, { now }: Look): readonly string[] {
  const windows = mainWindows(account);
  return windows.length === 0 ? ['limits unknown'] : windows.map((window) => windowText(window, now));
}

/** One window with what is left of it: `5 h 62 % left, resets in 2 h 10 min`. */
export function windowText(window: WindowView, now: EpochMs): string {
  const { remainingPercent, resetsAt } = window;
  const reset =
    remainingPercent === null || resetsAt === null ? '' : `, resets in ${spanText(Date.parse(resetsAt) - now)}`;
  return `${windowName(window)} ${leftText(window)}${reset}`;
}

/** What keeps an account from serving, in words: one text, or none. */
export function blockedTexts({ blockers, disableReason }: AccountView, { now }: Look): readonly string[] {
  const [blocker] = blockers;
  if (blocker === undefined) return [];
  const back = blocker.until === null ? '' : `, back in ${spanText(Date.parse(blocker.until) - now)}`;
  const reason = blocker.code === 'disabled' && disableReason !== null ? ` (${maskText(disableReason)})` : '';
  return [`${becauseText(blocker.code)}${reason}${back}`];
}

function accountLines(account: AccountView, view: PoolView, look: Look): readonly ColouredLine[] {
  const { remainingMs } = view.status.force;
  const forced = account.forced && remainingMs !== null ? `, forced for ${spanText(remainingMs)}` : '';
  const [blocker] = account.blockers;
  const state = blocker === undefined ? '' : ` ${becauseText(blocker.code)}`;
  const colour = blocker === undefined ? LEVEL_COLOURS[account.level] : 'warning';
  return [
    { text: `${shortName(account.alias)}${state}${forced}`, colour },
    ...windowTexts(account, look).map((text) => muted(`  ${text}`)),
  ];
}

function needs({ status }: PoolView): readonly ColouredLine[] {
  return status.accounts.needsLogin
    .slice(0, NAMED_MAX)
    .map((alias) => ({ text: `${shortName(alias)} ${becauseText('needs-login')}: /oma`, colour: 'warning' }));
}

function readyText({ status: { accounts } }: PoolView): string {
  return `${accounts.eligible} of ${accounts.total} accounts ready`;
}

function noneText({ status: { accounts } }: PoolView, { now }: Look): string {
  const back = accounts.earliestRecovery;
  return back === null
    ? 'no account can serve'
    : `no account can serve, first back in ${spanText(Date.parse(back) - now)}`;
}

function mainWindows({ windows }: AccountView): readonly WindowView[] {
  return windows.filter(({ limitId }) => limitId === MAIN_LIMIT_ID);
}

function leftIn({ remainingPercent }: WindowView): number {
  return remainingPercent ?? Number.POSITIVE_INFINITY;
}

function leftText({ remainingPercent }: WindowView): string {
  return remainingPercent === null ? 'unknown' : `${Math.floor(remainingPercent)} % left`;
}

function windowName({ kind, durationMinutes }: WindowView): string {
  switch (kind) {
    case 'five-hour':
      return '5 h';
    case 'weekly':
      return 'week';
    case 'monthly':
      return 'month';
    case 'other':
      return spanText(durationMinutes * MINUTE_MS);
  }
}

/** A figure that is no longer fresh says how old it is. */
function ageText({ limitsConfidence, lastLimitProbeAt }: AccountView, { now }: Look): string {
  if (limitsConfidence === 'fresh' || lastLimitProbeAt === null) return '';
  return `, ${spanText(now - Date.parse(lastLimitProbeAt))} old`;
}

function muted(text: string): ColouredLine {
  return { text, colour: 'textMuted' };
}
