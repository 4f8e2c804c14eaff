import type { Outcome, OutcomeKind } from '../../contract/failure.ts';
import type { ProbeReport, ProbeSource } from '../../contract/limits.ts';
import type { RefreshAnswer } from '../../contract/worker-operations.ts';

/** Upper ends of the classes that times to the first byte are counted in, in seconds. */
export const FIRST_BYTE_CLASSES_S = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

/** What has happened since the start. Shape: `firstByte.within` counts the times up to each class, as Prometheus does. */
export interface Tallied {
  readonly outcomes: ReadonlyMap<OutcomeKind, number>;
  readonly refreshes: ReadonlyMap<RefreshAnswer['status'], number>;
  readonly probes: ReadonlyMap<string, ProbeTally>;
  readonly firstByte: { readonly within: readonly number[]; readonly count: number; readonly sumS: number };
}

interface ProbeTally {
  readonly source: ProbeSource;
  readonly result: ProbeReport['kind'];
  readonly count: number;
}

/** Counts what the metrics show. */
export interface Tally {
  outcome: (outcome: Outcome) => void;
  refresh: (status: RefreshAnswer['status']) => void;
  probe: (report: Pick<ProbeReport, 'source' | 'kind'>) => void;
  read: () => Tallied;
}

/** Starts counting. */
export function createTally(): Tally {
  const outcomes = new Map<OutcomeKind, number>();
  const refreshes = new Map<RefreshAnswer['status'], number>();
  const probes = new Map<string, ProbeTally>();
  const within = FIRST_BYTE_CLASSES_S.map(() => 0);
  let count = 0;
  let sumS = 0;
  return {
    outcome: ({ kind, firstByteMs }) => {
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
      if (firstByteMs === null) return;
      const seconds = firstByteMs / 1_000;
      count += 1;
      sumS += seconds;
      FIRST_BYTE_CLASSES_S.forEach((end, index) => {
        if (seconds <= end) within[index] = (within[index] ?? 0) + 1;
      });
    },
    refresh: (status) => void refreshes.set(status, (refreshes.get(status) ?? 0) + 1),
    probe: ({ source, kind }) => {
      const key = `${source} ${kind}`;
      probes.set(key, { source, result: kind, count: (probes.get(key)?.count ?? 0) + 1 });
    },
    read: () => ({ outcomes, refreshes, probes, firstByte: { within, count, sumS } }),
  };
}
