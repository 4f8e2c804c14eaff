import type { EpochMs } from '../contract/scalars.ts';

const SECOND_MS = 1_000;

/** The instant that an answer names in its header `retry-after`, as seconds or as a date; null if it names none. */
export function retryAfter(headers: Headers, now: EpochMs): EpochMs | null {
  const header = headers.get('retry-after') ?? '';
  const named = /^\d{1,9}$/.test(header) ? now + Number(header) * SECOND_MS : Date.parse(header);
  return Number.isNaN(named) ? null : named;
}
