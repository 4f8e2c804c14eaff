import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { withDeadline } from '../../../runtime/deadline.ts';

describe('a promise with a deadline', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is the promise when that is in time, and leaves no timer', async () => {
    expect(await withDeadline(Promise.resolve('done'), 100, () => new Error('late'))).toBe('done');
    await expect(withDeadline(Promise.reject(new Error('broken')), 100, () => new Error('late'))).rejects.toThrow(
      'broken',
    );
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rejects with the given error when the promise is late', async () => {
    const late = withDeadline(new Promise(() => undefined), 100, () => new Error('late'));
    const outcome = expect(late).rejects.toThrow('late');
    await vi.advanceTimersByTimeAsync(100);
    await outcome;
  });
});
