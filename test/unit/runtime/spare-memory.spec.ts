import { setImmediate as nextTurn } from 'node:timers/promises';

import { expect, it, onTestFinished, vi } from 'vitest';

import { giveBackAfterStart } from '../../../runtime/spare-memory.ts';

it('a moment after the start, and not before, what nobody holds any more is collected', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const left = new WeakRef({ made: 'by the start' });
  await nextTurn(); // in the turn that makes it, a reference holds
  giveBackAfterStart();
  vi.advanceTimersByTime(2_999);
  expect(left.deref()).toEqual({ made: 'by the start' });
  await nextTurn();
  vi.advanceTimersByTime(1);
  expect(left.deref()).toBeUndefined();
});
