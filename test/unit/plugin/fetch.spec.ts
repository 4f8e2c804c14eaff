import { describe, expect, it } from 'vitest';

import { outcomeSchema } from '../../../contract/failure.ts';
import { createFetch } from '../../../plugin/fetch.ts';
import { fakeLeases } from '../../support/fake-leases.ts';
import { ANSWER, fakeUpstream, json } from '../../support/fake-upstream.ts';
import { FAILING, GOOD, NOW, setUp, THREE, URL_IN } from '../../support/plugin-fetch.ts';

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
