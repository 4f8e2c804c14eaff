import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

import { stateOf } from '../harness/accounts.ts';
import type { Bench } from '../harness/bench.ts';
import { elsewhere, type Figure, figure, part } from '../harness/figure.ts';
import { connect, makeHome, startSupervisor } from '../harness/supervisor.ts';
import { leaseRequest } from '../peers/sample-lease.ts';

const SYNCS = ['fsync', 'fdatasync'];
const FILE_READS = ['open', 'openat', 'pread64', 'preadv', 'readv'];
const AT_ONCE = 100;
/** After this time a start is over to its last line of log and what the first leases changed is on disk, in milliseconds. */
const SETTLE_MS = 4_000;

/**
 * Counts what leases ask of the kernel, with strace.
 * Shape: empty where there is no strace. Why: the counters of a burst go to the disk three quarters of a second after its first lease, in
 * one write however many leases there were; the leases themselves are counted alone by being faster than that.
 */
export async function systemCalls({ size, say }: Bench): Promise<readonly Figure[]> {
  if (spawnSync('strace', ['--version']).error !== undefined) {
    say('no strace here: system calls are not counted');
    return [];
  }
  const supervisor = await startSupervisor(await makeHome(stateOf(20, Date.now())));
  try {
    const leases = size(1_000, 100);
    await askMany(supervisor.home.socketPath, leases);
    await pause(size(SETTLE_MS, 0));
    const counts = await traced(supervisor.pid, () => askMany(supervisor.home.socketPath, leases));
    const perLease = (names: readonly string[]): number =>
      names.reduce((sum, name) => sum + (counts.get(name) ?? 0), 0) / leases;
    const count = (id: string, what: string, { value, upstream }: { value: number; upstream: number }): Figure =>
      figure({
        id: `lease.${id}`,
        what: `${what} for each of ${String(leases)} leases`,
        unit: '',
        ours: part('oma', [value]),
        beside: [elsewhere('upstream', upstream)],
        bar: { of: 'value', limit: 0 },
      });
    return [
      count('fsyncs', 'fsyncs', { value: perLease(SYNCS), upstream: 6 }),
      count('file-reads', 'files opened or read', { value: perLease(FILE_READS), upstream: 14 }),
    ];
  } finally {
    await supervisor.stop();
  }
}

async function traced(pid: number, work: () => Promise<void>): Promise<ReadonlyMap<string, number>> {
  const calls = [...SYNCS, ...FILE_READS].join(',');
  const tracer = spawn('strace', ['-f', '-c', '-e', `trace=${calls}`, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let table = '';
  const attached = new Promise<void>((resolve) => {
    tracer.stderr.setEncoding('utf8').on('data', (text: string) => {
      table += text;
      if (table.includes('attached')) resolve();
    });
  });
  const ended = once(tracer, 'close');
  await Promise.race([attached, ended]);
  await work();
  tracer.kill('SIGINT');
  await ended;
  const rows = table.matchAll(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$/gm);
  return new Map([...rows].map(([, count = '0', name = '']) => [name, Number(count)]));
}

async function askMany(socketPath: string, leases: number): Promise<void> {
  const { client, connection } = await connect(socketPath);
  for (let number = 0; number < leases; number += AT_ONCE)
    await Promise.all(
      Array.from({ length: AT_ONCE }, (_, index) => client['lease.acquire'](leaseRequest(number + index, null))),
    );
  connection.dispose();
}
