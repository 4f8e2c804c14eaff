import { OmaError } from '../../contract/errors.ts';
import type { EpochMs } from '../../contract/scalars.ts';
import type { State } from '../core/state.ts';
import { InvariantError } from './store-errors.ts';

/** A change of the state and what its caller learns from it; pure, so that it can be run again. Refusing = throwing. */
export type Change<R> = (state: State, now: EpochMs) => readonly [State, R];

/** What one write takes to the disk: the state, and how many entries of the ledger it contains. */
export interface Batch {
  readonly state: State;
  readonly count: number;
}

/**
 * The history of the store in memory: one line of changes, of which the last ones may not be on disk yet.
 * Shape: `read` has every change applied; `durable` is the very object that was written last.
 */
export interface Ledger {
  readonly read: () => State;
  readonly durable: () => State;
  /** Whether something is applied that is not on disk. */
  readonly isDirty: () => boolean;
  /** Whether somebody waits for the disk. */
  readonly isAwaited: () => boolean;
  /** Applies a change that may be lost in a crash. */
  readonly apply: <R>(reason: string, change: Change<R>) => R;
  /** Applies a change and resolves when a write that contains it is committed. */
  readonly applyDurably: <R>(reason: string, change: Change<R>) => Promise<R>;
  /** Takes what is applied so far for a write. */
  readonly begin: () => Batch;
  /** The write is on disk: whoever waited for it goes on. */
  readonly commit: (batch: Batch) => void;
  /**
   * The write failed: whoever waited for it is refused and his change undone; the later changes are run again without it.
   * Shape: answers how many changes that may be lost were lost.
   */
  readonly abort: (batch: Batch, error: Error) => number;
}

/** What the ledger needs besides the state. */
export interface LedgerOptions {
  readonly check: (state: State) => readonly string[];
  readonly now: () => EpochMs;
}

/** Changes that wait for one write at most; more callers than that do not exist. */
export const WAITING_MAX = 10_000;

/** Changes kept to be run again after a failed write, at most; beyond, those that may be lost are not kept. */
export const REPLAY_MAX = 50_000;

/** Creates the ledger of a state that is on disk. */
export function createLedger(start: State, { check, now }: LedgerOptions): Ledger {
  const line: Line = { durable: start, base: start, current: start, entries: [], waiting: 0, unkept: 0 };

  const checked = <R>(reason: string, change: Change<R>): ((state: State) => readonly [State, R]) => {
    const at = now();
    return (state) => {
      const [next, result] = change(state, at);
      const problems = next === state ? [] : check(next);
      if (problems.length > 0) throw new InvariantError(reason, problems);
      return [next, result];
    };
  };

  return {
    read: () => line.current,
    durable: () => line.durable,
    isDirty: () => line.current !== line.durable,
    isAwaited: () => line.waiting > 0,
    apply: (reason, change) => {
      const run = checked(reason, change);
      const [next, result] = run(line.current);
      if (next !== line.current) record(line, next, { run: (state) => run(state)[0], waiter: null });
      return result;
    },
    applyDurably: async (reason, change) => {
      if (line.waiting >= WAITING_MAX) throw tooManyWaiting();
      const run = checked(reason, change);
      let [next, result] = run(line.current);
      if (next === line.current && next === line.durable && line.waiting === 0) return result;
      const again = (state: State): State => {
        [next, result] = run(state);
        return next;
      };
      await new Promise<void>((resolve, reject) => {
        line.waiting += 1;
        record(line, next, { run: again, waiter: { resolve, reject } });
      });
      return result;
    },
    begin: () => ({ state: line.current, count: line.entries.length }),
    commit: (batch) => {
      commit(line, batch);
    },
    abort: (batch, error) => abort(line, batch, error),
  };
}

interface Line {
  durable: State;
  /** Everything before `entries`: what an undo goes back to. */
  base: State;
  current: State;
  entries: Entry[];
  /** Entries that somebody waits for. */
  waiting: number;
  /** Changes since the first entry that are not among the entries, because there are too many. */
  unkept: number;
}

interface Entry {
  /** Runs the change, once more if need be. */
  readonly run: (state: State) => State;
  /** Null = nobody waits. */
  readonly waiter: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | null;
}

/** Why: while nobody waits for the disk nothing can be undone, so the list stays empty. */
function record(line: Line, next: State, entry: Entry): void {
  line.current = next;
  if (line.waiting === 0) line.base = next;
  else if (entry.waiter !== null || line.entries.length < REPLAY_MAX) line.entries.push(entry);
  else line.unkept += 1;
}

function commit(line: Line, batch: Batch): void {
  const count = batch.state === line.current ? line.entries.length : batch.count;
  const done = line.entries.slice(0, count);
  line.durable = batch.state;
  if (count > 0) line.base = batch.state;
  keep(line, line.entries.slice(count));
  for (const { waiter } of done) waiter?.resolve();
}

function abort(line: Line, batch: Batch, error: Error): number {
  if (batch.count === 0) return 0;
  let dropped = line.unkept;
  const kept: Entry[] = [];
  const refusals: (() => void)[] = [];
  const before = line.entries;
  line.current = line.base;
  line.unkept = 0;
  for (const [index, entry] of before.entries()) {
    const refusal = entry.waiter !== null && index < batch.count ? error : runAgain(line, entry);
    if (refusal === null) kept.push(entry);
    else if (entry.waiter === null) dropped += 1;
    else refusals.push(entry.waiter.reject.bind(null, refusal));
  }
  keep(line, kept);
  for (const refuse of refusals) refuse();
  return dropped;
}

/** Answers why the change is refused on the state as it is now; null = it is applied. */
function runAgain(line: Line, entry: Entry): Error | null {
  try {
    line.current = entry.run(line.current);
    return null;
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(String(cause));
  }
}

function keep(line: Line, entries: Entry[]): void {
  line.waiting = entries.filter((entry) => entry.waiter !== null).length;
  line.entries = line.waiting > 0 ? entries : [];
  if (line.waiting > 0) return;
  line.base = line.current;
  line.unkept = 0;
}

function tooManyWaiting(): OmaError {
  return new OmaError(
    'STORE_UNWRITABLE',
    'The disk does not keep up: too many changes wait for it. Nothing was changed. Try again in a moment.',
  );
}
