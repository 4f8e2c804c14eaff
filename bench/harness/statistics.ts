/** What many samples of one quantity come to. Units: those of the samples. */
export interface Summary {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** The sample below which the share `q` of all lies; NaN of none. Units: `q` 0..1. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

/** The middle sample. */
export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** The usual three quantiles. */
export function summarize(samples: readonly number[]): Summary {
  return { p50: median(samples), p95: quantile(samples, 0.95), p99: quantile(samples, 0.99) };
}

/** One quotient for each round. Shape: both lists have one entry a round. */
export function ratios(ours: readonly number[], beside: readonly number[]): readonly number[] {
  return ours.map((value, round) => value / (beside[round] ?? Number.NaN));
}
