import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { AskCommand, AskResult, Ready } from './plugin-driver.ts';
import { opencodeBinary } from './real-opencode.ts';

const DRIVER = fileURLToPath(new URL('plugin-driver.ts', import.meta.url));
const READY_MS = 60_000;

export type Runtime = 'node' | 'bun';

/** A process that has loaded the plugin. */
export interface PluginProcess {
  readonly ready: Ready;
  readonly ask: (command?: Omit<AskCommand, 'id'>) => Promise<AskResult>;
  /** Resolves with the first chunk of the answer, and with its end. */
  readonly begin: (command?: Omit<AskCommand, 'id'>) => {
    readonly begun: Promise<void>;
    readonly ended: Promise<AskResult>;
    readonly abort: () => void;
  };
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly close: () => Promise<void>;
}

export interface PluginProcessOptions {
  readonly runtime: Runtime;
  readonly bundle: string;
  readonly env: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Starts a process of Node, or of the Bun inside OpenCode, that drives the bundled plugin. */
export async function pluginProcess({
  runtime,
  bundle,
  env,
  options = {},
}: PluginProcessOptions): Promise<PluginProcess> {
  const file = runtime === 'node' ? process.execPath : opencodeBinary();
  const child = spawn(file, [DRIVER, bundle, JSON.stringify(options)], {
    env: { PATH: process.env['PATH'], BUN_BE_BUN: '1', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting = new Map<number, (result: AskResult) => void>();
  const begun = new Map<number, () => void>();
  const ready = await firstLine(child, (result) => {
    if (result.kind === 'begun') begun.get(result.id)?.();
    else waiting.get(result.id)?.(result);
  });
  let id = 0;
  const begin: PluginProcess['begin'] = (command = {}) => {
    id += 1;
    const mine = id;
    const started = new Promise<void>((resolve) => begun.set(mine, resolve));
    const ended = new Promise<AskResult>((resolve) => waiting.set(mine, resolve));
    child.stdin.write(`${JSON.stringify({ ...command, id: mine, tellBegin: true })}\n`);
    return { begun: started, ended, abort: () => void child.stdin.write(`${JSON.stringify({ abort: mine })}\n`) };
  };
  return {
    ready,
    begin,
    ask: (command) => begin(command).ended,
    kill: (signal) => child.kill(signal),
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.stdin.end();
      await ended;
    },
  };
}

function firstLine(child: ChildProcess, onResult: (result: AskResult) => void): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error('The plugin process did not get ready.'));
    }, READY_MS);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The plugin process ended with ${String(code)}.`)));
    if (child.stdout === null) throw new Error('The plugin process has no output.');
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as Ready | AskResult;
      if (said.kind !== 'ready') {
        onResult(said);
        return;
      }
      clearTimeout(late);
      resolve(said);
    });
  });
}
