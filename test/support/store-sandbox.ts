import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

import { type Secret, secretSchema } from '../../contract/scalars.ts';
import { addAccount } from '../../supervisor/core/accounts.ts';
import type { State } from '../../supervisor/core/state.ts';
import type { Change } from '../../supervisor/store/ledger.ts';
import { openStore, type Store, type StoreOptions } from '../../supervisor/store/store.ts';
import { removeTree } from './remove-tree.ts';
import { accountOf, newAccount, NOON } from './state.ts';

/** A passphrase that guards nothing. */
export const PASSPHRASE: Secret = secretSchema.parse('correct horse battery staple');

/** What the store wrote to its log. */
export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** Time that passes only when the test says so. */
export interface VirtualTime {
  readonly later: (delayMs: number, callback: () => void) => () => void;
  /** Lets so much time pass and calls whatever is due. */
  pass: (ms: number) => void;
  /** Delays of the calls that wait. */
  waiting: () => readonly number[];
}

/** A private directory with a store file in it. */
export interface StoreSandbox {
  readonly file: string;
  readonly log: LogLine[];
  readonly time: VirtualTime;
  open: (options?: Partial<StoreOptions>) => Promise<Store>;
  read: (name?: string) => Promise<string>;
  write: (content: string, name?: string) => Promise<void>;
  /** Names in the directory, sorted. */
  names: () => Promise<readonly string[]>;
  remove: () => Promise<void>;
}

/** Makes a sandbox; the store's directory does not exist yet. */
export async function createStoreSandbox(): Promise<StoreSandbox> {
  const root = await mkdtemp(join(tmpdir(), 'oma-store-'));
  const file = join(root, 'private', 'accounts.json');
  const log: LogLine[] = [];
  const time = createVirtualTime();
  const write =
    (level: LogLine['level']) =>
    (fields: Readonly<Record<string, unknown>>, message: string): void => {
      log.push({ level, fields, message });
    };
  const beside = (name: string): string => join(dirname(file), name);
  return {
    file,
    log,
    time,
    open: (options = {}) =>
      openStore({
        file,
        passphrase: null,
        now: () => NOON,
        log: { info: write('info'), warn: write('warn'), error: write('error') },
        later: time.later,
        ...options,
      }),
    read: (name = basename(file)) => readFile(beside(name), 'utf8'),
    write: (content, name = basename(file)) => writeFile(beside(name), content, { mode: 0o600 }),
    names: async () => (await readdir(dirname(file))).sort(),
    remove: () => removeTree(root),
  };
}

/** A change that adds a login. */
export function adding(alias: string): Change<unknown> {
  return (state, now) => addAccount(state, newAccount(alias), now);
}

/** A change that counts one use of an account and answers the count. */
export function using(alias: string): Change<number> {
  return (state) => {
    const count = accountOf(state, alias).usage.count + 1;
    return [withUsage(state, alias, count), count];
  };
}

/** The uses of an account. */
export function uses(state: State, alias: string): number {
  return accountOf(state, alias).usage.count;
}

function withUsage(state: State, alias: string, count: number): State {
  const index = state.accounts.findIndex((account) => account.alias === alias);
  return {
    ...state,
    accounts: state.accounts.with(index, { ...accountOf(state, alias), usage: { count, lastUsedAt: NOON } }),
  };
}

function createVirtualTime(): VirtualTime {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  return {
    later: (delayMs, callback) => {
      const timer = { at: now + delayMs, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    pass: (ms) => {
      now += ms;
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        timers.delete(timer);
        timer.callback();
      }
    },
    waiting: () => [...timers].map(({ at }) => at - now),
  };
}
