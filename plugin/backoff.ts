/** How a pause grows from one try to the next. Units: milliseconds. */
export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * Says how long to pause before a further try: doubling up to the cap, of which the later half is left to chance.
 * Shape: `retry` counts from 0; `random` is in [0, 1).
 */
export function backoffMs(retry: number, { baseMs, maxMs }: Backoff, random: number): number {
  const whole = Math.min(maxMs, baseMs * 2 ** retry);
  return Math.round(whole / 2 + (whole / 2) * random);
}
