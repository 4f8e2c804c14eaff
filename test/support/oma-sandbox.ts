import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Simulator } from '../../cli/simulator/server.ts';
import type { AccountView } from '../../contract/account.ts';
import { ENV_PREFIX } from '../../contract/env.ts';
import type { Status } from '../../contract/status.ts';
import { assertDocumented } from './documented-exit.ts';
import { type OpenCodeSandbox, opencodeSandbox } from './real-opencode.ts';
import { type ProgramResult, runProgram } from './run-program.ts';
import { until } from './until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const DIST = join(ROOT, 'dist');

const READY_MS = 60_000;
const COMMAND_MS = 60_000;

export interface OmaOptions {
  readonly simulator: Simulator;
  /** Seats of the simulator to import; default: all. */
  readonly import?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether OpenCode's configuration names the built plugin. */
  readonly plugin?: boolean;
  /** Arguments of Node for the supervisor. */
  readonly nodeArgs?: readonly string[];
  /** Directory of the home, which outlives this process; default: a temporary one. */
  readonly root?: string;
}

/** A home of its own with the built oma in it, and OpenCode beside it. */
export interface OmaSandbox {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly opencode: OpenCodeSandbox;
  /** The supervisor that this sandbox started last. */
  readonly supervisor: ChildProcess;
  /** Runs `oma <args>`. */
  oma: (...args: readonly string[]) => Promise<ProgramResult>;
  /** Runs `oma <args> --json` and parses what it prints. */
  json: <T>(...args: readonly string[]) => Promise<T>;
  status: () => Promise<Status>;
  accounts: () => Promise<readonly AccountView[]>;
  /** Starts the supervisor again and waits until it is ready. */
  start: () => Promise<ChildProcess>;
  /** Kills the process that holds the socket now, whoever started it. */
  killSupervisor: (signal?: NodeJS.Signals) => Promise<number>;
  log: () => string;
}

/** A sandbox and how it ends. */
export interface OpenOma extends OmaSandbox {
  /** Stops the supervisor, whoever started it. */
  end: () => Promise<void>;
}

/** Makes the sandbox, starts the built supervisor against the simulated provider and imports its accounts. */
export async function openOma(options: OmaOptions): Promise<OpenOma> {
  if (!existsSync(join(DIST, 'supervisor.js'))) throw new Error('dist/ is not built: run npm run build.');
  const plugins = options.plugin === false ? [] : [`file://${join(DIST, 'plugin', 'server.js')}`];
  const { simulator } = options;
  const opencode = await opencodeSandbox({
    plugins,
    ...(options.root === undefined ? {} : { root: options.root }),
    env: {
      [`${ENV_PREFIX}BASE_URL`]: simulator.baseUrl,
      [`${ENV_PREFIX}ISSUER_URL`]: simulator.issuerUrl,
      [`${ENV_PREFIX}PORT`]: '0',
      ...options.env,
    },
  });
  const sandbox = createSandbox(opencode, options.nodeArgs ?? []);
  // What a run that was cut off left behind would go on asking the provider of then.
  if (options.root !== undefined) await sandbox.oma('down');
  await sandbox.start();
  await importSeats(sandbox, simulator, options.import);
  return sandbox;
}

function createSandbox(opencode: OpenCodeSandbox, nodeArgs: readonly string[]): OpenOma {
  const { env, root } = opencode;
  const started: ChildProcess[] = [];
  const oma = async (...args: readonly string[]): Promise<ProgramResult> => {
    const result = await runProgram({
      file: process.execPath,
      args: [join(DIST, 'cli.js'), ...args],
      env,
      cwd: opencode.project,
      deadlineMs: COMMAND_MS,
    });
    assertDocumented(args, result.code);
    return result;
  };
  const json = async <T>(...args: readonly string[]): Promise<T> => {
    const { stdout, stderr } = await oma(...args, '--json');
    try {
      return JSON.parse(stdout) as T;
    } catch {
      throw new Error(`oma ${args.join(' ')} printed no JSON: ${stdout}${stderr}`);
    }
  };
  const status = (): Promise<Status> => json<Status>('status');
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<number> => {
    const { pid } = await status();
    process.kill(pid, signal);
    await until(() => isGone(pid), { deadlineMs: READY_MS, what: `the end of process ${String(pid)}` });
    return pid;
  };
  return {
    root,
    env,
    opencode,
    get supervisor() {
      const last = started.at(-1);
      if (last === undefined) throw new Error('nothing was started');
      return last;
    },
    oma,
    json,
    status,
    accounts: async () => (await json<{ accounts: AccountView[] }>('list')).accounts,
    start: async () => {
      const child = spawn(process.execPath, [...nodeArgs, join(DIST, 'supervisor.js')], {
        env: { ...env },
        cwd: opencode.project,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      started.push(child);
      await ready(child);
      return child;
    },
    killSupervisor: kill,
    log: () => readFileSync(join(env['XDG_STATE_HOME'] ?? root, 'opencode-multi-auth', 'oma.log'), 'utf8'),
    end: async () => {
      await oma('down').catch(() => undefined);
      for (const child of started) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    },
  };
}

async function importSeats(
  sandbox: OmaSandbox,
  simulator: Simulator,
  wanted: readonly string[] | undefined,
): Promise<void> {
  const aliases = wanted ?? simulator.control.state().seats.map(({ alias }) => alias);
  if (aliases.length === 0) return;
  const { importableStore } = await import('../../cli/simulator/credentials.ts');
  const file = join(sandbox.root, 'import.json');
  await writeFile(file, JSON.stringify(importableStore(aliases.map((alias) => simulator.control.credentials(alias)))), {
    mode: 0o600,
  });
  const { code, stderr } = await sandbox.oma('import', file);
  if (code !== 0) throw new Error(`the import failed: ${stderr}`);
}

async function ready(child: ChildProcess): Promise<void> {
  let output = '';
  const gone = once(child, 'exit').then(() => {
    throw new Error(`the supervisor ended: ${output}`);
  });
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const line = new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('"ready":true')) resolve();
      else if (output.includes('"ready":false')) reject(new Error(output));
    });
  });
  await Promise.race([line, gone, deadline()]);
}

function deadline(): Promise<never> {
  return new Promise((_resolve, reject) =>
    setTimeout(() => reject(new Error('the supervisor was not ready in time')), READY_MS).unref(),
  );
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
