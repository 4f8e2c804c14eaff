const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Says a length of time in its two largest units: `3 d 4 h`, `12 min`, `8 s`. */
export function duration(ms: number): string {
  const left = Math.max(0, ms);
  if (left < MINUTE_MS) return `${String(Math.floor(left / SECOND_MS))} s`;
  if (left < HOUR_MS) return `${String(Math.floor(left / MINUTE_MS))} min`;
  if (left < DAY_MS) return twoUnits(left, { unitMs: HOUR_MS, unit: 'h', restMs: MINUTE_MS, rest: 'min' });
  return twoUnits(left, { unitMs: DAY_MS, unit: 'd', restMs: HOUR_MS, rest: 'h' });
}

/** Says how long ago an instant was. */
export function age(iso: string, now: number): string {
  const ms = now - Date.parse(iso);
  return ms < 5 * SECOND_MS ? 'just now' : `${duration(ms)} ago`;
}

/** Says how long it is until an instant, or `now` when it has passed. */
export function until(iso: string, now: number): string {
  const ms = Date.parse(iso) - now;
  return ms <= 0 ? 'now' : `in ${duration(ms)}`;
}

/** Writes the time of day of an instant, in this machine's zone, to the second. */
export function clock(ms: number): string {
  const at = new Date(ms);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

function twoUnits(
  ms: number,
  { unitMs, unit, restMs, rest }: { unitMs: number; unit: string; restMs: number; rest: string },
): string {
  const whole = Math.floor(ms / unitMs);
  const left = Math.floor((ms % unitMs) / restMs);
  return left === 0 ? `${String(whole)} ${unit}` : `${String(whole)} ${unit} ${String(left)} ${rest}`;
}
