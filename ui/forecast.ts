import type { HistoryEntry } from '../contract/limits.ts';

/** Fewer samples, or samples closer together than this, say nothing about a rate. */
const SAMPLES_MIN = 4;
const SPAN_MIN_MS = 20 * 60 * 1_000;

/** A drop of this many percent, or a reset that moved by this long, means that a new window began. */
const DROP_PERCENT = 2;
const RESET_MOVED_MS = 30 * 60 * 1_000;

/** Slower than this nobody would call use, in percent an hour. */
const IDLE_PERCENT_PER_HOUR = 0.01;
const HOUR_MS = 60 * 60 * 1_000;

/** The provider rounds to whole percents, so a rate is only known to one percent over the time watched. */
const ROUNDING_PERCENT = 1;

/** The middle three fifths of all pairwise rates make the band. */
const BAND: Band = { slow: 0.2, fast: 0.8 };

/** One figure of one window. */
export interface Sample {
  readonly at: number;
  readonly usedPercent: number;
  readonly resetsAtMs: number | null;
}

/**
 * An estimate from past figures, never a fact of the supervisor.
 * Shape: `dry` at this rate empty at `at`, between `from` and `to` (null: perhaps not before the reset); `lasts` not before the reset.
 */
export type Forecast =
  | { readonly kind: 'not-enough-data'; readonly samples: number }
  | { readonly kind: 'idle' }
  | { readonly kind: 'lasts'; readonly until: number | null; readonly percentPerHour: number; readonly band: Band }
  | {
      readonly kind: 'dry';
      readonly at: number;
      readonly from: number;
      readonly to: number | null;
      readonly percentPerHour: number;
      readonly band: Band;
    };

/** The slowest and the fastest rate that the figures allow, in percent an hour. */
export interface Band {
  readonly slow: number;
  readonly fast: number;
}

/** The figures of one window out of a history, oldest first. */
export function samplesOf(
  entries: readonly HistoryEntry[],
  limitId: string,
  durationMinutes: number,
): readonly Sample[] {
  return entries
    .flatMap(({ at, windows }) =>
      windows
        .filter((window) => window.limitId === limitId && window.durationMinutes === durationMinutes)
        .map(({ usedPercent, resetsAtMs }) => ({ at, usedPercent, resetsAtMs })),
    )
    .sort((a, b) => a.at - b.at);
}

/** Estimates when a window runs dry at the rate of late. Why the median of all pairs: one burst or one odd figure must not bend it. */
export function forecast(samples: readonly Sample[], now: number): Forecast {
  const current = sinceReset(samples);
  const [first] = current;
  const last = current.at(-1);
  if (first === undefined || last === undefined || !isEnough(current, last.at - first.at)) {
    return { kind: 'not-enough-data', samples: current.length };
  }
  if (last.resetsAtMs !== null && last.resetsAtMs <= now) return { kind: 'not-enough-data', samples: 0 };
  return project(pairwiseRates(current), { first, last, now });
}

function isEnough(samples: readonly Sample[], spanMs: number): boolean {
  return samples.length >= SAMPLES_MIN && spanMs >= SPAN_MIN_MS;
}

interface Watched {
  readonly first: Sample;
  readonly last: Sample;
  readonly now: number;
}

function project(rates: readonly number[], { first, last, now }: Watched): Forecast {
  const percentPerHour = quantile(rates, 0.5);
  const isUsed = last.usedPercent - first.usedPercent >= ROUNDING_PERCENT || percentPerHour >= IDLE_PERCENT_PER_HOUR;
  if (!isUsed) return { kind: 'idle' };
  const blur = (ROUNDING_PERCENT / (last.at - first.at)) * HOUR_MS;
  const dryAt = (rate: number): number | null => dryBefore(last, rate, now);
  const band = {
    slow: Math.max(0, Math.min(percentPerHour, quantile(rates, BAND.slow)) - blur),
    fast: Math.max(percentPerHour, quantile(rates, BAND.fast)) + blur,
  };
  const from = dryAt(band.fast);
  const at = dryAt(percentPerHour);
  if (at === null || from === null) return { kind: 'lasts', until: last.resetsAtMs, percentPerHour, band };
  return { kind: 'dry', at, from, to: dryAt(band.slow), percentPerHour, band };
}

/** The instant of emptiness at a rate, or null if the reset comes first. */
function dryBefore({ at, usedPercent, resetsAtMs }: Sample, rate: number, now: number): number | null {
  if (rate < IDLE_PERCENT_PER_HOUR) return null;
  const dry = Math.max(now, at + (Math.max(0, 100 - usedPercent) / rate) * HOUR_MS);
  return resetsAtMs !== null && dry >= resetsAtMs ? null : dry;
}

function sinceReset(samples: readonly Sample[]): readonly Sample[] {
  const start = samples.findLastIndex((sample, at) => {
    const before = samples[at - 1];
    return before !== undefined && isNewWindow(before, sample);
  });
  return samples.slice(Math.max(0, start));
}

function isNewWindow(before: Sample, after: Sample): boolean {
  if (after.usedPercent < before.usedPercent - DROP_PERCENT) return true;
  if (before.resetsAtMs === null || after.resetsAtMs === null) return false;
  return Math.abs(after.resetsAtMs - before.resetsAtMs) > RESET_MOVED_MS;
}

/** Percent an hour between every two samples, slowest first. */
function pairwiseRates(samples: readonly Sample[]): readonly number[] {
  return samples
    .flatMap((late, index) =>
      samples
        .slice(0, index)
        .filter((early) => late.at > early.at)
        .map((early) => ((late.usedPercent - early.usedPercent) / (late.at - early.at)) * HOUR_MS),
    )
    .sort((a, b) => a - b);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
