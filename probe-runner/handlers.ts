import { OmaError } from '../contract/errors.ts';
import type { ProbeReport } from '../contract/limits.ts';
import type { CallContext, Handlers } from '../contract/operation.ts';
import type { ProbeOperations } from '../contract/probe-operations.ts';
import type { Deps } from './deps.ts';
import { createFindCodex } from './find-codex.ts';
import { sweepHomes } from './home.ts';
import { type ProbeParams, runProbe } from './probe.ts';
import { createSlots } from './slots.ts';

/** Probes that run at the same instant, at most: one codex needs some 140 MB. */
const PARALLEL_MAX = 2;

/** Probes that run or wait, at most. */
const PROBES_MAX = 100;

/** The probe-runner's side of the contract, and the way to end everything it has under way. */
export interface ProbeRunner {
  readonly handlers: Handlers<ProbeOperations>;
  /** Removes what a crash left in the private homes. */
  sweep(homesDir: string): Promise<void>;
  /** Ends every probe and waits until its codex is gone and its login removed. */
  close(): Promise<void>;
}

interface Running {
  readonly seat: string;
  readonly aborter: AbortController;
  readonly done: Promise<unknown>;
}

/** Creates the handlers. */
export function createHandlers(deps: Deps): ProbeRunner {
  const findCodex = createFindCodex(deps);
  const slots = createSlots(PARALLEL_MAX);
  const running = new Map<string, Running>();
  const swept = new Map<string, Promise<void>>();

  const sweep = (homesDir: string): Promise<void> => {
    const known = swept.get(homesDir);
    if (known !== undefined) return known;
    const sweeping = sweepHomes(homesDir).then((logins) => {
      if (logins > 0) deps.log.warn({ logins }, 'an earlier probe-runner ended in the middle of a probe; the logins it left in private homes are removed');
    });
    swept.set(homesDir, sweeping);
    return sweeping;
  };

  const run = async (params: ProbeParams, { signal: gone }: CallContext): Promise<ProbeReport> => {
    const { probeId, seat, homesDir } = params;
    const isTaken = running.has(probeId) || [...running.values()].some((other) => other.seat === seat);
    if (isTaken || running.size >= PROBES_MAX) throw new OmaError('OPERATION_IN_PROGRESS', 'This seat is being probed already, or too many are. Wait for the result.', { probeId });
    const aborter = new AbortController();
    const abort = (): void => aborter.abort();
    gone.addEventListener('abort', abort);
    const probe = sweep(homesDir).then(() => slots(() => runProbe(deps, findCodex, { params, signal: aborter.signal })));
    running.set(probeId, { seat, aborter, done: probe });
    try {
      return await probe;
    } finally {
      running.delete(probeId);
      gone.removeEventListener('abort', abort);
    }
  };

  return {
    sweep,
    handlers: {
      'session.hello': () => deps.hello,
      'session.ping': () => ({}),
      'probe.run': run,
      'probe.cancel': async ({ probeId }) => {
        const probe = running.get(probeId);
        if (probe === undefined) throw new OmaError('PROBE_NOT_FOUND', 'This probe is unknown or over. Start a new one.', { probeId });
        probe.aborter.abort();
        await probe.done;
        return {};
      },
      'codex.inspect': async ({ codexBin }) => {
        const { codex, path, version, message } = await findCodex(codexBin);
        return { found: path !== null, path, version, supported: codex !== null, message };
      },
    },
    close: async () => {
      const open = [...running.values()];
      for (const { aborter } of open) aborter.abort();
      await Promise.allSettled(open.map(({ done }) => done));
    },
  };
}
