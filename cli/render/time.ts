import { age as ageOf, duration } from '../../contract/duration.ts';

/** Says how long ago an instant was. */
export function age(iso: string, now: number): string {
  return ageOf(now - Date.parse(iso));
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
