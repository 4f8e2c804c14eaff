import { clockTime, percent } from '../format.ts';
import type { Columns } from './chart-data.ts';

/** Says one figure; the chart, its caption and its pointer say it alike. Units: percent left; milliseconds. */
export function leftAt(left: number, at: number, now: number): string {
  return `${percent(left)} left at ${clockTime(at, now)}`;
}

/** Says what a chart shows at one of its instants: a figure that was probed, or what the forecast makes of it. */
export function readingAt([times, slow, fast, left, middle]: Columns, index: number, now: number): string {
  const at = (times[index] ?? 0) * 1_000;
  const probed = left[index] ?? null;
  if (probed !== null) return leftAt(probed, at, now);
  const bounds = [fast[index] ?? 0, slow[index] ?? 0].map(percent);
  const band = bounds[0] === bounds[1] ? '' : ` (${bounds.join(' to ')})`;
  return `estimate: ${leftAt(middle[index] ?? 0, at, now)}${band}`;
}

/** Where a key leads from one instant to the next. Shape: null for a key that moves nothing. */
export function movedBy(key: string, index: number, count: number): number | null {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return Math.max(0, index - 1);
    case 'ArrowRight':
    case 'ArrowUp':
      return Math.min(count - 1, index + 1);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
