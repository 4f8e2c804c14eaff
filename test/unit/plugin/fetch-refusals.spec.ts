import { describe, expect, it } from 'vitest';

import { OmaError } from '../../../contract/errors.ts';
import { FAILURES, type OutcomeKind } from '../../../contract/failure.ts';
import { ANSWER, type Answerer, json, sse, streamed } from '../../support/fake-upstream.ts';
import { EXPIRED, GOOD, LIMITED, messageOf, NOW, setUp, THREE } from '../../support/plugin-fetch.ts';

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
