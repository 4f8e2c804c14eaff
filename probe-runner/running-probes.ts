import { OmaError } from '../contract/errors.ts';
import type { ProbeReport } from '../contract/limits.ts';
import type { CancelSignal } from '../contract/operation.ts';
import type { ProbeParams } from './probe.ts';

/** Probes that run or wait, at most. */
const PROBES_MAX = 100;

/** The probes under way: at most one a seat. */
export interface RunningProbes {
  /** Runs a probe until it ends or its caller gives it up. Errors: OPERATION_IN_PROGRESS. */
  run: (params: ProbeParams, gone: CancelSignal) => Promise<ProbeReport>;
  /** Ends a probe; resolves when its codex is gone and its login removed. Errors: PROBE_NOT_FOUND. */
  cancel: (probeId: string) => Promise<void>;
  /** Ends all of them. */
  close: () => Promise<void>;
}

interface Running {
  readonly seat: string;
  readonly aborter: AbortController;
  readonly done: Promise<unknown>;
}

/** Creates an empty register of probes over a way to run one. */
export function createRunningProbes(
  probe: (params: ProbeParams, signal: AbortSignal) => Promise<ProbeReport>,
): RunningProbes {
  const running = new Map<string, Running>();
  return {
    run: async (params, gone) => {
      const { probeId, seat } = params;
      refuseIfBusy(running, params);
      const aborter = new AbortController();
      const abort = (): void => aborter.abort();
      if (gone.aborted) abort();
      gone.addEventListener('abort', abort);
      const done = probe(params, aborter.signal);
      running.set(probeId, { seat, aborter, done });
      try {
        return await done;
      } finally {
        running.delete(probeId);
        gone.removeEventListener('abort', abort);
      }
    },
    cancel: async (probeId) => {
      const found = running.get(probeId);
      if (found === undefined)
        throw new OmaError('PROBE_NOT_FOUND', 'This probe is unknown or over. Start a new one.', { probeId });
      found.aborter.abort();
      await found.done;
    },
    close: async () => {
      const open = [...running.values()];
      for (const { aborter } of open) aborter.abort();
      await Promise.allSettled(open.map(({ done }) => done));
    },
  };
}

function refuseIfBusy(running: ReadonlyMap<string, Running>, { probeId, seat }: ProbeParams): void {
  const isTaken = running.has(probeId) || [...running.values()].some((other) => other.seat === seat);
  if (!isTaken && running.size < PROBES_MAX) return;
  throw new OmaError(
    'OPERATION_IN_PROGRESS',
    'This seat is being probed already, or too many are. Wait for the result.',
    { probeId },
  );
}
