import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { addAccount, removeAccount, setEnabled } from '../../../../supervisor/core/accounts.ts';
import { NO_NEEDS } from '../../../../supervisor/core/eligibility.ts';
import { chooseAccount } from '../../../../supervisor/core/lease.ts';
import type { State } from '../../../../supervisor/core/state.ts';
import { newAccount, NOON, settingsWith, stateWith } from '../../../support/state.ts';

function rotate(
  start: State,
  picks: number,
  accountWeights: Record<string, number>,
): { readonly state: State; readonly counts: Record<string, number>; readonly order: string } {
  const settings = settingsWith({ rotationStrategy: 'weighted-round-robin', accountWeights });
  const counts: Record<string, number> = {};
  let order = '';
  let state = start;
  for (let turn = 0; turn < picks; turn += 1) {
    const [next, { account }] = chooseAccount(state, { needs: NO_NEEDS, sessionId: null, settings }, NOON);
    state = next;
    const alias = account?.alias ?? '-';
    counts[alias] = (counts[alias] ?? 0) + 1;
    order += alias;
  }
  return { state, counts, order };
}

describe('weighted round-robin', () => {
  it('[F.L3.1] [F.L3.2] [F.L3.4] [F.T.3] gives two accounts their shares', () => {
    expect(rotate(stateWith('a', 'b'), 100, { a: 0.75, b: 0.25 }).counts).toEqual({ a: 75, b: 25 });
  });

  it('[F.L3.5] [F.L3.6] [H.T.7] keeps each of five accounts within one pick of its share over 1,000 rotations', () => {
    const weights = { a: 0.05, b: 0.1, c: 0.15, d: 0.2, e: 0.5 };
    const { counts } = rotate(stateWith('a', 'b', 'c', 'd', 'e'), 1_000, weights);
    for (const [alias, weight] of Object.entries(weights))
      expect(Math.abs((counts[alias] ?? 0) - 1_000 * weight)).toBeLessThanOrEqual(1);
  });

  it('is smooth: a heavy account is not served in one block', () => {
    expect(rotate(stateWith('a', 'b', 'c'), 8, { a: 1, b: 0.5, c: 0.5 }).order).not.toContain('aaa');
  });

  it('is deterministic', () => {
    const weights = { a: 0.3, b: 0.5, c: 0.2 };
    expect(rotate(stateWith('a', 'b', 'c'), 50, weights).order).toBe(
      rotate(stateWith('a', 'b', 'c'), 50, weights).order,
    );
  });

  it('[F.L3.3] [F.L8.2] starves nobody, however small the weight', () => {
    const { counts } = rotate(stateWith('a', 'b'), 1_010, { a: 1, b: 0.01 });
    expect(counts).toEqual({ a: 1_000, b: 10 });
  });

  it('[F.L8.1] serves uniformly when all weights are equal', () => {
    expect(rotate(stateWith('a', 'b', 'c'), 9, { a: 0.3, b: 0.3, c: 0.3 }).order).toBe('abcabcabc');
  });

  it('holds every account within one pick of its share after any number of picks, whatever the weights', () => {
    const weight = fc.integer({ min: 1, max: 100 }).map((hundredths) => hundredths / 100);
    fc.assert(
      fc.property(
        fc.array(weight, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 300 }),
        (weights, picks) => {
          const aliases = weights.map((_, index) => `n${String(index)}`);
          const accountWeights = Object.fromEntries(aliases.map((alias, index) => [alias, weights[index] ?? 1]));
          const total = weights.reduce((sum, one) => sum + one, 0);
          const { counts } = rotate(stateWith(...aliases), picks, accountWeights);
          aliases.forEach((alias, index) => {
            expect(Math.abs((counts[alias] ?? 0) - (picks * (weights[index] ?? 1)) / total)).toBeLessThan(1 + 1e-6);
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('takes in a new account, lets one go and back without a jump', () => {
    const weights = { a: 1, b: 1, c: 1 };
    const busy = rotate(stateWith('a', 'b'), 101, weights).state;
    const [grown] = addAccount(busy, newAccount('c'), NOON);
    expect(rotate(grown, 6, weights).counts).toEqual({ a: 2, b: 2, c: 2 });
    const [off] = setEnabled(grown, { alias: 'c', enabled: false, actor: 'test', reason: null }, NOON);
    const alone = rotate(off, 50, weights).state;
    const [on] = setEnabled(alone, { alias: 'c', enabled: true, actor: 'test', reason: null }, NOON);
    expect(rotate(on, 6, weights).counts).toEqual({ a: 2, b: 2, c: 2 });
    const [shrunk] = removeAccount(on, 'a');
    expect(rotate(shrunk, 6, weights).counts).toEqual({ b: 3, c: 3 });
  });
});
