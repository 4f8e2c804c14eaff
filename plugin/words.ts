import type { BlockerCode } from '../contract/account.ts';
import { ERRORS, isErrorCode } from '../contract/errors.ts';
import type { OutcomeKind } from '../contract/failure.ts';
import type { LoginView } from '../contract/login.ts';
import type { EpochMs } from '../contract/scalars.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const ISO_TIME = /\bat (\d{4}-\d\d-\d\dT[\d:.]+Z)/g;

/** Completes "work …": what a failed request says about its account. */
const KINDS: Readonly<Record<Exclude<OutcomeKind, 'success'>, string>> = {
  aborted: 'was cancelled',
  'bad-request': 'refused the request',
  'model-unsupported': 'may not use this model',
  'rate-limited': 'is at its limit',
  unauthorized: 'was refused its login',
  'workspace-deactivated': 'belongs to a deactivated workspace',
  forbidden: 'may not do this',
  challenged: 'was turned away by a gateway',
  'server-error': 'met a failing provider',
  network: 'could not reach the provider',
  'stream-broken': 'had its answer cut off',
};

/** Completes "work …": what keeps an account from serving. */
const BLOCKERS: Readonly<Record<BlockerCode, string>> = {
  disabled: 'is switched off',
  'needs-login': 'must be logged in again',
  cooldown: 'is cooling down',
  'model-cooldown': 'may not use this model',
  exhausted: 'is at its limit',
  excluded: 'was tried already',
  reserved: 'is kept for antigravity',
};

/** Says in words what a failure or a blocker, by its code, says about an account. */
export function becauseText(code: string | null): string {
  if (code !== null && Object.hasOwn(KINDS, code)) return lookUp(KINDS, code);
  if (code !== null && Object.hasOwn(BLOCKERS, code)) return lookUp(BLOCKERS, code);
  if (code !== null && isErrorCode(code)) return `could not be used (${ERRORS[code].meaning.replace(/\.$/, '')})`;
  return 'cannot serve now';
}

/** Says when something is over: `at 15:04 (in 12 min)`, with the day if that is not today. Units: local time. */
export function whenText(at: EpochMs, now: EpochMs): string {
  const date = new Date(at);
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  const isToday = date.toDateString() === new Date(now).toDateString();
  const day = isToday ? '' : `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })}, `;
  return `at ${day}${clock} (in ${spanText(at - now)})`;
}

/** Puts instants that stand in a text for programs as a person at this computer reads them. */
export function timesInWords(text: string, now: EpochMs): string {
  return text.replaceAll(ISO_TIME, (_all, iso: string) => whenText(Date.parse(iso), now));
}

/** Says how long something lasts, in its two largest units: no number of it has three digits. */
export function spanText(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / SECOND_MS));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(ms / MINUTE_MS);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Says how to log in, where nothing can be pasted. */
export function loginHint({ method, instructions }: Pick<LoginView, 'method' | 'instructions'>): string {
  return method === 'browser'
    ? 'Open the address in a browser on this computer and sign in; oma notices by itself. Is the browser elsewhere? Take the login with a code instead.'
    : instructions;
}

function lookUp(table: Readonly<Record<string, string>>, key: string): string {
  return table[key] ?? '';
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
