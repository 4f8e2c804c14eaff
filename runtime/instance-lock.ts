import { chmodSync, mkdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname } from 'node:path';
import nodeProcess from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';

import { OmaError } from '../contract/errors.ts';

/** Shortest and longest pause between two tries, in milliseconds; uneven, so that waiting processes do not meet again and again. */
const PAUSE_MS = 4;
const PAUSE_MS_MAX = 24;
/** What SQLite says when somebody else holds the lock. */
const SQLITE_BUSY = 5;
const PRIMARY_CODE_MASK = 0xff;

type Sqlite = typeof import('node:sqlite');

/** The sole right to something, until it is released or the process ends, however it ends. */
export interface Lock {
  release: () => void;
}

/** How long to wait for a lock. Shape: `until` is asked between two tries and ends the waiting when it answers true. */
export interface LockOptions {
  readonly deadlineMs: number;
  readonly until?: () => Promise<boolean>;
}

/**
 * Waits for the sole ownership of a lock file; null if `until` came true or the deadline passed first.
 * Errors: SUPERVISOR_START_FAILED if the file cannot be used or this runtime has no SQLite.
 * Why: the kernel drops this lock when its owner dies, so it is never stale; a file with a process id in it is. An exclusive SQLite
 * transaction is the only such lock that Node offers without native code. Processes that try at once may all be told "busy" once,
 * hence the retries.
 * Not: for a file that anything else opens, since closing any descriptor of it drops the lock.
 */
export async function acquireLock(file: string, { deadlineMs, until }: LockOptions): Promise<Lock | null> {
  const sqlite = loadSqlite();
  const deadlineAt = performance.now() + deadlineMs;
  makeDirectory(dirname(file));
  for (;;) {
    const lock = tryLock(sqlite, file);
    if (lock !== null) return lock;
    if (until !== undefined && (await until())) return null;
    if (performance.now() >= deadlineAt) return null;
    await pause(PAUSE_MS + Math.random() * (PAUSE_MS_MAX - PAUSE_MS));
  }
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(error);
  }
}

function tryLock({ DatabaseSync }: Sqlite, file: string): Lock | null {
  try {
    const database = new DatabaseSync(file);
    try {
      chmodSync(file, 0o600);
      // Nothing is ever written, so there is nothing to keep a journal of.
      database.exec('PRAGMA journal_mode = MEMORY');
      database.exec('BEGIN EXCLUSIVE');
      return { release: () => database.close() };
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    if (isBusy(error)) return null;
    throw unusable(error);
  }
}

function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    'errcode' in error &&
    typeof error.errcode === 'number' &&
    (error.errcode & PRIMARY_CODE_MASK) === SQLITE_BUSY
  );
}

function unusable(cause: unknown): OmaError {
  return new OmaError(
    'SUPERVISOR_START_FAILED',
    'The lock file of the supervisor cannot be used. Check that its directory is yours and writable; if the file is damaged, delete it.',
    undefined,
    cause,
  );
}

/** Loads SQLite without the warning that Node 22 prints for it; synchronously, so that no other warning is lost. */
function loadSqlite(): Sqlite {
  const emitWarning = nodeProcess.emitWarning.bind(nodeProcess);
  nodeProcess.emitWarning = () => undefined;
  try {
    if (isBuiltin('node:sqlite')) return nodeProcess.getBuiltinModule('node:sqlite');
  } finally {
    nodeProcess.emitWarning = emitWarning;
  }
  throw new OmaError(
    'SUPERVISOR_START_FAILED',
    'The supervisor needs SQLite for its lock, and this runtime has none. Start it with Node 22.22 or newer.',
  );
}
