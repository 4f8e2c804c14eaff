import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { afterAwake } from '../../../runtime/awake.ts';

let stoodStillMs = 0;

beforeEach(() => {
  stoodStillMs = 0;
  vi.useFakeTimers();
  const awake = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => awake() + stoodStillMs);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

it('calls back when the time is over, also when the timer is a little late', () => {
  const called = vi.fn();
  afterAwake(100, called);
  vi.advanceTimersByTime(99);
  expect(called).not.toHaveBeenCalled();
  stoodStillMs = 1_000;
  vi.advanceTimersByTime(1);
  expect(called).toHaveBeenCalledOnce();
});

it('leaves two seconds more after the process stood still', () => {
  const called = vi.fn();
  afterAwake(100, called);
  stoodStillMs = 60_000;
  vi.advanceTimersByTime(2_099);
  expect(called).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(called).toHaveBeenCalledOnce();
});

it('is cancelled before and after the process stood still', () => {
  const called = vi.fn();
  afterAwake(100, called)();
  const cancel = afterAwake(100, called);
  stoodStillMs = 60_000;
  vi.advanceTimersByTime(100);
  cancel();
  vi.advanceTimersByTime(10_000);
  expect(called).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
