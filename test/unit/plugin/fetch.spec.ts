import { describe, expect, it } from 'vitest';

import { OmaError } from '../../../contract/errors.ts';
import { FAILURES, type OutcomeKind, outcomeSchema } from '../../../contract/failure.ts';
import { createFetch } from '../../../plugin/fetch.ts';
import { type FakeLeases, fakeLeases, type FakeLeasesOptions } from '../../support/fake-leases.ts';
import { ANSWER, type Answerer, fakeUpstream, json, sse, streamed } from '../../support/fake-upstream.ts';

const NOW = 1_800_000_000_000;
const URL_IN = 'https://api.openai.com/v1/responses';
const THREE = [{ alias: 'a' }, { alias: 'b' }, { alias: 'c' }];

interface Setup {
  readonly accounts?: FakeLeasesOptions['accounts'];
  readonly leases?: Partial<FakeLeasesOptions>;
  readonly answers: readonly Answerer[];
  /** What happens during a wait; default: time passes. */
  readonly onWait?: (ms: number) => void;
}

function setUp({ accounts = THREE, leases = {}, answers, onWait }: Setup) {
  const supervisor: FakeLeases = fakeLeases({ accounts, ...leases });
  const upstream = fakeUpstream(...answers);
  const waits: number[] = [];
  const toasts: string[] = [];
  const hosts: string[] = [];
  let now = NOW;
  const fetch = createFetch({
    supervisor,
    upstream: upstream.fetch,
    baseUrl: null,
    now: () => now,
    random: () => 0.5,
    wait: (ms, signal) => {
      signal?.throwIfAborted();
      waits.push(ms);
      now += ms;
      onWait?.(ms);
      return signal?.aborted === true ? Promise.reject(signal.reason as Error) : Promise.resolve();
    },
    newId: () => 'request-1',
    notices: { toast: (_variant, message) => toasts.push(message), log: () => undefined },
    onHost: (host) => hosts.push(host),
  });
  const ask = (init: RequestInit = {}) =>
    fetch(URL_IN, {
      method: 'POST',
      body: '{"model":"gpt-5.5","input":[]}',
      headers: { 'session-id': 'ses_1' },
      ...init,
    });
  return {
    supervisor,
    upstream,
    waits,
    toasts,
    hosts,
    fetch,
    ask,
    tried: () => upstream.arrivals.map(({ account }) => account.replace('account-', '')),
  };
}

const messageOf = async (response: Response) =>
  ((await response.json()) as { error: { message: string } }).error.message;

const LIMITED: Answerer = () =>
  json(429, {
    error: { type: 'usage_limit_reached', message: 'The usage limit has been reached', resets_in_seconds: 7_200 },
  });
const EXPIRED: Answerer = () =>
  json(401, { error: { code: 'token_expired', message: 'Provided authentication token is expired.' } });
const FAILING: Answerer = () =>
  json(
    503,
    { error: { message: 'The service is unavailable.' } },
    { 'retry-after': '3600', 'retry-after-ms': '3600000', 'x-request-id': 'req_1' },
  );
const REFUSED_CONNECTION: Answerer = () => {
  throw Object.assign(new Error('Unable to connect. Is the computer able to access the url?'), {
    code: 'ConnectionRefused',
  });
};
const GOOD: Answerer = () => streamed();

/** Refusals that another account might not give, one for each way to say so. */
const MOVING: readonly (readonly [OutcomeKind, Answerer])[] = [
  ['rate-limited', LIMITED],
  ['workspace-deactivated', () => json(402, { detail: { code: 'deactivated_workspace' } })],
  ['forbidden', () => json(403, { detail: 'Forbidden' })],
  [
    'challenged',
    () =>
      new Response('<html><title>Just a moment...</title></html>', {
        status: 403,
        headers: { 'content-type': 'text/html' },
      }),
  ],
  [
    'model-unsupported',
    () => json(400, { detail: "The 'gpt-5.5' model is not supported when using Codex with a ChatGPT account." }),
  ],
];

describe('a request that succeeds', () => {
  it('goes straight upstream as the leased account, and is reported once with its times', async () => {
    const { ask, upstream, supervisor } = setUp({ answers: [GOOD] });
    const response = await ask();
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(ANSWER.join(''));
    expect(upstream.arrivals).toMatchObject([
      {
        url: 'http://127.0.0.1:9/backend-api/codex/responses',
        account: 'account-a',
        token: 'Bearer token-a',
        body: '{"model":"gpt-5.5","input":[]}',
      },
    ]);
    expect(supervisor.asked).toEqual([
      { requestId: 'request-1', sessionId: 'ses_1', rootSessionId: null, model: 'gpt-5.5', attempt: 1, exclude: [] },
    ]);
    expect(supervisor.reports).toEqual([
      {
        leaseId: 'lease-1',
        outcome: {
          kind: 'success',
          status: 200,
          retryAtMs: null,
          limitId: null,
          errorCode: null,
          phase: 'complete',
          firstByteMs: 0,
          durationMs: 0,
        },
      },
    ]);
  });

  it('is reported when the answer is complete, not when the headers come', async () => {
    const { ask, supervisor } = setUp({ answers: [GOOD] });
    const response = await ask();
    expect(supervisor.reports).toEqual([]);
    await response.text();
    expect(supervisor.told()).toEqual(['a:success']);
  });

  it('goes to the address of the environment if there is one', async () => {
    const upstream = fakeUpstream(GOOD);
    const fetch = createFetch({
      ...{
        supervisor: fakeLeases({ accounts: THREE }),
        upstream: upstream.fetch,
        baseUrl: 'http://127.0.0.1:1234/gateway',
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
    await fetch(URL_IN, { method: 'POST', body: '{}' });
    expect(upstream.arrivals[0]?.url).toBe('http://127.0.0.1:1234/gateway/codex/responses');
  });

  it("names a subagent's root session, and tells which program asks", async () => {
    const { ask, supervisor, hosts } = setUp({ answers: [GOOD] });
    await ask({
      headers: { 'session-id': 'child', 'x-parent-session-id': 'root', 'user-agent': 'opencode/1.18.33 (linux)' },
    });
    await ask({ headers: { 'session-id': 'grandchild', 'x-parent-session-id': 'child' } });
    expect(supervisor.asked.map(({ sessionId, rootSessionId }) => [sessionId, rootSessionId])).toEqual([
      ['child', 'root'],
      ['grandchild', 'root'],
    ]);
    expect(hosts).toEqual(['opencode 1.18.33']);
  });

  it('loses headers that no longer fit its body, or that make OpenCode wait for an hour', async () => {
    const { ask } = setUp({
      answers: [
        () =>
          new Response(ANSWER.join(''), {
            headers: {
              'content-type': 'text/event-stream',
              'content-encoding': 'gzip',
              'content-length': '7',
              'retry-after': '3600',
              'x-codex-plan-type': 'plus',
            },
          }),
      ],
    });
    const { headers } = await ask();
    expect(Object.fromEntries(headers)).toEqual({ 'content-type': 'text/event-stream', 'x-codex-plan-type': 'plus' });
  });

  it('may be an answer that is no stream', async () => {
    const { ask, supervisor } = setUp({
      answers: [() => json(200, { id: 'resp_1', object: 'response', error: null })],
    });
    expect(await (await ask()).json()).toEqual({ id: 'resp_1', object: 'response', error: null });
    expect(supervisor.told()).toEqual(['a:success']);
  });

  it('is left alone if it is not for the models', async () => {
    const { fetch, upstream, supervisor } = setUp({ answers: [() => json(200, {})] });
    await fetch('https://api.openai.com/v1/files', { headers: { authorization: 'Bearer dummy' } });
    expect(upstream.arrivals).toMatchObject([
      { url: 'https://api.openai.com/v1/files', token: 'Bearer dummy', account: '' },
    ]);
    expect(supervisor.asked).toEqual([]);
  });
});

describe('a request that one account refuses', () => {
  it.each(MOVING)(
    '[B.L1.1] moves on after %s, tells the supervisor and the user, and hands the answer on',
    async (kind, refusing) => {
      const { ask, supervisor, tried, toasts } = setUp({ answers: [refusing, GOOD] });
      const response = await ask();
      expect(await response.text()).toBe(ANSWER.join(''));
      expect(tried()).toEqual(['a', 'b']);
      expect(supervisor.told()).toEqual([`a:${kind}`, 'b:success']);
      expect(supervisor.asked.map(({ exclude, attempt }) => [attempt, exclude])).toEqual([
        [1, []],
        [2, ['a']],
      ]);
      expect(toasts).toHaveLength(1);
      expect(toasts[0]).toMatch(/^Moved from a to b: a /);
      expect(FAILURES[kind as keyof typeof FAILURES].retry).toBe('next');
    },
  );

  it.each(MOVING)('[B.L1.1] [H.T.8] ends after three accounts with %s, in a 400 of its own', async (kind, refusing) => {
    const { ask, supervisor, tried } = setUp({
      accounts: [...THREE, { alias: 'd' }, { alias: 'e' }],
      answers: [refusing],
    });
    const response = await ask();
    expect(response.status).toBe(400);
    expect(tried()).toEqual(['a', 'b', 'c']);
    expect(supervisor.told()).toEqual([`a:${kind}`, `b:${kind}`, `c:${kind}`]);
    expect(await messageOf(response)).toMatch(/^oma tried 3 accounts in vain: a /);
    expect(response.headers.has('retry-after')).toBe(false);
  });

  it('[B.L1.4] counts its attempts from 1 in every lease it asks for', async () => {
    const { ask, supervisor } = setUp({ answers: [LIMITED] });
    await ask();
    expect(supervisor.asked.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(supervisor.asked.map(({ exclude }) => exclude)).toEqual([[], ['a'], ['a', 'b']]);
  });

  it('[B.L1.2] sends to no more accounts than were eligible, even if the supervisor would hand out more', async () => {
    const { ask, tried, supervisor } = setUp({
      accounts: [...THREE, { alias: 'd' }],
      leases: { change: (lease) => ({ ...lease, attemptsMax: 2 }) },
      answers: [LIMITED],
    });
    expect((await ask()).status).toBe(400);
    expect(tried()).toEqual(['a', 'b']);
    expect(supervisor.told()).toEqual(['a:rate-limited', 'b:rate-limited', 'c:aborted']);
  });

  it('reports the reset that the answer names', async () => {
    const { ask, supervisor } = setUp({ answers: [LIMITED, GOOD] });
    await ask();
    expect(supervisor.reports[0]).toMatchObject({
      outcome: {
        kind: 'rate-limited',
        status: 429,
        retryAtMs: NOW + 7_200_000,
        errorCode: 'usage_limit_reached',
        phase: 'before-output',
      },
    });
  });

  it('moves on when the refusal comes as an event before any output', async () => {
    const failed = sse('response.failed', {
      response: { error: { code: 'rate_limit_exceeded', message: 'Please try again in 20s.' } },
    });
    const { ask, tried, supervisor } = setUp({ answers: [() => streamed([ANSWER[0], failed]), GOOD] });
    expect(await (await ask()).text()).toBe(ANSWER.join(''));
    expect(tried()).toEqual(['a', 'b']);
    expect(supervisor.reports[0]).toMatchObject({
      outcome: { kind: 'rate-limited', phase: 'before-output', retryAtMs: NOW + 20_000 },
    });
  });

  it('leaves a failure event alone that is not about the account', async () => {
    const failed = sse('error', {
      error: { type: 'invalid_request_error', code: 'context_length_exceeded', message: 'x' },
    });
    const { ask, tried, supervisor } = setUp({ answers: [() => streamed([ANSWER[0], failed])] });
    expect(await (await ask()).text()).toBe(ANSWER[0] + failed);
    expect(tried()).toEqual(['a']);
    expect(supervisor.told()).toEqual(['a:stream-broken']);
  });
});

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

describe('a refusal without an end', () => {
  it('is judged by its beginning, and let go of', async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"error":{"code":"bad","message":"')),
      pull: (controller) => controller.enqueue(new Uint8Array(64 * 1_024).fill(120)),
      cancel: () => {
        cancelled = true;
      },
    });
    const { ask, supervisor } = setUp({ answers: [() => new Response(endless, { status: 400 })] });
    expect((await (await ask()).text()).length).toBeLessThan(400 * 1_024);
    expect(cancelled).toBe(true);
    expect(supervisor.told()).toEqual(['a:bad-request']);
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

describe('a token that is refused', () => {
  it('is refreshed once and the same account is asked again', async () => {
    const { ask, upstream, supervisor, toasts } = setUp({ answers: [EXPIRED, GOOD] });
    expect(await (await ask()).text()).toBe(ANSWER.join(''));
    expect(upstream.arrivals.map(({ token }) => token)).toEqual(['Bearer token-a', 'Bearer token-a-new']);
    expect(supervisor.refreshed).toEqual(['lease-1']);
    expect(supervisor.told()).toEqual(['a:success']);
    expect(toasts).toEqual([]);
  });

  it('leads to the next account if the new one is refused too', async () => {
    const { ask, tried, supervisor } = setUp({ answers: [EXPIRED, EXPIRED, GOOD] });
    await (await ask()).text();
    expect(tried()).toEqual(['a', 'a', 'b']);
    expect(supervisor.refreshed).toEqual(['lease-1']);
    expect(supervisor.told()).toEqual(['a:unauthorized', 'b:success']);
  });

  it.each([
    ['REFRESH_REJECTED', 'unauthorized'],
    ['ACCOUNT_NEEDS_LOGIN', 'unauthorized'],
    ['UPSTREAM_UNREACHABLE', 'network'],
    ['CHILD_UNAVAILABLE', 'network'],
  ] as const)('leads to the next account when the refresh ends in %s, reported as %s', async (code, kind) => {
    const refresh = () => {
      throw new OmaError(code, 'no');
    };
    const { ask, tried, supervisor } = setUp({ leases: { refresh }, answers: [EXPIRED, GOOD] });
    await (await ask()).text();
    expect(tried()).toEqual(['a', 'b']);
    expect(supervisor.told()).toEqual([`a:${kind}`, 'b:success']);
  });

  it('is leased anew, blaming nobody, when the supervisor was started anew and knows the lease no longer', async () => {
    const refresh = () => {
      throw new OmaError('LEASE_NOT_FOUND', 'no');
    };
    const { ask, tried, supervisor } = setUp({
      accounts: [{ alias: 'a' }],
      leases: { refresh },
      answers: [EXPIRED, GOOD],
    });
    expect((await ask()).status).toBe(200);
    expect(tried()).toEqual(['a', 'a']);
    expect(supervisor.asked.map(({ exclude, attempt }) => [attempt, exclude])).toEqual([
      [1, []],
      [2, []],
    ]);
  });

  it('ends after three refusals even if every lease is lost', async () => {
    const refresh = () => {
      throw new OmaError('LEASE_NOT_FOUND', 'no');
    };
    const { ask, tried } = setUp({ accounts: [{ alias: 'a' }], leases: { refresh }, answers: [EXPIRED] });
    expect(await messageOf(await ask())).toBe(
      'oma lost its supervisor during this request. Send the message again; see `oma status`.',
    );
    expect(tried()).toEqual(['a', 'a', 'a']);
  });
});

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

describe('a move', () => {
  it('that the supervisor made is told with its reason', async () => {
    const { ask, toasts } = setUp({
      leases: { change: (lease) => ({ ...lease, movedFrom: 'home', movedBecause: 'exhausted' }) },
      answers: [GOOD],
    });
    await ask();
    expect(toasts).toEqual(['Moved from home to a: home is at its limit.']);
  });
});

describe('every report', () => {
  it('fits the contract, however long the words of the provider are', async () => {
    const long = 'x'.repeat(5_000);
    const { ask, supervisor } = setUp({
      answers: [
        () =>
          json(
            429,
            { error: { type: `rate_limit_${'x'.repeat(200)}`, message: long } },
            { 'x-codex-active-limit': long },
          ),
        () => json(403, { error: { code: long, message: long } }),
        FAILING,
      ],
    });
    await ask();
    expect(supervisor.reports).toHaveLength(3);
    for (const { outcome } of supervisor.reports) expect(outcomeSchema.safeParse(outcome).success).toBe(true);
  });
});
