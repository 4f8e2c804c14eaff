import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { importableStore } from '../../cli/simulator/credentials.ts';
import { ENV_PREFIX } from '../../contract/env.ts';
import { PROTOCOL_VERSION } from '../../contract/handshake.ts';
import { type Connected, connectOrStart } from '../../runtime/connect.ts';
import type { HurtOrder } from './hurt-supervisor.ts';
import { DIST } from './oma.ts';
import { bundle } from './plugin-bundle.ts';
import { removeTree } from './remove-tree.ts';
import type { Simulator } from './simulator.ts';

const START_MS = 60_000;

/** A supervisor that can be hurt, in a home of its own, against a simulated provider. */
export interface HurtOma {
  readonly home: string;
  readonly storeFile: string;
  readonly socketPath: string;
  readonly simulator: Simulator;
  /** The connection to the supervisor that runs now. */
  readonly client: Connected['client'];
  readonly pid: number;
  /** Starts it and connects; with `env` it may die before it serves: then `false`. */
  start: (env?: Readonly<Record<string, string>>) => Promise<boolean>;
  /** One more connection; it ends with its supervisor. */
  connect: () => Promise<Connected['client']>;
  order: (order: HurtOrder) => Promise<void>;
  /** Resolves when the supervisor has died, with the signal that it died of. */
  died: () => Promise<NodeJS.Signals | null>;
  kill: () => Promise<void>;
  /** Writes logins of these seats to a file that can be imported. */
  importFile: (...aliases: readonly string[]) => Promise<string>;
  /** The access tokens on disk, by alias. */
  tokens: () => Promise<ReadonlyMap<string, string>>;
  stderr: () => string;
  end: () => Promise<void>;
}

/** Makes the home; nothing runs yet. */
export async function hurtOma(simulator: Simulator): Promise<HurtOma> {
  const home = await mkdtemp(join(tmpdir(), 'oma-hurt-'));
  // Why bundled: from its sources it would start in a second instead of in a third of one.
  const program = await bundle('test/support/hurt-supervisor.ts');
  const storeFile = join(home, 'config', 'opencode-multi-auth', 'accounts.json');
  const socketPath = join(home, 'oma.sock');
  await mkdir(join(home, 'config', 'opencode-multi-auth'), { recursive: true, mode: 0o700 });
  let child: ChildProcess | null = null;
  let connected: Connected[] = [];
  let stderr = '';
  const running = (): ChildProcess => {
    if (child === null) throw new Error('no supervisor was started');
    return child;
  };
  const died = async (): Promise<NodeJS.Signals | null> => {
    const { exitCode, signalCode } = running();
    if (exitCode === null && signalCode === null) await once(running(), 'exit');
    return running().signalCode;
  };
  const connect = async (): Promise<Connected['client']> => {
    const opened = await connectOrStart({ socketPath, hello: HELLO, start: null, deadlineMs: START_MS });
    connected.push(opened);
    return opened.client;
  };
  const kill = async (): Promise<void> => {
    running().kill('SIGKILL');
    await died();
  };
  return {
    home,
    storeFile,
    socketPath,
    simulator,
    get client() {
      const [first] = connected;
      if (first === undefined) throw new Error('nothing is connected');
      return first.client;
    },
    get pid() {
      return running().pid ?? -1;
    },
    start: async (env = {}) => {
      for (const { connection } of connected) connection.dispose();
      connected = [];
      child = spawn(process.execPath, [program.file], {
        env: { ...environment(home, simulator), ...env },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      });
      child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      if (!(await isReady(child))) return false;
      await connect();
      return true;
    },
    connect,
    order: async (order) => {
      const done = once(running(), 'message');
      running().send(order);
      await done;
    },
    died,
    kill,
    importFile: async (...aliases) => {
      const file = join(home, `import-${aliases.join('-')}.json`);
      const logins = aliases.map((alias) => simulator.control.credentials(alias));
      await writeFile(file, JSON.stringify(importableStore(logins)), { mode: 0o600 });
      return file;
    },
    tokens: async () => tokensIn(await readFile(storeFile, 'utf8')),
    stderr: () => stderr,
    end: async () => {
      for (const { connection } of connected) connection.dispose();
      if (child !== null) await kill();
      await Promise.all([removeTree(home), program.remove()]);
    },
  };
}

const HELLO = {
  protocolVersion: PROTOCOL_VERSION,
  buildId: 'test',
  version: '0.0.0',
  pid: process.pid,
  kind: 'test',
  host: null,
} as const;

function environment(home: string, simulator: Simulator): Record<string, string> {
  return {
    DIST,
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_DATA_HOME: join(home, 'data'),
    XDG_STATE_HOME: join(home, 'state'),
    [`${ENV_PREFIX}BASE_URL`]: simulator.baseUrl,
    [`${ENV_PREFIX}ISSUER_URL`]: simulator.issuerUrl,
    [`${ENV_PREFIX}SOCKET`]: join(home, 'oma.sock'),
    [`${ENV_PREFIX}PORT`]: '0',
  };
}

/** Shape: false = it died before it was ready. */
function isReady(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('"ready":true')) resolve(true);
      else if (output.includes('"ready":false')) reject(new Error(output));
    });
    child.once('exit', () => resolve(false));
  });
}

function tokensIn(text: string): ReadonlyMap<string, string> {
  const { accounts } = JSON.parse(text) as { accounts: { alias: string; credentials: { accessToken: string } }[] };
  return new Map(accounts.map(({ alias, credentials }) => [alias, credentials.accessToken]));
}
