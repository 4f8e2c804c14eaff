import type { Summary } from '../soak/summary.ts';
import { problemsOf } from '../soak/verdict.ts';

/** Slower than this against requests past oma is a regression. */
export const P95_RATIO_MAX = 1.1;
/** One request in so many begins a session, and only then an account is chosen. */
const REQUESTS_PER_CHOICE = 5;
/** Chance moves a share by so many standard deviations, and no rotation is blamed for it. */
const DEVIATIONS_MAX = 4;

/**
 * Says what speaks against going on after a phase; nothing means go.
 * Shape: `expectedShare` is what each account should serve, in shares of 1.
 */
export function objections(summary: Summary, expectedShare: Readonly<Record<string, number>>): readonly string[] {
  const { p95Ratio } = summary;
  const slow =
    p95Ratio === null
      ? ['no latency was measured']
      : p95Ratio > P95_RATIO_MAX
        ? [`p95 is ${String(p95Ratio)} times that of requests past oma, at most ${String(P95_RATIO_MAX)} is allowed`]
        : [];
  return [...problemsOf(summary), ...slow, ...skewed(summary, expectedShare)];
}

function skewed({ served }: Summary, expectedShare: Readonly<Record<string, number>>): readonly string[] {
  const total = Object.values(served).reduce((sum, count) => sum + count, 0);
  return Object.entries(expectedShare).flatMap(([alias, expected]) => {
    const share = (served[alias] ?? 0) / Math.max(1, total);
    const deviation = Math.sqrt((expected * (1 - expected) * REQUESTS_PER_CHOICE) / Math.max(1, total));
    return Math.abs(share - expected) <= DEVIATIONS_MAX * deviation
      ? []
      : [`${alias} served ${percent(share)} of the requests, its share is ${percent(expected)}`];
  });
}

function percent(share: number): string {
  return `${String(Math.round(share * 1_000) / 10)} %`;
}
