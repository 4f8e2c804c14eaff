import type { Forecast, Sample } from '../forecast.ts';

const HOUR_MS = 60 * 60 * 1_000;
const DAY_MS = 24 * HOUR_MS;

/** Points drawn of what is to come; each column of a chart needs a figure of its own. */
const STEPS = 24;

/** A figure for each instant, oldest first. Shape: seconds; percent left at the slowest and at the fastest rate, as probed, and at the estimated rate. */
export type Columns = readonly [at: number[], slow: Cells, fast: Cells, left: Cells, middle: Cells];
type Cells = (number | null)[];

/** What was left, and what the forecast makes of it until the window is dry or begins anew. */
export function columnsOf(samples: readonly Sample[], forecast: Forecast | null): Columns {
  const times = samples.map(({ at }) => at / 1_000);
  const left = samples.map(leftIn);
  const last = samples.at(-1);
  const end = last === undefined ? null : endOf(last, samples[0]?.at ?? last.at, forecast);
  const blank = samples.map(() => null);
  if (last === undefined || end === null || forecast === null || !('band' in forecast)) {
    return [times, blank, blank, left, blank];
  }
  const ahead = Array.from({ length: STEPS }, (_, step) => last.at + ((end - last.at) * (step + 1)) / STEPS);
  const ray = (percentPerHour: number): Cells => [
    ...blank.slice(1),
    leftIn(last),
    ...ahead.map((at) => Math.max(0, leftIn(last) - (percentPerHour * (at - last.at)) / HOUR_MS)),
  ];
  return [
    [...times, ...ahead.map((at) => at / 1_000)],
    ray(forecast.band.slow),
    ray(forecast.band.fast),
    [...left, ...ahead.map(() => null)],
    ray(forecast.percentPerHour),
  ];
}

/** Where the drawing ends. Why not always at the reset: days to come would squeeze the hours that are known. */
function endOf(last: Sample, first: number, forecast: Forecast | null): number | null {
  if (forecast?.kind === 'dry') return forecast.to ?? last.resetsAtMs ?? forecast.at;
  if (forecast?.kind !== 'lasts') return null;
  return Math.min(last.at + (last.at - first), forecast.until ?? Infinity);
}

/** Names the marks of a time axis: hours, and the day where one begins; days alone when the marks are days apart. Shape: seconds in. */
export function axisTimes(marks: readonly number[]): readonly string[] {
  const [first = 0, second = first] = marks;
  const areDays = (second - first) * 1_000 >= DAY_MS;
  return marks.map((mark) => {
    const at = new Date(mark * 1_000);
    if (areDays) return at.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
    if (at.getHours() === 0 && at.getMinutes() === 0) return at.toLocaleDateString(undefined, { weekday: 'short' });
    return at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
  });
}

/** What was left, in percent. */
export function leftIn({ usedPercent }: Sample): number {
  return Math.max(0, 100 - usedPercent);
}
