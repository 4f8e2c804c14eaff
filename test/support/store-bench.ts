/**
 * Measures durable changes per second, one write for each against group commit: `node test/support/store-bench.ts [SECONDS]`.
 * Both use the product's own write; rounds are interleaved, and the ratio is the median of the rounds.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { addAccount } from '../../supervisor/core/accounts.ts';
import { EMPTY_STATE, type State } from '../../supervisor/core/state.ts';
import { createDurableFile } from '../../supervisor/store/durable-file.ts';
import { createEncoder, NO_EXTRAS } from '../../supervisor/store/schema.ts';
import { openStore } from '../../supervisor/store/store.ts';
import { newAccount, NOON, withAccount } from './state.ts';
import { using } from './store-sandbox.ts';

const ROUND_MS = Number(process.argv[2] ?? '1') * 1_000;
const ROUNDS = 3;
const WRITERS = [1, 10, 100] as const;
/** Accounts with a full history and real token sizes: about 10 KB each. */
const SIZES = [2, 17, 175] as const;

interface Measured {
  readonly perSecond: number;
  readonly ackMs: number;
}

function bigState(accounts: number): State {
  const names = Array.from({ length: accounts }, (_, index) => `a${String(index)}`);
  const entries = Array.from({ length: 100 }, (_, index) => ({
    at: NOON + index,
    source: 'usage-endpoint' as const,
    windows: [{ limitId: 'codex', durationMinutes: 300, usedPercent: index, resetsAtMs: NOON }],
  }));
  const credentials = { ...newAccount('a0').credentials, accessToken: 'a'.repeat(2_000), idToken: 'i'.repeat(1_500) };
  return names.reduce<State>((state, name) => {
    const [next, account] = addAccount(state, newAccount(name), NOON);
    return withAccount(next, name, {
      credentials: credentials as typeof account.credentials,
      limits: { ...account.limits, history: entries },
    });
  }, EMPTY_STATE);
}

/** Keeps so many writers changing for one round. */
async function run(writers: number, change: () => Promise<unknown>): Promise<Measured> {
  const begun = performance.now();
  const acks: number[] = [];
  const writer = async (): Promise<void> => {
    while (performance.now() - begun < ROUND_MS) {
      const at = performance.now();
      await change();
      acks.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
  return { perSecond: (acks.length * 1_000) / (performance.now() - begun), ackMs: median(acks) };
}

/** One write for each change, one after the other. */
async function naive(directory: string, state: State, writers: number): Promise<Measured> {
  const durable = createDurableFile(join(directory, 'naive.json'), { now: () => NOON });
  const encode = createEncoder(NO_EXTRAS);
  let current = state;
  let queue: Promise<unknown> = Promise.resolve();
  return run(writers, () => {
    const done = queue.then(() => {
      current = using('a0')(current, NOON)[0];
      return durable.write(encode(current));
    });
    queue = done;
    return done;
  });
}

async function grouped(directory: string, state: State, writers: number): Promise<Measured> {
  const silent = (): void => undefined;
  const store = await openStore({
    file: join(directory, 'grouped.json'),
    passphrase: null,
    now: () => NOON,
    log: { info: silent, warn: silent, error: silent },
  });
  await store.transact('bench', () => [state, 0], 'before-reply');
  const measured = await run(writers, () => store.transact('bench', using('a0'), 'before-reply'));
  await store.close();
  return measured;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

for (const accounts of SIZES) {
  const state = bigState(accounts);
  const kilobytes = createEncoder(NO_EXTRAS)(state).length / 1_024;
  for (const writers of WRITERS) {
    const rounds: { readonly naive: Measured; readonly grouped: Measured }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const directory = await mkdtemp(join(tmpdir(), 'oma-bench-'));
      rounds.push({ naive: await naive(directory, state, writers), grouped: await grouped(directory, state, writers) });
      await rm(directory, { recursive: true });
    }
    const ratio = median(rounds.map((round) => round.grouped.perSecond / round.naive.perSecond));
    const line = {
      kilobytes: kilobytes.toFixed(0),
      writers,
      naive: median(rounds.map((round) => round.naive.perSecond)).toFixed(0),
      grouped: median(rounds.map((round) => round.grouped.perSecond)).toFixed(0),
      ratio: ratio.toFixed(1),
      naiveAckMs: median(rounds.map((round) => round.naive.ackMs)).toFixed(1),
      groupedAckMs: median(rounds.map((round) => round.grouped.ackMs)).toFixed(1),
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}
