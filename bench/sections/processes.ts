import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import * as z from 'zod';

import { opencodeSandbox, opencodeServe } from '../../test/support/real-opencode.ts';
import { stateOf } from '../harness/accounts.ts';
import type { Bench, Section } from '../harness/bench.ts';
import { type Figure, figure, part, sideBySide } from '../harness/figure.ts';
import { runPeer } from '../harness/peer.ts';
import { childrenOf, cpuMs, rssMegabytes, wakeUps } from '../harness/process-facts.ts';
import { DIST, makeHome, startSupervisor } from '../harness/supervisor.ts';
import { leaseRounds } from './lease-rounds.ts';
import { commandFigure, startFigures } from './start-up.ts';
import { starterFigures } from './starters.ts';

const ACCOUNTS = 4;

/** What the processes cost: to start, to keep, to load, to look at. */
export const processes: Section = {
  name: 'process',
  title: 'The processes',
  run: async (bench) => [
    ...(await startFigures(bench)),
    ...(await residentFigures(bench)),
    await commandFigure(bench),
    ...(await pluginFigures(bench)),
    dashboardFigure(),
    ...(await starterFigures(bench)),
  ],
};

/** Memory and idle work of one supervisor over its life. Shape: Linux only, whose /proc it reads. */
async function residentFigures({ size }: Bench): Promise<readonly Figure[]> {
  const supervisor = await startSupervisor(await makeHome(stateOf(ACCOUNTS, Date.now())));
  const { pid, home } = supervisor;
  try {
    await pause(size(5_000, 300));
    const rss = rssMegabytes(pid);
    const family = [pid, ...childrenOf(pid)];
    const all = family.reduce((sum, one) => sum + rssMegabytes(one), 0);
    const idleMs = size(20_000, 300);
    const cpuBefore = family.reduce((sum, one) => sum + cpuMs(one), 0);
    const wakesBefore = wakeUps(pid);
    await pause(idleMs);
    const cpu = family.reduce((sum, one) => sum + cpuMs(one), 0) - cpuBefore;
    const wakes = wakeUps(pid) - wakesBefore;
    const leases = size(100_000, 200);
    const target = { kind: 'oma' as const, socketPath: home.socketPath };
    const burst = leases / 10;
    const lanes = { calls: 1, burst, inFlight: 64, connections: 1, sessions: 200 };
    await leaseRounds({ targets: [target], rounds: 9, ...lanes }, { runtime: 'node' });
    await pause(size(3_000, 100));
    return [
      figure({
        id: 'process.rss',
        what: 'memory of the idle supervisor',
        unit: 'MB',
        ours: part('supervisor', [rss]),
        bar: { of: 'value', limit: 80 },
        note: `${all.toFixed(0)} MB with its children (${String(family.length - 1)}).`,
      }),
      figure({
        id: 'process.rss-after',
        what: `memory after ${leases.toLocaleString('en')} leases`,
        unit: 'MB',
        ours: part('supervisor', [rssMegabytes(pid)]),
        note: 'Nothing is given back by hand: what the collector of V8 keeps counts.',
      }),
      figure({
        id: 'process.idle-cpu',
        what: `processor time while idle, all processes, over ${String(idleMs / 1_000)} s`,
        unit: 'ms/s',
        ours: part('oma', [(cpu * 1_000) / idleMs]),
        note: `The supervisor woke ${((wakes * 1_000) / idleMs).toFixed(1)} times a second.`,
      }),
    ];
  } finally {
    await supervisor.stop();
  }
}

/** How much later a host is ready that loads the plugin. */
async function pluginFigures({ size }: Bench): Promise<readonly Figure[]> {
  const bundle = join(DIST, 'plugin', 'server.js');
  const load: number[] = [];
  for (let round = 0; round < size(9, 1); round += 1)
    load.push(z.number().parse(await runPeer({ program: 'plugin-load.ts', input: { bundle }, runtime: 'bun' })));
  const withPlugin: number[] = [];
  const without: number[] = [];
  for (let round = 0; round < size(3, 0); round += 1) {
    without.push(await timeOpenCode([]));
    withPlugin.push(await timeOpenCode([`file://${bundle}`]));
  }
  const loading = figure({
    id: 'process.plugin-load',
    what: "import, `server` and `loader` of the plugin in OpenCode's runtime",
    unit: 'ms',
    ours: part('plugin', load),
    note: `The plugin is ${(readFileSync(bundle).length / 1_024).toFixed(0)} kB.`,
  });
  if (without.length === 0) return [loading];
  const opencode = figure({
    id: 'process.opencode-start',
    what: 'start of `opencode serve` until it listens',
    unit: 'ms',
    ...sideBySide({ name: 'with oma', values: withPlugin }, { name: 'without a plugin', values: without }),
  });
  return [loading, opencode];
}

async function timeOpenCode(plugins: readonly string[]): Promise<number> {
  const sandbox = await opencodeSandbox({ plugins, env: { OPENCODE_MULTI_AUTH_AUTOSTART: '0' } });
  const begunAt = performance.now();
  const server = await opencodeServe(sandbox);
  // A first page makes OpenCode load what it loads for a project.
  await fetch(`${server.url}/config/providers?directory=${encodeURIComponent(sandbox.project)}`);
  const took = performance.now() - begunAt;
  await server.close();
  await sandbox.remove();
  return took;
}

function dashboardFigure(): Figure {
  const files = globSync('**/*.{js,css,html}', { cwd: join(DIST, 'ui') }).map((name) =>
    readFileSync(join(DIST, 'ui', name)),
  );
  const raw = files.reduce((sum, file) => sum + file.length, 0);
  const packed = files.reduce((sum, file) => sum + gzipSync(file).length, 0);
  return figure({
    id: 'process.dashboard',
    what: 'the dashboard, all of it, gzipped',
    unit: 'kB',
    ours: part('oma', [packed / 1_024]),
    note: `${(raw / 1_024).toFixed(0)} kB as it is served, ${String(files.length)} files.`,
  });
}
