import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

import { stateOf } from '../harness/accounts.ts';
import type { Bench } from '../harness/bench.ts';
import { type Figure, figure, part } from '../harness/figure.ts';
import { supervisorsOf } from '../harness/process-facts.ts';
import { quantile } from '../harness/statistics.ts';
import { connect, makeHome, spawnSupervisor } from '../harness/supervisor.ts';

const SERVED_MS_MAX = 1_000;
const LOOK_MS = 50;

interface Trial {
  readonly owners: number;
  readonly servedMs: number;
}

/** Twenty clients at once find the supervisor killed, in trial after trial: one of theirs must take over, and serve them all. */
export async function starterFigures({ size }: Bench): Promise<readonly Figure[]> {
  const home = await makeHome(stateOf(2, Date.now()));
  const first = spawnSupervisor(home);
  await once(first.stdout, 'data');
  const starters = size(20, 3);
  const trials: Trial[] = [];
  let pid = first.pid ?? -1;
  for (let trial = 0; trial < size(50, 1); trial += 1) {
    process.kill(pid, 'SIGKILL');
    const begunAt = performance.now();
    const sessions = await Promise.all(Array.from({ length: starters }, () => connect(home.socketPath, home.env)));
    const pids = await Promise.all(sessions.map(async ({ client }) => (await client['status.get']({})).pid));
    trials.push({ owners: new Set(pids).size, servedMs: performance.now() - begunAt });
    for (const { connection } of sessions) connection.dispose();
    [pid = -1] = pids;
  }
  // A starter still on its way would take over from one that is told to stop.
  while (supervisorsOf(home.socketPath).length > 1) await pause(LOOK_MS);
  const last = await connect(home.socketPath);
  await last.client['supervisor.stop']({});
  await new Promise<void>((resolve) => {
    last.connection.onClose(() => resolve());
  });
  await home.remove();
  const served = trials.map(({ servedMs }) => servedMs);
  return [
    figure({
      id: 'process.starters.owners',
      what: `trials of ${String(trials.length)} with another number of owners than one, ${String(starters)} starters after kill -9`,
      unit: '',
      ours: part('oma', [trials.filter(({ owners }) => owners !== 1).length]),
      bar: { of: 'value', limit: 0 },
    }),
    figure({
      id: 'process.starters.served',
      what: 'until all of them are served, slowest trial',
      unit: 'ms',
      ours: part('oma', [Math.max(...served)]),
      bar: { of: 'value', limit: SERVED_MS_MAX },
      note: `Median ${quantile(served, 0.5).toFixed(0)} ms, p90 ${quantile(served, 0.9).toFixed(0)} ms; all of them ask at once, from one process; whoever finds that another is starting one waits for it.`,
    }),
  ];
}
