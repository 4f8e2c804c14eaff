import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { type Simulator, type SimulatorOptions, startSimulator } from '../../../cli/simulator/server.ts';
import { ENV_PREFIX } from '../../../contract/env.ts';
import type { PartialSettings } from '../../../contract/settings.ts';
import type { State } from '../../../supervisor/core/state.ts';
import { openStore } from '../../../supervisor/store/store.ts';
import { removeTree } from '../../support/remove-tree.ts';
import { type Pool, poolState } from './pool.ts';

const DIST = fileURLToPath(new URL('../../../dist', import.meta.url));
const READY_MS = 60_000;

export interface DashboardOptions {
  readonly pool?: Pool;
  readonly settings?: PartialSettings;
  /** What the file of `--config` holds. */
  readonly config?: PartialSettings;
  /** Changes the state before the supervisor starts. */
  readonly state?: (state: State, now: number) => State;
  /** Variables without their prefix. */
  readonly env?: Readonly<Record<string, string>>;
  readonly simulator?: SimulatorOptions | false;
}

/** A built supervisor at work in a home of its own, against a simulated provider. */
export interface Dashboard {
  readonly url: string;
  readonly launchUrl: string;
  readonly home: string;
  readonly socketPath: string;
  readonly simulator: Simulator | null;
  /** Calls the API as a program would, past the page. */
  readonly api: <T>(method: string, path: string, body?: unknown) => Promise<T>;
  readonly kill: () => Promise<void>;
  /** Holds its process: a backend that is slow, until `thaw`. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Starts it again on the same port and store. */
  readonly start: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Starts a supervisor whose store holds the pool. */
export async function openDashboard(options: DashboardOptions = {}): Promise<Dashboard> {
  if (!existsSync(join(DIST, 'ui', 'index.html'))) throw new Error('dist/ is not built: run npm run build.');
  const home = await mkdtemp(join(tmpdir(), 'oma-web-'));
  const simulator = options.simulator === false ? null : await startSimulator(options.simulator ?? {});
  await seed(join(home, 'store', 'accounts.json'), options, simulator);
  const config = options.config === undefined ? [] : ['--config', join(home, 'oma.json')];
  if (options.config !== undefined) await writeFile(join(home, 'oma.json'), JSON.stringify(options.config));
  const held: { child: ChildProcess | null; port: number; token: string } = {
    child: null,
    port: await freePort(),
    token: '',
  };
  const base = (): string => `http://127.0.0.1:${String(held.port)}`;
  const start = async (): Promise<void> => {
    held.child = spawn(process.execPath, [join(DIST, 'supervisor.js'), ...config], {
      env: environment(home, simulator, held.port, options.env ?? {}),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await firstLine(held.child);
    if (!line.includes('"ready":true')) throw new Error(`the supervisor did not start: ${line}`);
    held.token = (await readFile(join(home, 'state', 'opencode-multi-auth', 'dashboard-token'), 'utf8')).trim();
  };
  const kill = async (): Promise<void> => {
    const { child } = held;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  const close = async (): Promise<void> => {
    await kill();
    await simulator?.close();
    await removeTree(home);
  };
  try {
    await start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    home,
    socketPath: socketIn(home),
    simulator,
    start,
    kill,
    freeze: () => void held.child?.kill('SIGSTOP'),
    thaw: () => void held.child?.kill('SIGCONT'),
    get url() {
      return base();
    },
    get launchUrl() {
      return `${base()}/launch?token=${held.token}`;
    },
    api: async <T>(method: string, path: string, body?: unknown) => {
      const response = await fetch(base() + path, {
        method,
        headers: { authorization: `Bearer ${held.token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return (await response.json()) as T;
    },
    close,
  };
}

async function seed(file: string, options: DashboardOptions, simulator: Simulator | null): Promise<void> {
  const now = Date.now();
  const silent = (): void => undefined;
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
  const store = await openStore({
    file,
    passphrase: null,
    now: Date.now,
    log: { info: silent, warn: silent, error: silent },
  });
  const pooled = poolState(options.pool ?? {}, {
    simulator,
    now,
    ...(options.settings === undefined ? {} : { settings: options.settings }),
  });
  await store.transact('seed', () => [options.state?.(pooled, now) ?? pooled, undefined], 'before-reply');
  await store.close();
}

function environment(
  home: string,
  simulator: Simulator | null,
  port: number,
  more: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const own: Record<string, string> = {
    STORE_DIR: join(home, 'store'),
    SOCKET: socketIn(home),
    PORT: String(port),
    BASE_URL: simulator?.baseUrl ?? 'http://127.0.0.1:9/backend-api',
    ISSUER_URL: simulator?.issuerUrl ?? 'http://127.0.0.1:9',
    ...more,
  };
  return {
    PATH: process.env['PATH'],
    HOME: home,
    XDG_STATE_HOME: join(home, 'state'),
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_RUNTIME_DIR: join(home, 'run'),
    ...Object.fromEntries(Object.entries(own).map(([name, value]) => [ENV_PREFIX + name, value])),
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the supervisor has no output');
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line', { signal: AbortSignal.timeout(READY_MS) })) as [string];
  return line;
}

function socketIn(home: string): string {
  return join(home, 'run', 'oma.sock');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
