import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { secretSchema } from '../../contract/scalars.ts';
import { addAccount } from '../../supervisor/core/accounts.ts';
import { EMPTY_STATE, type State } from '../../supervisor/core/state.ts';
import { createDurableFile } from '../../supervisor/store/durable-file.ts';
import { createEncoder, NO_EXTRAS } from '../../supervisor/store/schema.ts';
import { openStore } from '../../supervisor/store/store.ts';
import { accountOf, newAccount, NOON, withAccount } from './state.ts';
import { using } from './store-sandbox.ts';

/** What one size and number of writers came to; medians over all rounds. */
export interface GroupCommit {
  readonly kilobytes: number;
  readonly naivePerSecond: number;
  readonly groupedPerSecond: number;
  readonly ratio: number;
}

/** What is measured: accounts of about 18 KB each, how many write at once, and how long one round of either kind is. */
export interface GroupCommitBench {
  readonly accounts: number;
  readonly writers: number;
  readonly rounds: number;
  readonly roundMs: number;
}

/** Compares one durable write for each change with group commit, in interleaved rounds; both use the product's own write. */
export async function measureGroupCommit({
  accounts,
  writers,
  rounds,
  roundMs,
}: GroupCommitBench): Promise<GroupCommit> {
  const state = bigState(accounts);
  const directory = await mkdtemp(join(tmpdir(), 'oma-bench-'));
  const naive = naiveChange(directory, state);
  const grouped = await groupedChange(directory, state);
  const measured: { readonly naive: number; readonly grouped: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    measured.push({ naive: await run(writers, roundMs, naive), grouped: await run(writers, roundMs, grouped.change) });
  }
  await grouped.close();
  await rm(directory, { recursive: true });
  return {
    kilobytes: Math.round(createEncoder(NO_EXTRAS)(state).length / 1_024),
    naivePerSecond: Math.round(median(measured.map((round) => round.naive))),
    groupedPerSecond: Math.round(median(measured.map((round) => round.grouped))),
    ratio: median(measured.map((round) => round.grouped / round.naive)),
  };
}

/** Keeps so many writers changing for one round; answers changes per second. */
async function run(writers: number, roundMs: number, change: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  let changes = 0;
  const writer = async (): Promise<void> => {
    while (performance.now() - begun < roundMs) {
      await change();
      changes += 1;
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
  return (changes * 1_000) / (performance.now() - begun);
}

/** One write for each change, one after the other. */
function naiveChange(directory: string, state: State): () => Promise<unknown> {
  const durable = createDurableFile(join(directory, 'naive.json'), { now: () => NOON });
  const encode = createEncoder(NO_EXTRAS);
  let current = state;
  let queue: Promise<unknown> = Promise.resolve();
  return () => {
    queue = queue.then(() => {
      current = using('a0')(current, NOON)[0];
      return durable.write(encode(current));
    });
    return queue;
  };
}

async function groupedChange(
  directory: string,
  state: State,
): Promise<{ readonly change: () => Promise<unknown>; readonly close: () => Promise<void> }> {
  const log = { info: ignore, warn: ignore, error: ignore };
  const store = await openStore({ file: join(directory, 'grouped.json'), passphrase: null, now: () => NOON, log });
  await store.transact('bench', () => [state, 0], 'before-reply');
  return { change: () => store.transact('bench', using('a0'), 'before-reply'), close: store.close };
}

/** Accounts with a full history and tokens of real size. */
function bigState(accounts: number): State {
  const history = Array.from({ length: 100 }, (_, index) => ({
    at: NOON + index,
    source: 'usage-endpoint' as const,
    windows: [{ limitId: 'codex', durationMinutes: 300, usedPercent: index, resetsAtMs: NOON }],
  }));
  const accessToken = secretSchema.parse('a'.repeat(2_000));
  return Array.from({ length: accounts }, (_, index) => `a${String(index)}`).reduce<State>((state, name) => {
    const [next] = addAccount(state, newAccount(name), NOON);
    const { credentials, limits } = accountOf(next, name);
    return withAccount(next, name, {
      credentials: { ...credentials, accessToken, idToken: accessToken },
      limits: { ...limits, history },
    });
  }, EMPTY_STATE);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function ignore(): void {
  // A bench reads no log.
}
