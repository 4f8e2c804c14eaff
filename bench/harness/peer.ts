import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { opencodeBinary } from '../../test/support/real-opencode.ts';

/** The runtime of a peer: our Node, or the Bun inside OpenCode, which is where the plugin lives. */
export type Runtime = 'node' | 'bun';

/** A program of bench/peers and how it is run. Shape: `input` is handed over as JSON in its only argument. */
export interface PeerRun {
  readonly program: string;
  readonly input: unknown;
  readonly runtime?: Runtime;
  readonly pin?: readonly string[];
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A peer that goes on until it is stopped. Shape: `said` is its first line, parsed. */
export interface RunningPeer {
  readonly pid: number;
  readonly said: unknown;
  readonly stop: () => Promise<void>;
}

/** A process whose output we read. */
export type Child = ChildProcessByStdio<null, Readable, null>;

/** Runs a peer to its end and answers the JSON it prints. */
export async function runPeer(run: PeerRun): Promise<unknown> {
  const child = start(run);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`${run.program} ended with ${String(child.exitCode)}: ${text}`);
  return JSON.parse(text);
}

/** Starts a peer and waits for its first line. */
export async function startPeer(run: PeerRun): Promise<RunningPeer> {
  const child = start(run);
  const ended = once(child, 'close');
  const line = once(createInterface({ input: child.stdout }), 'line');
  const first = await Promise.race([line, ended.then(() => [null])]);
  if (typeof first[0] !== 'string') throw new Error(`${run.program} ended before it was ready`);
  return {
    pid: child.pid ?? -1,
    said: JSON.parse(first[0]),
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Spawns a command after the words that keep it on one core. Shape: stdout is a pipe, stderr is ours. */
export function spawnPinned(
  pin: readonly string[],
  command: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv },
): Child {
  const [file, ...args] = [...pin, ...command];
  if (file === undefined) throw new RangeError('there is no command');
  return spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
}

function start({ program, input, runtime = 'node', pin = [], flags = [], env = {} }: PeerRun): Child {
  const executable = runtime === 'node' ? process.execPath : opencodeBinary();
  const file = fileURLToPath(new URL(`../peers/${program}`, import.meta.url));
  return spawnPinned(pin, [executable, ...flags, file, JSON.stringify(input)], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], BUN_BE_BUN: '1', ...env },
  });
}
