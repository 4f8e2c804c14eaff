import type * as z from 'zod';

import type { AccountView } from '../../contract/account.ts';
import { duration } from '../../contract/duration.ts';
import { type limitViewSchema, MAIN_LIMIT_ID, type WindowView } from '../../contract/limits.ts';
import { maskEmail, maskText } from '../../contract/mask.ts';
import type { Look, Paint } from './paint.ts';
import { plain } from './plain.ts';
import type { ViewLook } from './status.ts';
import { table, widthOf } from './table.ts';
import { age, until } from './time.ts';

const MINUTE_MS = 60_000;
const LEVEL_LOOK = { ok: 'green', low: 'yellow', critical: 'red', unknown: 'dim' } as const satisfies Record<
  AccountView['level'],
  Look
>;

/** One column. Shape: `isShown` says for which accounts it is worth its room; absent = always. */
interface Column {
  readonly title: string;
  readonly cell: (account: AccountView, look: ViewLook) => string;
  readonly isShown?: (account: AccountView) => boolean;
}

/** Why the e-mail last: it is what a short line leaves out. */
const COLUMNS: readonly Column[] = [
  { title: 'ALIAS', cell: ({ alias }, { paint }) => paint('bold', alias) },
  { title: 'STATE', cell: (account, { paint }) => stateOf(account, paint) },
  { title: 'SERVING', cell: servingOf },
  { title: '5 HOURS LEFT', cell: (account, look) => limitOf(account.rateLimits.fiveHour, account, look) },
  { title: 'WEEK LEFT', cell: (account, look) => limitOf(account.rateLimits.weekly, account, look) },
  { title: 'OTHER LEFT', cell: otherLimitsOf, isShown: (account) => otherWindows(account).length > 0 },
  { title: 'BLOCKED BY', cell: blockersOf },
  { title: 'E-MAIL', cell: ({ email }) => (email === null ? '-' : plain(email)) },
];

/**
 * Writes the accounts as a table, and under it what a person should do about them.
 * Shape: where a line of the terminal has too few `columns` for the table, the e-mails are left out.
 */
export function accountsText(accounts: readonly AccountView[], look: ViewLook, columns = Infinity): string {
  if (accounts.length === 0)
    return 'No account yet. Add one with `oma add ALIAS`, or bring logins you have with `oma import`.';
  const columnsShown = COLUMNS.filter(({ isShown }) => isShown === undefined || accounts.some(isShown));
  const rows = [
    columnsShown.map(({ title }) => look.paint('dim', title)),
    ...accounts.map((account) => columnsShown.map(({ cell }) => cell(account, look))),
  ];
  const whole = table(rows);
  const notes = accounts.flatMap((account) => notesOf(account));
  return [
    widthOf(whole) > columns ? table(rows.map((row) => row.slice(0, -1))) : whole,
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ].join('\n');
}

/** Hides the e-mails of an account: in its own field, and in an alias that is one. */
export function maskAccount(account: AccountView): AccountView {
  return {
    ...account,
    alias: maskText(account.alias),
    email: account.email === null ? null : maskEmail(account.email),
  };
}

/** Writes one account in one line. */
export function accountText(account: AccountView, look: ViewLook): string {
  return [
    look.paint('bold', account.alias),
    stateOf(account, look.paint),
    servingOf(account, look),
    blockersOf(account, look),
  ]
    .filter((part) => part !== '' && part !== '-')
    .join('  ');
}

function stateOf(account: AccountView, paint: Paint): string {
  if (!account.enabled) return paint('dim', 'disabled');
  if (account.auth === 'needs-login') return paint('red', 'needs login');
  if (!account.eligible) return paint('yellow', account.health === 'cooldown' ? 'cooling down' : 'blocked');
  return account.health === 'probation' ? paint('yellow', 'probation') : paint('green', 'ready');
}

function servingOf(account: AccountView, { now, paint }: ViewLook): string {
  const marks = [
    ...(account.forced ? [paint('cyan', 'forced')] : []),
    ...(account.active ? ["codex's"] : []),
    ...(account.inFlight > 0 ? [paint('green', `${String(account.inFlight)} in flight`)] : []),
  ];
  const last = account.lastUsedAt === null ? 'never' : age(account.lastUsedAt, now);
  return [...marks, ...(account.inFlight > 0 ? [] : [last])].join(', ');
}

function limitOf(
  limit: z.infer<typeof limitViewSchema> | null,
  account: AccountView,
  { now, paint }: ViewLook,
): string {
  if (limit === null) return account.windows.some(isMain) ? '-' : paint('dim', 'unknown');
  const seen = age(limit.observedAt, now);
  if (limit.remainingPercent === null)
    return paint('dim', `unknown (was ${percent(100 - limit.lastKnownUsedPercent)}, ${seen})`);
  const figure = `${percent(limit.remainingPercent)}, ${seen}`;
  if (account.limitsConfidence === 'fresh') return paint(LEVEL_LOOK[account.level], figure);
  return paint('dim', `${figure}, ${account.limitsConfidence}`);
}

/** A plan without a window of five hours or a week has others, such as a month's. */
function otherWindows({ windows }: AccountView): readonly WindowView[] {
  return windows.filter((window) => isMain(window) && window.kind !== 'five-hour' && window.kind !== 'weekly');
}

function otherLimitsOf(account: AccountView, look: ViewLook): string {
  const texts = otherWindows(account).map(
    (window) =>
      `${window.kind === 'monthly' ? 'month' : duration(window.durationMinutes * MINUTE_MS)} ${limitOf(window, account, look)}`,
  );
  return texts.join('; ') || '-';
}

function isMain({ limitId }: WindowView): boolean {
  return limitId === MAIN_LIMIT_ID;
}

function blockersOf({ blockers }: AccountView, { now, paint }: ViewLook): string {
  if (blockers.length === 0) return '-';
  return paint(
    'yellow',
    blockers.map(({ code, until: end }) => (end === null ? code : `${code}, back ${until(end, now)}`)).join('; '),
  );
}

function notesOf(account: AccountView): string[] {
  const { alias } = account;
  const notes: string[] = [];
  if (account.enabled && account.auth === 'needs-login')
    notes.push(`${alias} must be logged in again: \`oma reauth ${alias}\`.`);
  if (!account.enabled && account.disableReason !== null)
    notes.push(`${alias} was disabled: ${plain(account.disableReason)}`);
  if (account.limitStatus === 'error' && account.limitError !== null)
    notes.push(`The latest probe of ${alias} failed: ${plain(account.limitError)}`);
  return notes;
}

function percent(value: number): string {
  return `${String(Math.max(0, Math.round(value)))} %`;
}
