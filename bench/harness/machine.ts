import { execFileSync, spawnSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type as system } from 'node:os';

import { opencodeBinary } from '../../test/support/real-opencode.ts';

/** What the figures depend on. Shape: values as text, for people. */
export type Machine = Readonly<Record<string, string>>;

/** Describes this machine now. */
export function describeMachine(pin: readonly string[]): Machine {
  const [cpu] = cpus();
  const bun = execFileSync(opencodeBinary(), ['--version'], { env: { BUN_BE_BUN: '1' }, encoding: 'utf8' }).trim();
  return {
    date: `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    cpu: `${String(cpus().length)} x ${cpu?.model ?? 'unknown'}`,
    memory: `${(totalmem() / 1_024 ** 3).toFixed(1)} GB`,
    system: `${system()} ${release()}`,
    runtimes: `Node ${process.versions.node}, Bun ${bun} (in OpenCode)`,
    'load at the start': (loadavg()[0] ?? 0).toFixed(2),
    pinned: pin.length > 0 ? `to one core where noted (${pin.join(' ')})` : 'not: this system has no taskset',
  };
}

/** Words that keep a command on the first core; empty where that is not possible. */
export function pinning(): readonly string[] {
  return spawnSync('taskset', ['-c', '0', 'true']).status === 0 ? ['taskset', '-c', '0'] : [];
}
