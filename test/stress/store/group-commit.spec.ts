import { describe, expect, it } from 'vitest';

import { measureGroupCommit } from '../../support/store-bench.ts';

const ROUNDS = 9;
const ROUND_MS = 400;

describe('group commit', () => {
  it.each([
    { writers: 10, accounts: 2, bar: 8 },
    { writers: 100, accounts: 2, bar: 60 },
    { writers: 10, accounts: 17, bar: 8 },
    { writers: 100, accounts: 17, bar: 60 },
  ])(
    'makes $writers writers on $accounts accounts at least $bar times as fast as one write each',
    async ({ writers, accounts, bar }) => {
      const measured = await measureGroupCommit({ accounts, writers, rounds: ROUNDS, roundMs: ROUND_MS });
      expect(measured.ratio, JSON.stringify(measured)).toBeGreaterThanOrEqual(bar);
    },
  );
});
