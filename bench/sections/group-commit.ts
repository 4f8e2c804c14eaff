import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { State } from '../../supervisor/core/state.ts';
import { createDurableFile } from '../../supervisor/store/durable-file.ts';
import { createEncoder, NO_EXTRAS } from '../../supervisor/store/schema.ts';
import { openStore } from '../../supervisor/store/store.ts';
import { removeTree } from '../../test/support/remove-tree.ts';
import { stateOf } from '../harness/accounts.ts';

/** What is measured: accounts with a full history, how many write at once, and how long one round of either kind is. */
export interface GroupCommitInput {
  readonly accounts: number;
  readonly writers: number;
  readonly rounds: number;
  readonly roundMs: number;
}

/** Changes a second, one value a round. */
export interface GroupCommitRounds {
  readonly kilobytes: number;
  readonly naive: readonly number[];
  readonly grouped: readonly number[];
}

type Change = () => Promise<unknown>;

const HISTORY_LENGTH = 100;

/** Compares one durable write for each change with group commit, in interleaved rounds; both use the product's own write. */
export async function groupCommitRounds(input: GroupCommitInput): Promise<GroupCommitRounds> {
  const state = stateOf(input.accounts, Date.now(), HISTORY_LENGTH);
  const directory = await mkdtemp(join(tmpdir(), 'oma-bench-'));
  const naive = naiveChange(directory, state);
  const grouped = await groupedChange(directory, state);
  const measured: { readonly naive: number[]; readonly grouped: number[] } = { naive: [], grouped: [] };
  for (let round = 0; round < input.rounds; round += 1) {
    measured.naive.push(await run(input, naive));
    measured.grouped.push(await run(input, grouped.change));
  }
  await grouped.close();
  await removeTree(directory);
  return { kilobytes: Math.round(createEncoder(NO_EXTRAS)(state).length / 1_024), ...measured };
}

/** Keeps the writers changing for one round; answers changes a second. */
async function run({ writers, roundMs }: GroupCommitInput, change: Change): Promise<number> {
  const begunAt = performance.now();
  let changes = 0;
  const writer = async (): Promise<void> => {
    while (performance.now() - begunAt < roundMs) {
      await change();
      changes += 1;
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
  return (changes * 1_000) / (performance.now() - begunAt);
}

/** One write for each change, one after the other. */
function naiveChange(directory: string, state: State): Change {
  const durable = createDurableFile(join(directory, 'naive.json'), { now: Date.now });
  const encode = createEncoder(NO_EXTRAS);
  let current = state;
  let queue: Promise<unknown> = Promise.resolve();
  return () => {
    queue = queue.then(() => {
      current = used(current);
      return durable.write(encode(current));
    });
    return queue;
  };
}

async function groupedChange(
  directory: string,
  state: State,
): Promise<{ readonly change: Change; readonly close: () => Promise<void> }> {
  const log = { info: ignore, warn: ignore, error: ignore };
  const store = await openStore({ file: join(directory, 'grouped.json'), passphrase: null, now: Date.now, log });
  await store.transact('bench', () => [state, 0], 'before-reply');
  return { change: () => store.transact('bench', (current) => [used(current), 0], 'before-reply'), close: store.close };
}

/** Counts one use of the first account. */
function used(state: State): State {
  const [first, ...others] = state.accounts;
  if (first === undefined) return state;
  const usage = { ...first.usage, count: first.usage.count + 1 };
  return { ...state, accounts: [{ ...first, usage }, ...others] };
}

function ignore(): void {
  // A bench reads no log.
}
