import { describe, expect, it } from 'vitest';

import { FAILURES } from '../../../contract/failure.ts';
import { ANSWER, type Answerer, json, sse, streamed } from '../../support/fake-upstream.ts';
import { FAILING, GOOD, messageOf, NOW, setUp } from '../../support/plugin-fetch.ts';

const REFUSED_CONNECTION: Answerer = () => {
  throw Object.assign(new Error('Unable to connect. Is the computer able to access the url?'), {
    code: 'ConnectionRefused',
  });
};

describe('a request that the provider itself fails', () => {
  it.each(['bad-request'] as const)(
    'is not sent again after %s, and the answer is handed on as it came',
    async (kind) => {
      const body = { error: { code: 'invalid_type', message: "Invalid type for 'input[0].content'." } };
      const { ask, tried, supervisor } = setUp({ answers: [() => json(400, body, { 'retry-after': '30' })] });
      const response = await ask();
      expect([response.status, await response.json(), response.headers.has('retry-after')]).toEqual([400, body, false]);
      expect(tried()).toEqual(['a']);
      expect(supervisor.told()).toEqual([`a:${kind}`]);
    },
  );

  it('[B.L1.5] is sent to the same account once more after a pause when the provider fails', async () => {
    const { ask, tried, supervisor, waits } = setUp({ answers: [FAILING, GOOD] });
    expect(await (await ask()).text()).toBe(ANSWER.join(''));
    expect(tried()).toEqual(['a', 'a']);
    expect(waits).toEqual([375]);
    expect(supervisor.told()).toEqual(['a:success']);
    expect(supervisor.asked).toHaveLength(1);
  });

  it('then goes to the next account, and repeats on the same account only once in all', async () => {
    const { ask, tried, supervisor } = setUp({ answers: [FAILING] });
    const response = await ask();
    expect(tried()).toEqual(['a', 'a', 'b', 'c']);
    expect(supervisor.told()).toEqual(['a:server-error', 'b:server-error', 'c:server-error']);
    expect(response.status).toBe(503);
    expect(await messageOf(response)).toBe('The service is unavailable.');
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'application/json',
      'x-request-id': 'req_1',
    });
  });

  it('is handed on as a failing provider when there is no other account, so that the host shows that it tries again', async () => {
    const { ask, tried, waits } = setUp({
      accounts: [{ alias: 'a' }],
      leases: {
        accountsAt: (call) => [
          call === 0 ? { alias: 'a' } : { alias: 'a', until: new Date(NOW + 10_000).toISOString() },
        ],
      },
      answers: [FAILING],
    });
    expect((await ask()).status).toBe(503);
    expect(tried()).toEqual(['a', 'a']);
    expect(waits).toHaveLength(1);
  });

  it.each([
    ['JSON that names an error', () => json(200, { error: { message: 'Something went wrong.' } })],
    [
      'a page of a gateway',
      () => new Response('<html></html>', { status: 502, headers: { 'content-type': 'text/html' } }),
    ],
  ])('is not fooled by %s', async (_name, answer) => {
    const { ask, supervisor } = setUp({ accounts: [{ alias: 'a' }], answers: [answer] });
    expect((await ask()).status).toBe(502);
    expect(supervisor.told()).toEqual(['a:server-error']);
  });

  it('is sent once more when the provider cannot be reached, and then throws what fetch threw; nobody is blamed', async () => {
    const { ask, tried, supervisor } = setUp({ answers: [REFUSED_CONNECTION] });
    await expect(ask()).rejects.toMatchObject({ code: 'ConnectionRefused' });
    expect(tried()).toEqual(['a', 'a']);
    expect(supervisor.told()).toEqual(['a:network']);
    expect(supervisor.reports[0]).toMatchObject({ outcome: { status: null, errorCode: 'ConnectionRefused' } });
    expect(FAILURES.network.blame).toBe('none');
  });

  it('is sent once more when the answer breaks off before any output', async () => {
    const { ask, tried, supervisor } = setUp({ answers: [() => streamed([ANSWER[0]], new Error('reset')), GOOD] });
    expect(await (await ask()).text()).toBe(ANSWER.join(''));
    expect(tried()).toEqual(['a', 'a']);
    expect(supervisor.told()).toEqual(['a:success']);
  });

  it('is sent once more when the answer is empty, and then hands the empty answer on', async () => {
    const { ask, tried, supervisor } = setUp({ answers: [() => streamed([])] });
    expect(await (await ask()).text()).toBe('');
    expect(tried()).toEqual(['a', 'a']);
    expect(supervisor.reports).toMatchObject([{ outcome: { kind: 'network', errorCode: 'no-output' } }]);
  });
});

describe('an answer that has begun', () => {
  it.each([
    ['breaks off', () => streamed(ANSWER.slice(0, 4), new Error('reset')), 'stream-broken'],
    ['ends early', () => streamed(ANSWER.slice(0, 4)), 'stream-broken'],
    [
      'names a failing model',
      () => streamed([...ANSWER.slice(0, 4), sse('error', { code: 'server_error', message: 'x' })]),
      'stream-broken',
    ],
    [
      'names a limit',
      () =>
        streamed([
          ...ANSWER.slice(0, 4),
          sse('response.failed', { response: { error: { code: 'rate_limit_exceeded', message: 'x' } } }),
        ]),
      'rate-limited',
    ],
  ])('is never begun again when it %s', async (_name, answer, kind) => {
    const { ask, tried, supervisor } = setUp({ answers: [answer] });
    await (await ask()).text().catch(() => undefined);
    expect(tried()).toEqual(['a']);
    expect(supervisor.told()).toEqual([`a:${kind}`]);
    expect(supervisor.reports[0]?.outcome.phase).toBe('mid-stream');
  });

  it('is reported as aborted when the host lets go of it', async () => {
    const { ask, supervisor } = setUp({ answers: [GOOD] });
    await (await ask()).body?.cancel();
    expect(supervisor.told()).toEqual(['a:aborted']);
  });
});
