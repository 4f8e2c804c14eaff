import { afterEach, expect, it } from 'vitest';

import { startProbeLoop } from '../../../../supervisor/loops/probe-loop.ts';
import { composeForTest, type Supervised } from '../../../support/composed.ts';
import { accountOf, HOUR, MINUTE, NOON, outcome, SECOND, withAccount } from '../../../support/state.ts';
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

/** A schedule over one account whose probes end as given, and change nothing. */
async function scheduled(): Promise<void> {
  time = virtualTime(NOON);
  asked = [];
  oma = await composeForTest({ aliases: ['a'], time });
  const inBackground = (): Promise<void> => Promise.resolve(void asked.push(time.clock.now));
  stop = startProbeLoop({ context: oma.context, probes: { ...oma.composed.probes, inBackground }, random: () => 0.5 });
}

async function leaseEnds(how: Parameters<typeof outcome>[0], retryAtMs: number | null): Promise<void> {
  const request = { requestId: 'r', sessionId: null, rootSessionId: null, model: null, attempt: 1, exclude: [] };
  const { leaseId } = await oma.call('lease.acquire', request);
  await oma.call('lease.report', { leaseId, outcome: outcome(how, { retryAtMs }) });
}

it('asks once about every interval, also of an account whose probes never bring data', async () => {
  await scheduled();
  await time.advance(HOUR);
  stop();
  expect(asked).toHaveLength(4);
});

it('asks soon after the reset that a 429 names, once, even if a request succeeds before', async () => {
  await scheduled();
  await time.advance(2 * MINUTE);
  await leaseEnds('rate-limited', NOON + 7 * MINUTE);
  await time.advance(5 * MINUTE);
  const before = asked.length;
  await leaseEnds('success', null);
  await leaseEnds('success', null);
  await time.advance(5 * MINUTE);
  stop();
  expect(asked.slice(before)).toEqual([expect.any(Number)]);
  expect((asked.at(-1) ?? 0) - (NOON + 7 * MINUTE)).toBeGreaterThanOrEqual(10 * SECOND);
  expect((asked.at(-1) ?? 0) - (NOON + 7 * MINUTE)).toBeLessThanOrEqual(30 * SECOND);
});

it('asks nothing more because of cooldowns that have nothing to do with limits', async () => {
  await scheduled();
  await time.advance(2 * MINUTE);
  for (let turn = 0; turn < 8; turn += 1) {
    await leaseEnds('server-error', null);
    await time.advance(MINUTE);
  }
  stop();
  expect(asked).toHaveLength(1);
});

it('asks once after the reset of a window, though the answer still does not tell the new figure', async () => {
  await scheduled();
  const window = {
    limitId: 'codex',
    limitName: null,
    durationMinutes: 300,
    usedPercent: 90,
    resetsAt: NOON + 3 * MINUTE,
  };
  const windows = [{ ...window, source: 'usage-endpoint' as const, observedAt: NOON }];
  await oma.store.transact(
    'test',
    (state) => [
      withAccount(state, 'a', { limits: { ...accountOf(state, 'a').limits, windows, lastProbeAt: NOON } }),
      undefined,
    ],
    'before-reply',
  );
  await time.advance(10 * MINUTE);
  stop();
  expect(asked).toHaveLength(1);
});
