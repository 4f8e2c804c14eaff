import { userInfo } from 'node:os';
import { basename } from 'node:path';

import { OmaError } from '../../contract/errors.ts';
import type { EpochMs, Secret } from '../../contract/scalars.ts';
import type { State } from '../core/state.ts';
import { createCommits, type StoreLog } from './commits.ts';
import { seal } from './crypto.ts';
import { type FaultPoints, NO_FAULTS } from './fault-points.ts';
import { createInvariantCheck } from './invariants.ts';
import { type Change, createLedger } from './ledger.ts';
import type { MigrationReport } from './migrate.ts';
import { type Opened, recover } from './recover.ts';
import { createEncoder } from './schema.ts';
import { NODE_FS, type StoreFs } from './store-fs.ts';

/** Where the store lies and what it works with. */
export interface StoreOptions {
  readonly file: string;
  /** Encrypts the file; null = it is plain. */
  readonly passphrase: Secret | null;
  readonly now: () => EpochMs;
  readonly log: StoreLog;
  readonly fault?: FaultPoints;
  readonly fs?: StoreFs;
  /** Calls back later without keeping the process alive; answers how to cancel. */
  readonly later?: (delayMs: number, callback: () => void) => () => void;
}

/** How the store does. Shape: `notices` are sentences about what opening it found, migrated or tightened, and what happened to the file since. */
export interface StoreStatus {
  readonly file: string;
  readonly encrypted: boolean;
  readonly recovered: string | null;
  readonly lastWriteAt: EpochMs | null;
  readonly writeError: string | null;
  readonly notices: readonly string[];
  readonly migration: MigrationReport | null;
}

/** The accounts and everything about them; the only writer of the file. */
export interface Store {
  /** The latest state; it may hold changes that are still on their way to the disk. */
  readonly read: () => State;
  /** The state that was written last; parts that did not change since are the same objects as in `read`. */
  readonly durable: () => State;
  /** Applies a change at once, on disk within a second. Errors: whatever the change throws; nothing is changed then. */
  readonly change: <R>(reason: string, change: Change<R>) => R;
  /**
   * Applies a change at once; with `before-reply` it resolves when the change will survive a power failure.
   * Errors: whatever the change throws, STORE_UNWRITABLE; nothing is changed then.
   */
  readonly transact: <R>(reason: string, change: Change<R>, durability: 'soon' | 'before-reply') => Promise<R>;
  /** Resolves when everything applied so far is on disk. Errors: STORE_UNWRITABLE. */
  readonly settled: () => Promise<void>;
  /** Calls back after changes, once for all of a turn; answers how to stop. */
  readonly onChange: (listener: (state: State) => void) => () => void;
  /** The state as the plain text of a store file, with the fields that this oma does not know. */
  readonly text: () => string;
  readonly status: () => StoreStatus;
  /** Writes what is not on disk yet and refuses every change from now on. Errors: STORE_UNWRITABLE. */
  readonly close: () => Promise<void>;
}

/** Notices kept at most; the oldest go first. */
const NOTICES_MAX = 200;

/**
 * Opens the store, migrating, restoring or creating it if need be.
 * Errors: STORE_DAMAGED, STORE_TOO_NEW, STORE_UNREADABLE, STORE_UNWRITABLE, STORE_PASSPHRASE_REQUIRED, STORE_PASSPHRASE_WRONG.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { file, passphrase, now, log, fault = NO_FAULTS, fs = NODE_FS } = options;
  const notices = createNotices(log);
  const onForeign = (name: string | null): void => {
    const kept = name === null ? 'such versions are not kept any more' : `that version is kept as ${basename(name)}`;
    notices.add(`Somebody else changed ${basename(file)} while oma was running; ${kept}.`);
  };
  const opened = await recover({ file, passphrase, now, fs, fault, ownerId: ownUserId(), onForeign });
  const write = createWrite(opened);
  try {
    for (let done = 0; done < opened.writes; done += 1) await write(opened.state);
  } catch (error) {
    if (opened.aside !== null) await fs.rm(opened.aside, { force: true });
    throw error;
  }
  for (const notice of [...opened.notices, opened.recovered ?? []].flat()) notices.add(notice);
  const lastWriteAt = opened.writes > 0 ? now() : opened.lastWriteAt;
  return serve(opened, { ...options, write, notices: notices.list, lastWriteAt });
}

interface Serving extends StoreOptions {
  readonly write: (state: State) => Promise<void>;
  readonly notices: () => readonly string[];
  readonly lastWriteAt: EpochMs | null;
}

function serve(opened: Opened, { file, now, log, later = laterUnref, write, notices, lastWriteAt }: Serving): Store {
  const ledger = createLedger(opened.state, { check: createInvariantCheck(), now });
  const announcer = createAnnouncer(ledger.read);
  const commits = createCommits({ ledger, write, log, now, later, lastWriteAt, onUndone: announcer.announce });
  let isClosed = false;
  const applied = <T>(apply: () => T): T => {
    const before = ledger.read();
    const result = apply();
    if (ledger.read() !== before) announcer.announce();
    if (ledger.isAwaited()) commits.urge();
    else commits.remind();
    return result;
  };
  const change = <R>(reason: string, run: Change<R>): R => {
    if (isClosed) throw storeClosed();
    return applied(() => ledger.apply(reason, run));
  };
  const settled = (): Promise<void> => applied(() => ledger.applyDurably('settled', (state) => [state, undefined]));

  return {
    read: ledger.read,
    durable: ledger.durable,
    change,
    transact: async (reason, run, durability) => {
      if (isClosed) throw storeClosed();
      return durability === 'soon' ? change(reason, run) : applied(() => ledger.applyDurably(reason, run));
    },
    settled,
    onChange: announcer.listen,
    text: () => createEncoder(opened.extras)(ledger.read()),
    status: () => ({
      file,
      encrypted: opened.key !== null,
      recovered: opened.recovered,
      ...commits.status(),
      notices: notices(),
      migration: opened.migration,
    }),
    close: async () => {
      isClosed = true;
      try {
        await settled();
      } finally {
        await commits.idle();
        commits.stop();
      }
    },
  };
}

function createWrite({ extras, key, durableFile }: Opened): (state: State) => Promise<void> {
  const encode = createEncoder(extras);
  return async (state) => durableFile.write(key === null ? encode(state) : seal(encode(state), key));
}

interface Notices {
  readonly add: (notice: string) => void;
  readonly list: () => readonly string[];
}

function createNotices(log: StoreLog): Notices {
  const notices: string[] = [];
  return {
    add: (notice) => {
      log.warn({ notice }, 'store');
      notices.push(notice);
      if (notices.length > NOTICES_MAX) notices.shift();
    },
    list: () => [...notices],
  };
}

interface Announcer {
  readonly announce: () => void;
  readonly listen: (listener: (state: State) => void) => () => void;
}

/** Why: a burst of changes in one turn is one event for everybody who listens. */
function createAnnouncer(read: () => State): Announcer {
  const listeners = new Set<(state: State) => void>();
  let isPending = false;
  return {
    announce: () => {
      if (isPending || listeners.size === 0) return;
      isPending = true;
      queueMicrotask(() => {
        isPending = false;
        for (const listener of listeners) listener(read());
      });
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function storeClosed(): OmaError {
  return new OmaError('STORE_UNWRITABLE', 'The supervisor is stopping; nothing was changed. Try again when it runs.');
}

function laterUnref(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, delayMs).unref();
  return () => {
    clearTimeout(timer);
  };
}

/** Shape: null = the system has no user ids, or none for this process. */
function ownUserId(): number | null {
  try {
    const { uid } = userInfo();
    return uid < 0 ? null : uid;
  } catch {
    return null;
  }
}
