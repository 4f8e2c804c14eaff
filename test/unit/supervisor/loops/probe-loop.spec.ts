import { afterEach, expect, it } from 'vitest';

import { startProbeLoop } from '../../../../supervisor/loops/probe-loop.ts';
import { composeForTest, type Supervised } from '../../../support/composed.ts';
import { HOUR, NOON } from '../../../support/state.ts';
import { type VirtualTime, virtualTime } from '../../../support/virtual-time.ts';

let oma: Supervised;
let time: VirtualTime;
let asked: number[];
let stop: () => void;

/** A schedule over one account: its first probe goes well, every further one goes wrong in a way nobody foresaw. */
async function stumbling(): Promise<void> {
  time = virtualTime(NOON);
  asked = [];
  oma = await composeForTest({ aliases: ['a'], time });
  const inBackground = (): Promise<void> => {
    asked.push(time.clock.now);
    return asked.length === 1 ? Promise.resolve() : Promise.reject(new Error('unforeseen'));
  };
  stop = startProbeLoop({
    context: oma.context,
    probes: { ...oma.composed.probes, inBackground },
    random: () => 0,
  });
}

afterEach(() => oma.close());

it('goes on after every stumble', async () => {
  await stumbling();
  await time.advance(HOUR);
  expect(asked.length).toBeGreaterThan(100);
  expect(oma.logged.filter((line) => line.includes('stumbled'))).toHaveLength(asked.length - 1);
});

it('asks nothing and says nothing once it is stopped', async () => {
  await stumbling();
  await time.advance(HOUR);
  stop();
  const before = [asked.length, oma.logged.length];
  await time.advance(HOUR);
  expect([asked.length, oma.logged.length]).toEqual(before);
});
