import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { DeadlineQueue } from '../../../../runtime/rpc/deadline-queue.ts';

function entry(name: string, inMs: number, expired: string[]) {
  return { deadlineAt: performance.now() + inMs, expire: () => void expired.push(name) };
}

let stoodStillMs = 0;

/** Nothing runs for so long from just before the next timer is due. */
function standStill(ms: number): void {
  stoodStillMs += ms;
  vi.runOnlyPendingTimers();
}

describe('a deadline queue', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    const awake = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => awake() + stoodStillMs);
  });
  afterEach(() => {
    vi.restoreAllMocks();
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

  it('counts no time in which the process stood still, and a little more for the answers that wait', () => {
    const expired: string[] = [];
    const queue = new DeadlineQueue();
    queue.add(entry('asked before', 5_000, expired));
    queue.add(entry('has more time', 20_000, expired));
    standStill(60_000);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1_999);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(['asked before']);
    vi.advanceTimersByTime(14_999);
    expect(expired).toEqual(['asked before']);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(['asked before', 'has more time']);
  });

  it('takes a timer that is a little late for nothing but that', () => {
    const expired: string[] = [];
    new DeadlineQueue().add(entry('late', 100, expired));
    standStill(1_000);
    expect(expired).toEqual(['late']);
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
