import { join } from 'node:path';

import type { Env } from '../contract/env.ts';
import { OmaError } from '../contract/errors.ts';
import { BUILD_ID, VERSION } from '../runtime/build-info.ts';
import { showOnDesktop } from '../runtime/desktop.ts';
import { acquireLock, type Lock } from '../runtime/instance-lock.ts';
import { createLog, type Log } from '../runtime/log.ts';
import type { Paths } from '../runtime/paths.ts';
import { onShutdown } from '../runtime/shutdown.ts';
import { endAtUncaught } from '../runtime/uncaught.ts';
import { helperPrograms } from './helper-programs.ts';
import { SOCKET_PERIOD_MS } from './loops/socket-watch.ts';
import { type Running, start } from './start.ts';
import type { StartOptions, Surroundings } from './start-options.ts';

/** A supervisor whose socket was removed notices it and lets go of the store within this, in milliseconds. */
const STORE_LOCK_MS = 2 * SOCKET_PERIOD_MS;

/** An end in order takes this long at most, in milliseconds. */
const CLOSE_MS = 10 * 1_000;

/** The process, the directory where the other programs lie, and the world around them. */
export interface Place {
  readonly host: NodeJS.Process;
  readonly here: string;
  readonly surroundings: Surroundings;
}

/** What the command line of the supervisor may say. Shape: null where it says nothing. */
export interface Arguments {
  readonly demo: boolean;
  readonly config: string | null;
  readonly port: number | null;
  readonly host: string | null;
  readonly checkStore: string | null;
}

/** What is known once this process owns the instance lock. */
export interface Ownership {
  readonly args: Arguments;
  readonly env: Env;
  readonly paths: Paths;
  readonly lock: Lock;
}

/**
 * Serves as the supervisor until it is told to stop; answers as soon as its doors are open.
 * Why: in a module of its own, because most of those who race for the lock lose it and need nothing of this.
 * Errors: SUPERVISOR_RUNNING when another supervisor, on another socket, owns this store; what `start` throws.
 */
export async function run(place: Place, { args, env, paths, lock }: Ownership): Promise<void> {
  const { host } = place;
  const storeLock = await lockStore(paths);
  const log = createLog({ level: env.LOG_LEVEL ?? 'info', file: paths.logFile, name: 'supervisor' });
  endAtUncaught(host, log);
  const stopAsked = Promise.withResolvers<string>();
  const running = await start({
    ...startOptions(place, args, log),
    env,
    paths,
    onStopAsked: stopAsked.resolve,
  });
  const stop = endInOrder({ host, running, log, locks: [lock, storeLock] });
  // A client may ask for it as soon as the socket is open, before this line.
  void stopAsked.promise.then(stop);
  log.info(
    { pid: host.pid, version: VERSION, buildId: BUILD_ID, demo: args.demo, recovered: running.recovered },
    'supervisor started',
  );
}

function startOptions(
  { host, here, surroundings }: Place,
  args: Arguments,
  log: Log,
): Omit<StartOptions, 'env' | 'paths' | 'onStopAsked'> {
  return {
    log,
    version: VERSION,
    buildId: BUILD_ID,
    pid: host.pid,
    demo: args.demo,
    configFile: args.config,
    port: args.port,
    host: args.host,
    uiDirectory: join(here, 'ui'),
    ...surroundings,
    random: Math.random,
    spawnChild: helperPrograms(host, here, log),
    onDesktop: (notice) => showOnDesktop(host, notice),
  };
}

function endInOrder({
  host,
  running,
  log,
  locks,
}: {
  readonly host: NodeJS.Process;
  readonly running: Running;
  readonly log: Log;
  readonly locks: readonly Lock[];
}): (reason: string) => void {
  const shutdown = onShutdown({
    process: host,
    deadlineMs: CLOSE_MS,
    close: async (reason) => {
      log.info({ reason }, 'supervisor stops');
      await running.close();
      for (const lock of locks) lock.release();
    },
    failed: (error) => {
      log.error({ err: error }, 'the supervisor did not stop in order');
    },
  });
  return (reason) => void shutdown(reason);
}

/** Errors: SUPERVISOR_RUNNING when another supervisor, on another socket, owns this store. */
async function lockStore(paths: Paths): Promise<Lock> {
  const lock = await acquireLock(paths.storeLockFile, { deadlineMs: STORE_LOCK_MS });
  if (lock !== null) return lock;
  throw new OmaError(
    'SUPERVISOR_RUNNING',
    'Another supervisor, on another socket, works with this store. Stop it with "oma down" there, or name another store.',
  );
}
