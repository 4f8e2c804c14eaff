import { RESET_AHEAD_MAX_MS } from '../contract/failure.ts';
import type { EpochMs } from '../contract/scalars.ts';
import type { ErrorFacts } from './error-facts.ts';

const SECOND_MS = 1_000;
/** A number of seconds since 1970 is smaller, a number of milliseconds is larger. */
const EPOCH_MS_MIN = 100_000_000_000;
const FULL_PERCENT = 100;
const SLOTS = ['primary', 'secondary'];

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND_MS,
  m: 60 * SECOND_MS,
  h: 3_600 * SECOND_MS,
  d: 86_400 * SECOND_MS,
};

/**
 * Finds the instant at which the answer says the limit is over: its body, else `retry-after`, else the reset of the
 * exhausted windows, else its text.
 * Why: of the body's two ways to say it the relative one wins, because a wrong local clock cannot spoil it.
 */
export function resetOf(headers: Headers | null, facts: ErrorFacts, now: EpochMs): EpochMs | null {
  const named = [
    facts.resetsInSeconds === null ? null : now + facts.resetsInSeconds * SECOND_MS,
    facts.resetsAt === null ? null : instantOf(facts.resetsAt),
    ...(headers === null ? [] : [retryAfter(headers, now), windowReset(headers, now)]),
    textReset(facts.message, now),
  ];
  const first = named.find((at) => at !== null && Number.isFinite(at) && at > now);
  return first === undefined || first === null ? null : Math.round(Math.min(first, now + RESET_AHEAD_MAX_MS));
}

/** The meter that the answer names as exhausted, if any. */
export function limitIdOf(headers: Headers | null): string | null {
  const named = headers?.get('x-codex-active-limit') ?? '';
  return /^[A-Za-z0-9_.-]{1,64}$/.test(named) ? named : null;
}

function retryAfter(headers: Headers, now: EpochMs): EpochMs | null {
  const ms = numberOf(headers.get('retry-after-ms'));
  if (ms !== null) return now + ms;
  const given = headers.get('retry-after');
  const seconds = numberOf(given);
  if (seconds !== null) return now + seconds * SECOND_MS;
  return given === null ? null : instantOf(given);
}

/**
 * The account is back when the last of its exhausted windows is. A window below 100 % says nothing about this
 * refusal.
 */
function windowReset(headers: Headers, now: EpochMs): EpochMs | null {
  const family = `x-${(limitIdOf(headers) ?? 'codex').replaceAll('_', '-')}`;
  const resets = SLOTS.map((slot) => {
    const used = numberOf(headers.get(`${family}-${slot}-used-percent`));
    if (used === null || used < FULL_PERCENT) return null;
    const after = numberOf(headers.get(`${family}-${slot}-reset-after-seconds`));
    if (after !== null) return now + after * SECOND_MS;
    const at = headers.get(`${family}-${slot}-reset-at`);
    return at === null ? null : instantOf(at);
  });
  return resets.reduce<EpochMs | null>((last, at) => (at === null ? last : Math.max(last ?? 0, at)), null);
}

function textReset(message: string, now: EpochMs): EpochMs | null {
  const match = /try again in ([\d.]{1,12})\s*(ms|s|m|h|d)/i.exec(message);
  const amount = numberOf(match?.[1] ?? null);
  const unit = UNITS_MS[match?.[2]?.toLowerCase() ?? ''];
  return amount === null || unit === undefined ? null : now + amount * unit;
}

function instantOf(given: number | string): EpochMs | null {
  const number = typeof given === 'number' ? given : numberOf(given);
  if (number !== null) return number < EPOCH_MS_MIN ? number * SECOND_MS : number;
  const parsed = Date.parse(String(given));
  return Number.isNaN(parsed) ? null : parsed;
}

function numberOf(text: string | null): number | null {
  return text !== null && /^\d{1,15}(\.\d{1,9})?$/.test(text.trim()) ? Number(text) : null;
}
