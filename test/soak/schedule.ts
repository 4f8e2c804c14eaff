import type { Action } from './actions.ts';
import type { Line } from './journal.ts';

export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;

/** How long was soaked when the journal ends, in milliseconds. Shape: to its last line; a run that took no sample counts for nothing. */
export function elapsedOf(lines: readonly Line[]): number {
  const anchor = lines.findLast((line) => line.kind === 'sample' || line.kind === 'start');
  if (anchor === undefined) return 0;
  if (anchor.kind === 'start') return anchor.elapsedMs;
  // Samples come every minute: what a clock says beyond that is a machine that slept.
  const since = (lines.at(-1)?.atMs ?? 0) - anchor.atMs;
  return anchor.elapsedMs + Math.min(Math.max(since, 0), MINUTE_MS);
}

/** When an action is due first, in milliseconds soaked; never again what was due before a resumed soak was cut off. */
export function firstDue({ firstMinute, everyMinutes }: Omit<Action, 'name' | 'run'>, soakedMs: number): number {
  const first = firstMinute * MINUTE_MS;
  if (first > soakedMs) return first;
  if (everyMinutes === null) return soakedMs === 0 ? first : Infinity;
  const period = everyMinutes * MINUTE_MS;
  return first + Math.ceil((soakedMs - first) / period) * period;
}
