import type { Handlers } from '../contract/operation.ts';
import type { ProbeOperations } from '../contract/probe-operations.ts';
import type { Deps } from './deps.ts';
import { createFindCodex } from './find-codex.ts';
import { sweepHomes } from './home.ts';
import { runProbe } from './probe.ts';
import { createRunningProbes } from './running-probes.ts';
import { createSlots } from './slots.ts';

/** Probes that run at the same instant, at most: one codex needs some 140 MB. */
const PARALLEL_MAX = 2;

/** The probe-runner's side of the contract, and the way to end everything it has under way. */
export interface ProbeRunner {
  readonly handlers: Handlers<ProbeOperations>;
  /** Removes what a crash left in the private homes. */
  sweep: (homesDir: string) => Promise<void>;
  /** Ends every probe and waits until its codex is gone and its login removed. */
  close: () => Promise<void>;
}

/** Creates the handlers. */
export function createHandlers(deps: Deps): ProbeRunner {
  const findCodex = createFindCodex(deps);
  const slots = createSlots(PARALLEL_MAX);
  const sweep = createSweep(deps);
  const probes = createRunningProbes(async (params, signal) => {
    await sweep(params.homesDir);
    return slots(() => runProbe(deps, findCodex, { params, signal }), signal);
  });
  return {
    sweep,
    close: () => probes.close(),
    handlers: {
      'session.hello': () => deps.hello,
      'session.ping': () => ({}),
      'probe.run': (params, { signal }) => probes.run(params, signal),
      'probe.cancel': async ({ probeId }) => {
        await probes.cancel(probeId);
        return {};
      },
      'codex.inspect': async ({ codexBin }) => {
        const { codex, path, version, message } = await findCodex(codexBin);
        return { found: path !== null, path, version, supported: codex !== null, message };
      },
    },
  };
}

/** Sweeps a directory once: a probe must not run in a home that is being cleaned of an earlier process. */
function createSweep({ log }: Deps): ProbeRunner['sweep'] {
  const swept = new Map<string, Promise<void>>();
  return (homesDir) => {
    const known = swept.get(homesDir);
    if (known !== undefined) return known;
    const sweeping = sweepHomes(homesDir).then((logins) => {
      if (logins === 0) return;
      log.warn(
        { logins },
        'an earlier probe-runner ended in the middle of a probe; the logins it left in private homes are removed',
      );
    });
    swept.set(homesDir, sweeping);
    return sweeping;
  };
}
