import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { ENV_PREFIX } from '../../contract/env.ts';
import { PROTOCOL_VERSION } from '../../contract/handshake.ts';
import { type Connected, connectOrStart } from '../../runtime/connect.ts';
import type { State } from '../../supervisor/core/state.ts';
import { openStore } from '../../supervisor/store/store.ts';
import { removeTree } from '../../test/support/remove-tree.ts';
import { type Child, spawnPinned } from './peer.ts';

/** The built programs. */
export const DIST = fileURLToPath(new URL('../../dist', import.meta.url));

const NOWHERE = 'http://127.0.0.1:9';
const CONNECT_MS = 20_000;

/** A home of its own with a store in it. */
export interface BenchHome {
  readonly root: string;
  readonly socketPath: string;
  readonly env: Readonly<Record<string, string>>;
  readonly remove: () => Promise<void>;
}

/** A supervisor that runs in such a home. */
export interface BenchSupervisor {
  readonly home: BenchHome;
  readonly pid: number;
  readonly connect: () => Promise<Connected>;
  readonly stop: () => Promise<void>;
}

/** Makes a home whose store holds this state. Shape: `baseUrl` is the backend; without it there is none. */
export async function makeHome(state: State, env: Readonly<Record<string, string>> = {}): Promise<BenchHome> {
  if (!existsSync(join(DIST, 'supervisor.js'))) throw new Error('dist/ is not built: run npm run build.');
  const root = await mkdtemp(join(tmpdir(), 'oma-bench-'));
  const file = join(root, 'accounts.json');
  const store = await openStore({ file, passphrase: null, now: Date.now, log: SILENT });
  await store.transact('bench', () => [state, 0], 'before-reply');
  await store.close();
  const socketPath = join(root, 'oma.sock');
  return {
    root,
    socketPath,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: root,
      XDG_STATE_HOME: join(root, 'state'),
      XDG_CONFIG_HOME: join(root, 'config'),
      XDG_DATA_HOME: join(root, 'data'),
      XDG_CACHE_HOME: join(root, 'cache'),
      [`${ENV_PREFIX}STORE_FILE`]: file,
      [`${ENV_PREFIX}SOCKET`]: socketPath,
      [`${ENV_PREFIX}PORT`]: '0',
      [`${ENV_PREFIX}BASE_URL`]: NOWHERE,
      [`${ENV_PREFIX}ISSUER_URL`]: NOWHERE,
      ...env,
    },
    // A starter that lost the race may still be writing its log into the home while it leaves.
    remove: () => removeTree(root),
  };
}

/** Starts the built supervisor in a home; stopping it removes the home. */
export async function startSupervisor(home: BenchHome, pin: readonly string[] = []): Promise<BenchSupervisor> {
  const child = spawnSupervisor(home, pin);
  const ended = once(child, 'close');
  const report = once(createInterface({ input: child.stdout }), 'line');
  const [line] = await Promise.race([report, ended.then(() => ['nothing'])]);
  if (!String(line).includes('"ready":true')) throw new Error(`the supervisor did not start: ${String(line)}`);
  return {
    home,
    pid: child.pid ?? -1,
    connect: () => connect(home.socketPath),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      await home.remove();
    },
  };
}

/** Spawns the built supervisor. */
export function spawnSupervisor(home: BenchHome, pin: readonly string[] = []): Child {
  return spawnPinned(pin, [process.execPath, join(DIST, 'supervisor.js')], { env: { ...home.env } });
}

/** Connects to a supervisor that runs; `env` = start it if it does not. */
export function connect(socketPath: string, env: Readonly<Record<string, string>> | null = null): Promise<Connected> {
  return connectOrStart({
    socketPath,
    hello: {
      protocolVersion: PROTOCOL_VERSION,
      buildId: 'bench',
      version: '0.0.0',
      pid: process.pid,
      kind: 'test',
      host: null,
    },
    start: env === null ? null : { command: process.execPath, args: [join(DIST, 'supervisor.js')], env },
    deadlineMs: CONNECT_MS,
  });
}

function ignore(): void {
  // A bench reads no log.
}

const SILENT = { info: ignore, warn: ignore, error: ignore };
