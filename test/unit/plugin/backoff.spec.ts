import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { backoffMs } from '../../../plugin/backoff.ts';

const BACKOFF = { baseMs: 500, maxMs: 4_000 };

describe('backoffMs', () => {
  it.each([
    [0, 250, 500],
    [1, 500, 1_000],
    [2, 1_000, 2_000],
    [3, 2_000, 4_000],
    [4, 2_000, 4_000],
    [60, 2_000, 4_000],
  ])('[B.L1.5] pause %i lies between half of the doubled base and all of it: %i to %i ms', (retry, least, most) => {
    expect(backoffMs(retry, BACKOFF, 0)).toBe(least);
    expect(backoffMs(retry, BACKOFF, 0.5)).toBe((least + most) / 2);
    expect(backoffMs(retry, BACKOFF, 1)).toBe(most);
  });

  it('[B.L1.5] never exceeds the cap, whatever chance says', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.double({ min: 0, max: 1, noNaN: true }), (retry, random) => {
        const ms = backoffMs(retry, BACKOFF, random);
        expect(ms).toBeGreaterThanOrEqual(250);
        expect(ms).toBeLessThanOrEqual(4_000);
      }),
    );
  });
});
