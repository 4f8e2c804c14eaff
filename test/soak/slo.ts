import * as z from 'zod';

import type { Evidence } from './evidence.ts';

/** The recorded ratio of p95 through oma to p95 past it, by the source of the evidence. */
export const baselineSchema = z.strictObject({ p95Ratio: z.record(z.string(), z.number().positive()) });
export type Baseline = z.infer<typeof baselineSchema>;

/** One promise, held against one run. */
export interface Bar {
  readonly what: string;
  readonly source: string;
  readonly found: string;
  readonly holds: boolean;
}

const SUCCESS_RATE_MIN = 0.999;
/** Why a ratio of one run: times of two machines, or of two days, cannot be compared. */
const P95_REGRESSION_MAX = 1.1;

/** Holds the four promises against each run. */
export function barsOf(evidence: Evidence, baseline: Baseline): readonly Bar[] {
  const { source, requests, unhandledExceptions, p95Ratio, probes } = evidence;
  const rate = requests.total === 0 ? 0 : (requests.total - requests.failed) / requests.total;
  const recorded = baseline.p95Ratio[source];
  const bar = (what: string, found: string, holds: boolean): Bar => ({ what, source, found, holds });
  return [
    bar('success rate >= 99.9 %', `${(rate * 100).toFixed(3)} % of ${requests.total}`, rate >= SUCCESS_RATE_MIN),
    bar('unhandled exceptions = 0', String(unhandledExceptions), unhandledExceptions === 0),
    ...(p95Ratio === null || recorded === undefined
      ? []
      : [
          bar(
            'p95 regression <= 10 %',
            `${p95Ratio.toFixed(2)}x past oma, recorded ${recorded.toFixed(2)}x`,
            p95Ratio <= recorded * P95_REGRESSION_MAX,
          ),
        ]),
    ...(probes === null
      ? []
      : [
          bar(
            'failed probes that changed limits = 0',
            `${probes.failedThatChangedLimits} of ${probes.failed}`,
            probes.failedThatChangedLimits === 0,
          ),
        ]),
  ];
}

/** Promises that no run says anything about; a report that leaves one out proves nothing. */
export function unproven(bars: readonly Bar[]): readonly string[] {
  const wanted = ['success rate', 'unhandled exceptions', 'p95 regression', 'failed probes'];
  return wanted.filter((promise) => !bars.some(({ what }) => what.startsWith(promise)));
}
