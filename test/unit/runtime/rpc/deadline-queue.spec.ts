import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { DeadlineQueue } from '../../../../runtime/rpc/deadline-queue.ts';

function entry(name: string, inMs: number, expired: string[]) {
  return { deadlineAt: performance.now() + inMs, expire: () => void expired.push(name) };
}

describe('a deadline queue', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('expires each entry at its own deadline, whatever their order', () => {
    const expired: string[] = [];
    const queue = new DeadlineQueue();
    for (const [name, ms] of [
      ['late', 300],
      ['early', 100],
      ['middle', 200],
    ] as const)
      queue.add(entry(name, ms, expired));
    vi.advanceTimersByTime(99);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(['early']);
    vi.advanceTimersByTime(200);
    expect(expired).toEqual(['early', 'middle', 'late']);
  });

  it('holds one timer for any number of entries, and none when all are over', () => {
    const queue = new DeadlineQueue();
    for (let index = 0; index < 1_000; index += 1) queue.add(entry('', 1_000 + index, []));
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(3_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not expire what was deleted', () => {
    const expired: string[] = [];
    const queue = new DeadlineQueue();
    const deleted = entry('deleted', 50, expired);
    queue.add(deleted);
    queue.add(entry('kept', 60, expired));
    queue.delete(deleted);
    vi.advanceTimersByTime(100);
    expect(expired).toEqual(['kept']);
  });

  it('forgets everything when it is cleared', () => {
    const expired: string[] = [];
    const queue = new DeadlineQueue();
    queue.add(entry('a', 50, expired));
    queue.clear();
    vi.advanceTimersByTime(100);
    expect(expired).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes a deadline that lies beyond the longest timer', () => {
    const expired: string[] = [];
    const queue = new DeadlineQueue();
    queue.add(entry('far', 3_000_000_000, expired));
    vi.advanceTimersByTime(2_999_999_999);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(['far']);
  });
});
