/** Finds a percentile of numbers in any order; null without any. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}

/** One measurement over time. */
export interface Point {
  readonly atMs: number;
  readonly value: number;
}

/**
 * Slope of the least-squares line through the later half of the points, in units an hour; null with fewer than three points there.
 * Why: the engine takes room for its heap in steps until it has enough, and what it loads on first use stays; only then growth means something.
 */
export function slopePerHour(points: readonly Point[]): number | null {
  const settled = points.slice(Math.floor(points.length / 2));
  if (settled.length < 3) return null;
  const hours = settled.map(({ atMs }) => atMs / 3_600_000);
  const values = settled.map(({ value }) => value);
  const [meanX, meanY] = [mean(hours), mean(values)];
  const covariance = hours.reduce((sum, x, index) => sum + (x - meanX) * ((values[index] ?? 0) - meanY), 0);
  const variance = hours.reduce((sum, x) => sum + (x - meanX) ** 2, 0);
  return variance === 0 ? null : covariance / variance;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
