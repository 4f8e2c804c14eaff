import { describe, expect, it } from 'vitest';

import { createLink, type Line } from '../../../plugin/link.ts';
import { fakeLine, notRunning } from '../../support/fake-line.ts';

function setUp(connects: readonly (() => Line | Promise<Line>)[]) {
  const waits: number[] = [];
  const clock = { now: 1_000 };
  let calls = 0;
  const link = createLink({
    connect: () => Promise.resolve().then(connects[Math.min(calls++, connects.length - 1)]),
    now: () => clock.now,
    random: () => 1,
    wait: (ms) => Promise.resolve(void waits.push(ms)),
  });
  return { link, waits, clock, calls: () => calls };
}

const refuse = (): never => {
  throw notRunning();
};

describe('createLink', () => {
  it('connects when it is first needed, once however many ask', async () => {
    const line = fakeLine({});
    const { link, calls } = setUp([() => line]);
    expect([calls(), link.current(), link.goneSince()]).toEqual([0, null, null]);
    expect(await Promise.all([link.open(), link.open(), link.open()])).toEqual([line, line, line]);
    expect(await link.open()).toBe(line);
    expect([calls(), link.current()]).toEqual([1, line]);
  });

  it('connects anew after a loss, and knows since when it had none', async () => {
    const [first, second] = [fakeLine({}), fakeLine({})];
    const { link, clock, waits } = setUp([() => first, () => second]);
    await link.open();
    clock.now = 5_000;
    first.die();
    expect([link.current(), link.goneSince(), link.isPausing()]).toEqual([null, 5_000, false]);
    expect(await link.open()).toBe(second);
    expect([link.goneSince(), waits]).toEqual([null, []]);
  });

  it('pauses longer after each failure, up to five seconds, and not after a success', async () => {
    const line = fakeLine({});
    const failing = Array.from({ length: 8 }, () => refuse);
    const { link, waits } = setUp([...failing, () => line]);
    for (let index = 0; index < failing.length; index += 1) {
      await expect(link.open()).rejects.toMatchObject({ code: 'SUPERVISOR_NOT_RUNNING' });
      expect(link.isPausing()).toBe(true);
    }
    await link.open();
    expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    line.die();
    await link.open();
    expect(waits).toHaveLength(8);
  });

  it('is not confused by the death of a line that was replaced', async () => {
    const [first, second] = [fakeLine({}), fakeLine({})];
    const { link } = setUp([() => first, () => second]);
    link.drop(await link.open());
    expect(first.isDisposed()).toBe(true);
    await link.open();
    first.die();
    expect(link.current()).toBe(second);
  });

  it('can be closed, connected or not', async () => {
    const line = fakeLine({});
    const { link } = setUp([() => line]);
    link.close();
    await link.open();
    link.close();
    expect(line.isDisposed()).toBe(true);
  });
});
