import type { Bench, Section } from '../harness/bench.ts';
import { type Figure, figure, sideBySide } from '../harness/figure.ts';
import { groupCommitRounds } from './group-commit.ts';
import { leaseUnderLoad } from './lease-under-load.ts';

const CASES = [
  { writers: 1, accounts: 2, limit: null },
  { writers: 10, accounts: 2, limit: 8 },
  { writers: 100, accounts: 2, limit: 60 },
  { writers: 10, accounts: 17, limit: 8 },
  { writers: 100, accounts: 17, limit: 60 },
];

/** What durability costs: those who ask for it, and those who must not notice. */
export const store: Section = {
  name: 'store',
  title: 'The store',
  run: async (bench) => {
    const figures: Figure[] = [];
    for (const { writers, accounts, limit } of CASES)
      figures.push(await groupCommit(bench, { writers, accounts, limit }));
    return [...figures, await leaseUnderLoad(bench)];
  },
};

async function groupCommit(
  { size }: Bench,
  { writers, accounts, limit }: { readonly writers: number; readonly accounts: number; readonly limit: number | null },
): Promise<Figure> {
  const rounds = await groupCommitRounds({ accounts, writers, rounds: size(7, 1), roundMs: size(300, 30) });
  return figure({
    id: `store.writers-${String(writers)}.accounts-${String(accounts)}`,
    what: `durable changes a second, ${String(writers)} at once, a file of ${String(rounds.kilobytes)} kB`,
    unit: '/s',
    better: 'higher',
    ...sideBySide({ name: 'group commit', values: rounds.grouped }, { name: 'one write each', values: rounds.naive }),
    bar: limit === null ? null : { of: 'ratio', limit },
    note: 'Both use the same write: temporary file, fsync, rename, fsync of the directory.',
  });
}
