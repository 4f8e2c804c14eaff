import { isOmaError } from '../../contract/errors.ts';
import type { EpochMs } from '../../contract/scalars.ts';
import type { Account, State } from '../core/state.ts';
import type { Ledger } from './ledger.ts';

/** What the store writes to the log. */
export interface StoreLog {
  info: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  warn: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  error: (fields: Readonly<Record<string, unknown>>, message: string) => void;
}

/**
 * Takes the changes of a ledger to the disk: one write at a time, the newest state waiting, everybody who is in it
 * resolved together.
 */
export interface Commits {
  /** Somebody waits: writes at once. */
  readonly urge: () => void;
  /** Something changed that may wait: writes within a second. */
  readonly remind: () => void;
  /** Resolves when no write is on its way. */
  readonly idle: () => Promise<void>;
  readonly status: () => WriteStatus;
  /** Forgets the reminder. */
  readonly stop: () => void;
}

/** How the last write went. */
export interface WriteStatus {
  readonly lastWriteAt: EpochMs | null;
  readonly writeError: string | null;
}

/** What the commits work with. */
export interface CommitsOptions {
  readonly ledger: Ledger;
  readonly write: (state: State) => Promise<void>;
  readonly log: StoreLog;
  readonly now: () => EpochMs;
  /** Calls back later without keeping the process alive; answers how to cancel. */
  readonly later: (delayMs: number, callback: () => void) => () => void;
  readonly lastWriteAt: EpochMs | null;
  /** Called when a failed write has changed what `read` answers. */
  readonly onUndone: () => void;
}

/** A change that may wait is on its way to the disk after this time, in milliseconds, and there within a second. */
export const SOON_MS = 750;

/** First and longest pause between two attempts while the disk refuses, in milliseconds. */
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 60_000;

/** Creates the commits of a ledger. */
export function createCommits(options: CommitsOptions): Commits {
  const { ledger, write, later } = options;
  const record = createRecord(options);
  let running: Promise<void> | null = null;
  let cancelReminder: (() => void) | null = null;
  const stop = (): void => {
    cancelReminder?.();
    cancelReminder = null;
  };

  /** Answers whether the snapshot still holds an account that is gone. */
  const commit = async (): Promise<boolean> => {
    stop();
    const before = ledger.durable();
    const batch = ledger.begin();
    try {
      await write(batch.state);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      record.failed(error, ledger.abort(batch, error));
      options.onUndone();
      return false;
    }
    ledger.commit(batch);
    record.succeeded();
    return hasLostAccount(before, batch.state);
  };

  /** Why: it ends in the same step in which it sees that nobody waits, so that nobody can begin to wait unseen. */
  const run = async (): Promise<void> => {
    let again = true;
    while (again) {
      await endOfTurn();
      const hasRemnant = await commit();
      again = ledger.isAwaited() || hasRemnant;
    }
    running = null;
    remind();
  };

  const urge = (): void => {
    running ??= run();
  };

  const remind = (): void => {
    if (running === null && cancelReminder === null && ledger.isDirty()) cancelReminder = later(record.pauseMs(), urge);
  };

  return { urge, remind, idle: () => running ?? Promise.resolve(), status: record.status, stop };
}

interface WriteRecord {
  readonly succeeded: () => void;
  readonly failed: (error: Error, dropped: number) => void;
  readonly pauseMs: () => number;
  readonly status: () => WriteStatus;
}

function createRecord({ log, now, lastWriteAt: writtenAtStart }: CommitsOptions): WriteRecord {
  let lastWriteAt = writtenAtStart;
  let writeError: string | null = null;
  let failures = 0;
  return {
    succeeded: () => {
      if (failures > 0) log.info({ failures }, 'the store can be written again');
      failures = 0;
      writeError = null;
      lastWriteAt = now();
    },
    failed: (error, dropped) => {
      failures += 1;
      const message = isOmaError(error) ? error.message : 'oma made a mistake when it wrote the store; see its log.';
      if (message !== writeError || dropped > 0) log.error({ err: error, dropped }, 'the store could not be written');
      writeError = message;
    },
    pauseMs: () => (failures === 0 ? SOON_MS : Math.min(RETRY_MS * 2 ** (failures - 1), RETRY_MAX_MS)),
    status: () => ({ lastWriteAt, writeError }),
  };
}

/** Why: all who call in the same turn of the event loop then share one write. */
function endOfTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Why: the snapshot is the version before, so an account that was removed is off the disk only after one more write. */
function hasLostAccount(before: State, after: State): boolean {
  if (before.accounts.length === 0 || before.accounts === after.accounts) return false;
  const seats = new Set(after.accounts.map(seatKey));
  return before.accounts.some((account) => !seats.has(seatKey(account)));
}

function seatKey({ seat }: Account): string {
  return JSON.stringify([seat.accountId, seat.userId]);
}
