import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { type Env, parseEnv } from '../contract/env.ts';
import { ERRORS, isOmaError, OmaError } from '../contract/errors.ts';
import { acquireLock } from '../runtime/instance-lock.ts';
import { type Paths, resolvePaths } from '../runtime/paths.ts';
import { reportReadiness } from '../runtime/readiness.ts';
import { tellSystemd } from '../runtime/service-notice.ts';
import { isSocketAlive } from '../runtime/socket-alive.ts';
import type { Arguments, Place } from './run.ts';
import type { Surroundings } from './start-options.ts';

/** Several starters race for the lock; each waits this long at most, in milliseconds. */
const LOCK_MS = 10 * 1_000;

const REAL: Surroundings = { now: Date.now, disk: {} };

/**
 * Runs this process as the supervisor, or as the store's checker with `--check-store FILE`.
 * Shape: one JSON line on stdout says how the start went, as `readinessSchema` has it; a supervisor that finds another one at work says ready, too, and ends.
 * Why: what a supervisor at work needs is loaded only once the lock is ours: of twenty that start at once, nineteen end here.
 * Shape: `here` is the directory where the other programs and the page lie.
 */
export async function supervise(host: NodeJS.Process, here: string, surroundings = REAL): Promise<void> {
  keepPrivate(host);
  try {
    const args = readArguments(host.argv.slice(2));
    const env = parseEnv(host.env);
    if (args.checkStore !== null) {
      await checkStore(host, args.checkStore, env);
      return;
    }
    await own({ host, here, surroundings }, args, env);
  } catch (error) {
    const { code, message } = isOmaError(error)
      ? error
      : new OmaError(
          'SUPERVISOR_START_FAILED',
          `The supervisor could not be started: ${error instanceof Error ? error.name : 'unknown reason'}. Its log says more.`,
        );
    reportReadiness({ ready: false, code, message });
    if (isOmaError(error)) host.exitCode = 1;
    else await endUnstarted(host, error);
  }
}

/** Why: whoever started it reads its standard error, where Node would print the error as it is, secrets and all. */
async function endUnstarted(host: NodeJS.Process, error: unknown): Promise<void> {
  const { createLog } = await import('../runtime/log.ts');
  const log = createLog({ level: 'error', file: null, name: 'supervisor' });
  log.error({ code: 'INTERNAL', err: error }, 'the supervisor could not be started, for a reason nobody foresaw');
  host.exit(ERRORS.INTERNAL.exit);
}

/** Why: a crash report of Node would hold the passphrase, and the debugger that SIGUSR1 opens is a port for every user of the machine. */
function keepPrivate(host: NodeJS.Process): void {
  host.report.excludeEnv = true;
  host.on('SIGUSR1', () => undefined);
}

async function own(place: Place, args: Arguments, env: Env): Promise<void> {
  const { host } = place;
  const paths = demoPaths(pathsOf(host, env), args.demo);
  const lock = await acquireLock(paths.lockFile, { deadlineMs: LOCK_MS, until: () => isSocketAlive(paths.socketPath) });
  if (lock !== null) {
    const { run } = await import('./run.ts');
    await run(place, { args, env, paths, lock });
  } else if (!(await isSocketAlive(paths.socketPath))) {
    throw new OmaError(
      'SUPERVISOR_START_FAILED',
      'Another oma holds the lock of the supervisor but serves nobody: it is starting or ending, or it hangs. Try again in a few seconds; if that does not help, end the process that has the lock file beside the socket open.',
    );
  }
  reportReadiness({ ready: true });
  await tellSystemd(host.env);
}

async function checkStore(host: NodeJS.Process, file: string, env: Env): Promise<void> {
  const { checkStoreFile } = await import('./store/check.ts');
  const result = await checkStoreFile(file, env.PASSPHRASE ?? null);
  host.stdout.write(`${JSON.stringify({ file, ...result })}\n`);
  host.exitCode = result.ok ? 0 : 65;
}

/** The demo has a store and login files of its own, but the socket that every command knows. */
function demoPaths(paths: Paths, isDemo: boolean): Paths {
  if (!isDemo) return paths;
  const storeFile = join(paths.demoDir, 'accounts.json');
  return {
    ...paths,
    storeDir: paths.demoDir,
    storeFile,
    storeLockFile: `${storeFile}.lock`,
    probeHomesDir: join(paths.demoDir, 'probe-homes'),
    codexAuthFile: join(paths.demoDir, 'codex', 'auth.json'),
    antigravityFile: join(paths.demoDir, 'antigravity-accounts.json'),
  };
}

function pathsOf(host: NodeJS.Process, env: Env): Paths {
  const { HOME = '/', XDG_RUNTIME_DIR, XDG_STATE_HOME, XDG_CONFIG_HOME, XDG_DATA_HOME } = host.env;
  return resolvePaths(env, {
    home: HOME,
    uid: host.getuid?.() ?? 0,
    platform: host.platform,
    xdgRuntimeDir: XDG_RUNTIME_DIR,
    xdgStateHome: XDG_STATE_HOME,
    xdgConfigHome: XDG_CONFIG_HOME,
    xdgDataHome: XDG_DATA_HOME,
  });
}

function readArguments(argv: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      demo: { type: 'boolean' },
      config: { type: 'string' },
      port: { type: 'string' },
      host: { type: 'string' },
      'check-store': { type: 'string' },
    },
  });
  return {
    demo: values.demo ?? false,
    config: values.config ?? null,
    port: portOf(values.port),
    host: values.host ?? null,
    checkStore: values['check-store'] ?? null,
  };
}

function portOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new OmaError('CONFIG_INVALID', 'The port must be a whole number from 0 to 65535.');
}
