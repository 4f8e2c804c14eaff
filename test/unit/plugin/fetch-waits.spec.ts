import { describe, expect, it } from 'vitest';

import { OmaError } from '../../../contract/errors.ts';
import { FAILURES } from '../../../contract/failure.ts';
import { createFetch } from '../../../plugin/fetch.ts';
import { fakeLeases } from '../../support/fake-leases.ts';
import { type Answerer, json } from '../../support/fake-upstream.ts';
import { EXPIRED, FAILING, GOOD, LIMITED, messageOf, NOW, setUp, THREE, URL_IN } from '../../support/plugin-fetch.ts';

describe('a request that nobody can serve', () => {
  const later = (ms: number) => new Date(NOW + ms).toISOString();

  it('[B.L1.3] is refused at once with the same 400 every time: nothing is sent and nothing waited for', async () => {
    const { ask, upstream, waits } = setUp({
      accounts: [
        { alias: 'a', until: later(3_600_000) },
        { alias: 'b', until: later(7_200_000) },
      ],
      answers: [GOOD],
    });
    const texts = new Set<string>();
    for (let index = 0; index < 5; index += 1) {
      const response = await ask();
      expect(response.status).toBe(400);
      texts.add(await response.text());
    }
    expect(texts.size).toBe(1);
    expect(JSON.parse([...texts][0]!)).toMatchObject({
      error: { code: 'NO_ELIGIBLE_ACCOUNTS', message: expect.stringContaining('a is back first') },
    });
    expect(upstream.arrivals).toEqual([]);
    expect(waits).toEqual([]);
  });

  it('waits for an account that is back within a minute, and says so', async () => {
    const { ask, waits, toasts, tried } = setUp({
      leases: { accountsAt: (call) => (call === 0 ? [{ alias: 'a', until: later(42_000) }] : [{ alias: 'a' }]) },
      answers: [GOOD],
    });
    expect((await ask()).status).toBe(200);
    expect(waits).toEqual([42_100]);
    expect(toasts).toEqual(['No account can serve this now; a is back in 43 s. Waiting for it.']);
    expect(tried()).toEqual(['a']);
  });

  it('waits for its only account after a short rate limit', async () => {
    const limited: Answerer = () =>
      json(429, { error: { code: 'rate_limit_exceeded', message: 'x' } }, { 'retry-after': '20' });
    const { ask, waits, tried } = setUp({
      leases: { accountsAt: (call) => (call === 1 ? [{ alias: 'a', until: later(20_000) }] : [{ alias: 'a' }]) },
      answers: [limited, GOOD],
    });
    expect((await ask()).status).toBe(200);
    expect(waits).toEqual([20_100]);
    expect(tried()).toEqual(['a', 'a']);
  });

  it('does not wait a minute or longer', async () => {
    const { ask, waits } = setUp({ accounts: [{ alias: 'a', until: later(60_000) }], answers: [GOOD] });
    expect((await ask()).status).toBe(400);
    expect(waits).toEqual([]);
  });

  it('waits three times at most', async () => {
    const { ask, waits } = setUp({
      accounts: [{ alias: 'a', until: later(3_600_000) }],
      leases: { accountsAt: (call) => [{ alias: 'a', until: later((call + 1) * 40_000) }] },
      answers: [GOOD],
    });
    expect((await ask()).status).toBe(400);
    expect(waits).toHaveLength(3);
  });

  it('has three attempts in all, however often it waits in between', async () => {
    const until = (call: number) =>
      call % 2 === 1 ? [{ alias: 'a', until: later((call + 1) * 10_000) }] : [{ alias: 'a' }];
    const { ask, tried } = setUp({ leases: { accountsAt: until }, answers: [LIMITED] });
    expect((await ask()).status).toBe(400);
    expect(tried()).toEqual(['a', 'a', 'a']);
  });

  it.each([
    ['SUPERVISOR_NOT_RUNNING', 'oma supervisor is not running: run `oma up`.'],
    ['STORE_UNWRITABLE', 'oma: no'],
  ] as const)('is refused in a 400 when the supervisor says %s', async (code, message) => {
    const { fetch, upstream } = setUp({ answers: [GOOD] });
    expect(fetch).toBeDefined();
    const failing = createFetch({
      ...{
        supervisor: { ...fakeLeases({ accounts: THREE }), acquire: () => Promise.reject(new OmaError(code, 'no')) },
        upstream: upstream.fetch,
        baseUrl: null,
        now: () => NOW,
        random: () => 0,
      },
      ...{
        wait: () => Promise.resolve(),
        newId: () => 'r',
        notices: { toast: () => undefined, log: () => undefined },
        onHost: () => undefined,
      },
    });
    const response = await failing(URL_IN, { method: 'POST', body: '{}' });
    expect([response.status, await messageOf(response)]).toEqual([400, message]);
    expect(upstream.arrivals).toEqual([]);
  });

  it('never hands on an upstream 429', async () => {
    for (const accounts of [THREE, [{ alias: 'a' }]]) {
      const { ask } = setUp({ accounts, answers: [LIMITED] });
      expect((await ask()).status).toBe(400);
    }
  });
});

describe('an abort', () => {
  const reason = new DOMException('The operation was aborted.', 'AbortError');

  it('before anything was leased leaves no trace', async () => {
    const { ask, supervisor, upstream } = setUp({ answers: [GOOD] });
    await expect(ask({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect([supervisor.reports, upstream.arrivals]).toEqual([[], []]);
  });

  it('while the provider thinks is passed on, reported as aborted and thrown', async () => {
    const controller = new AbortController();
    const { ask, supervisor, upstream } = setUp({
      answers: [
        ({ init }) => {
          expect(init.signal).toBe(controller.signal);
          controller.abort(reason);
          throw reason;
        },
      ],
    });
    await expect(ask({ signal: controller.signal })).rejects.toBe(reason);
    expect(upstream.arrivals).toHaveLength(1);
    expect(supervisor.told()).toEqual(['a:aborted']);
  });

  it('during the pause before a second try ends the lease', async () => {
    const controller = new AbortController();
    const { ask, supervisor, tried } = setUp({ answers: [FAILING], onWait: () => controller.abort(reason) });
    await expect(ask({ signal: controller.signal })).rejects.toBe(reason);
    expect(tried()).toEqual(['a']);
    expect(supervisor.told()).toEqual(['a:aborted']);
  });

  it('during a refresh ends the lease', async () => {
    const controller = new AbortController();
    const { ask, supervisor } = setUp({
      answers: [
        () => {
          controller.abort(reason);
          return EXPIRED({} as never);
        },
      ],
    });
    await expect(ask({ signal: controller.signal })).rejects.toBe(reason);
    expect(supervisor.told()).toEqual(['a:aborted']);
  });

  it('while waiting for an account ends the wait', async () => {
    const controller = new AbortController();
    const { ask } = setUp({
      accounts: [{ alias: 'a', until: new Date(NOW + 30_000).toISOString() }],
      answers: [GOOD],
      onWait: () => controller.abort(reason),
    });
    await expect(ask({ signal: controller.signal })).rejects.toBe(reason);
  });

  it("that is the host's own deadline blames nobody", async () => {
    const late = Object.assign(new Error('Provider response headers timed out after 300000ms'), {
      name: 'ProviderHeaderTimeoutError',
    });
    const controller = new AbortController();
    const { ask, supervisor } = setUp({
      answers: [
        () => {
          controller.abort(late);
          throw late;
        },
      ],
    });
    await expect(ask({ signal: controller.signal })).rejects.toBe(late);
    expect(supervisor.reports.map(({ outcome }) => FAILURES[outcome.kind as keyof typeof FAILURES].blame)).toEqual([
      'none',
    ]);
  });
});
