import { describe, expect, it } from 'vitest';

import { createSlots } from '../../../probe-runner/slots.ts';

const NEVER = new AbortController().signal;

describe('slots', () => {
  it('let so many tasks run at once and the others in order', async () => {
    const slots = createSlots(2);
    const ends: (() => void)[] = [];
    const begun: number[] = [];
    const tasks = Array.from({ length: 5 }, (_, index) =>
      slots(async () => {
        begun.push(index);
        await new Promise<void>((resolve) => ends.push(resolve));
        return index;
      }, NEVER),
    );
    await Promise.resolve();
    expect(begun).toEqual([0, 1]);
    ends[0]?.();
    expect(await tasks[0]).toBe(0);
    await Promise.resolve();
    expect(begun).toEqual([0, 1, 2]);
    ends[1]?.();
    ends[2]?.();
    expect(await Promise.all(tasks.slice(1, 3))).toEqual([1, 2]);
    await Promise.resolve();
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    ends[3]?.();
    ends[4]?.();
    expect(await Promise.all(tasks)).toEqual([0, 1, 2, 3, 4]);
  });

  it('are not needed by a task that is given up, which is told at once and loses its place', async () => {
    const slots = createSlots(1);
    let end: () => void = () => undefined;
    const first = slots(() => new Promise<string>((resolve) => (end = () => resolve('first'))), NEVER);
    const aborter = new AbortController();
    const second = slots(() => Promise.resolve('second, given up'), aborter.signal);
    const third = slots(() => Promise.resolve('third'), NEVER);
    aborter.abort();
    expect(await second).toBe('second, given up');
    expect(await slots(() => Promise.resolve('given up before'), AbortSignal.abort())).toBe('given up before');
    end();
    expect(await Promise.all([first, third])).toEqual(['first', 'third']);
    expect(await slots(() => Promise.resolve('next'), NEVER)).toBe('next');
  });

  it('are given back by a task that fails', async () => {
    const slots = createSlots(1);
    await expect(slots(() => Promise.reject(new Error('no')), NEVER)).rejects.toThrow('no');
    await expect(slots(() => Promise.resolve('next'), NEVER)).resolves.toBe('next');
  });
});
