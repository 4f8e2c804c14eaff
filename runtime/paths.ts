import { dirname, isAbsolute, join } from 'node:path';

import type { Env } from '../contract/env.ts';
import { ENV_PREFIX } from '../contract/env.ts';
import { OmaError } from '../contract/errors.ts';

/** What only an entry file may ask of its process. Units: `uid` as the system counts users. */
export interface PathFacts {
  readonly home: string;
  readonly uid: number;
  readonly platform: NodeJS.Platform;
  readonly xdgRuntimeDir?: string | undefined;
  readonly xdgStateHome?: string | undefined;
  readonly xdgConfigHome?: string | undefined;
  readonly xdgDataHome?: string | undefined;
}

/** Where everything of oma lies; absolute paths, none of them looked at. */
export interface Paths {
  readonly storeDir: string;
  readonly storeFile: string;
  /** Where upstream keeps its store, whatever ours is. */
  readonly defaultStoreFile: string;
  /** Where early versions of upstream kept a list of their accounts. */
  readonly upstreamListFile: string;
  /** Its owner alone writes the store. */
  readonly storeLockFile: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
  readonly socketPath: string;
  /** Its owner alone listens on the socket. */
  readonly lockFile: string;
  readonly logFile: string;
  readonly probeHomesDir: string;
  readonly demoDir: string;
  readonly codexAuthFile: string;
  readonly openCodeAuthFile: string;
  /** Where the plugin oc-codex-multi-auth keeps its pools. */
  readonly openCodeHome: string;
  /** Where OpenCode's antigravity plugin keeps its accounts. */
  readonly antigravityFile: string;
}

const NAME = 'opencode-multi-auth';
/** Longest path of a Unix socket in bytes, without the closing NUL. */
const SOCKET_PATH_BYTES_MAX = 107;
const SOCKET_PATH_BYTES_MAX_BSD = 103;

/**
 * Says where everything lies, from the environment and a few facts of the process.
 * Errors: SOCKET_PATH_TOO_LONG; CONFIG_INVALID for a path that is not absolute.
 * Why: the socket lies in the state directory even where there is an XDG runtime directory, since that one is missing in some
 * sessions of the same user and is removed at logout: two sessions would look for two supervisors over one store.
 */
export function resolvePaths(env: Env, facts: PathFacts): Paths {
  const { home } = facts;
  const configHome = base(facts.xdgConfigHome, join(home, '.config'));
  const stateDir = join(base(facts.xdgStateHome, join(home, '.local', 'state')), NAME);
  const dataHome = base(facts.xdgDataHome, join(home, '.local', 'share'));
  const given = (
    name: 'STORE_DIR' | 'STORE_FILE' | 'SOCKET' | 'CODEX_AUTH_FILE' | 'LOG_FILE',
    otherwise: string,
  ): string => absolute(name, env[name] ?? otherwise, home);
  const storeDir = given('STORE_DIR', join(configHome, NAME));
  const storeFile = given('STORE_FILE', join(storeDir, 'accounts.json'));
  const socketPath = given('SOCKET', defaultSocket(stateDir, facts));
  assertSocketPath(socketPath, facts.platform);
  return {
    storeDir,
    storeFile,
    defaultStoreFile: join(configHome, NAME, 'accounts.json'),
    upstreamListFile: join(configHome, 'opencode', 'opencode-multi-auth-codex-accounts.json'),
    storeLockFile: `${storeFile}.lock`,
    stateDir,
    runtimeDir: dirname(socketPath),
    socketPath,
    lockFile: `${socketPath}.lock`,
    logFile: given('LOG_FILE', join(stateDir, 'oma.log')),
    probeHomesDir: join(stateDir, 'probe-homes'),
    demoDir: join(stateDir, 'demo'),
    codexAuthFile: given('CODEX_AUTH_FILE', join(home, '.codex', 'auth.json')),
    openCodeAuthFile: join(dataHome, 'opencode', 'auth.json'),
    openCodeHome: join(home, '.opencode'),
    antigravityFile: join(configHome, 'opencode', 'antigravity-accounts.json'),
  };
}

/** Refuses a path that the system would cut off or not take. Errors: SOCKET_PATH_TOO_LONG. */
export function assertSocketPath(socketPath: string, platform: NodeJS.Platform): void {
  const bytesMax = longestSocketPath(platform);
  const bytes = Buffer.byteLength(socketPath);
  if (bytes <= bytesMax) return;
  throw new OmaError(
    'SOCKET_PATH_TOO_LONG',
    `The path of the socket has ${bytes} bytes, but the system takes ${bytesMax} at most. Set ${ENV_PREFIX}SOCKET to a shorter path in a directory of your own.`,
    { bytes, bytesMax },
  );
}

function longestSocketPath(platform: NodeJS.Platform): number {
  return platform === 'linux' ? SOCKET_PATH_BYTES_MAX : SOCKET_PATH_BYTES_MAX_BSD;
}

/** The runtime directory is the way out for a home whose path leaves no room for a socket. */
function defaultSocket(stateDir: string, { xdgRuntimeDir, platform }: PathFacts): string {
  const socket = join(stateDir, 'run', 'oma.sock');
  const isTooLong = Buffer.byteLength(socket) > longestSocketPath(platform);
  return isTooLong && xdgRuntimeDir !== undefined && isAbsolute(xdgRuntimeDir)
    ? join(xdgRuntimeDir, NAME, 'oma.sock')
    : socket;
}

/** The XDG specification wants a base directory that is not absolute to be ignored. */
function base(given: string | undefined, otherwise: string): string {
  return given !== undefined && isAbsolute(given) ? given : otherwise;
}

function absolute(name: string, path: string, home: string): string {
  const expanded = path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
  if (isAbsolute(expanded)) return expanded;
  throw new OmaError(
    'CONFIG_INVALID',
    `${ENV_PREFIX}${name} must be an absolute path or begin with "~/". Correct or unset it.`,
    { variable: `${ENV_PREFIX}${name}` },
  );
}
