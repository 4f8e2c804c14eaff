import { describe, expect, it } from 'vitest';

import { LOGIN_TIMEOUT_MS } from '../../../contract/worker-operations.ts';
import { begin, browse, redirectOf, setUp, signIn } from '../../support/browser-login.ts';
import { PATIENCE } from '../../support/patience.ts';
import { everythingOf, manualClock } from '../../support/worker.ts';

describe('a browser login that comes to nothing', () => {
  it('ends when the person refuses', async () => {
    const { simulator, worker } = await setUp();
    const begun = await begin(worker, simulator);
    const finished = worker['login.finish']({ loginId: 'login-1' });
    const refused = expect(finished).rejects.toMatchObject({
      code: 'LOGIN_REFUSED',
      details: { error: 'access_denied' },
    });
    expect(await browse(signIn(begun.url, ''))).toMatchObject({
      status: 403,
      text: expect.stringContaining('access_denied'),
    });
    await refused;
    await expectFree(begun.url);
  });

  it('is refused by the provider when the code was made for another challenge', async () => {
    const { simulator, worker } = await setUp();
    const begun = await begin(worker, simulator);
    const finished = worker['login.finish']({ loginId: 'login-1' });
    const foreign = new URL(signIn(begun.url, 'work'));
    foreign.searchParams.set('code_challenge', 'A'.repeat(43));
    const refused = expect(finished).rejects.toMatchObject({
      code: 'LOGIN_REFUSED',
      details: { error: 'invalid_grant' },
    });
    await browse(foreign.href);
    await refused;
  });

  it('is told at the exchange when the provider does not know the port', async () => {
    const { simulator, worker } = await setUp({}, 'exchange-refuses');
    const begun = await begin(worker, simulator);
    const finished = worker['login.finish']({ loginId: 'login-1' });
    const refused = expect(finished).rejects.toMatchObject({
      code: 'LOGIN_REFUSED',
      details: { error: 'unauthorized_client', status: 403 },
    });
    await browse(signIn(begun.url, 'work'));
    await refused;
  });

  it.each([
    ['missing-fields', 'UPSTREAM_INVALID_ANSWER', /"access_token"/],
    ['garbage-jwt', 'UPSTREAM_INVALID_ANSWER', /"chatgpt_account_id"/],
    ['html-200', 'UPSTREAM_INVALID_ANSWER', /"access_token"/],
    ['answer-lost', 'UPSTREAM_UNREACHABLE', /Begin it again/],
    ['server-error', 'UPSTREAM_UNREACHABLE', /HTTP 500/],
    ['rate-limit-bare', 'UPSTREAM_UNREACHABLE', /rate_limit_exceeded/],
    ['forbidden', 'LOGIN_REFUSED', /HTTP 403/],
    ['reset-before-headers', 'UPSTREAM_UNREACHABLE', /ECONNRESET/],
  ] as const)(
    'fails with a reason, and frees its port, when the token answer is spoiled: %s',
    async (kind, code, message) => {
      const { simulator, worker } = await setUp();
      simulator.control.pushFault({ kind, endpoint: 'token' });
      const begun = await begin(worker, simulator);
      const finished = worker['login.finish']({ loginId: 'login-1' });
      const failed = expect(finished).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
      const shown = await browse(signIn(begun.url, 'work'));
      await failed;
      const codeOfLogin = new URL(shown.url).searchParams.get('code') ?? 'none';
      expect(everythingOf(await finished.catch((error: unknown) => error))).not.toMatch(
        new RegExp(`${codeOfLogin}|not\\.a\\.jwt|eyJ`),
      );
      await expectFree(begun.url);
      expect(simulator.control.requests({ endpoint: 'token' })).toHaveLength(1);
    },
  );

  it('exchanges the first code only, however often the browser comes', async () => {
    const { simulator, worker } = await setUp();
    const begun = await begin(worker, simulator);
    const consent = await fetch(signIn(begun.url, 'work'), { redirect: 'manual' });
    const callback = consent.headers.get('location') ?? '';
    const visits = await Promise.allSettled(Array.from({ length: 8 }, () => fetch(callback)));
    expect(await worker['login.finish']({ loginId: 'login-1' })).toMatchObject({ userId: 'user-ada' });
    const answered = visits.flatMap((visit) => (visit.status === 'fulfilled' ? [visit.value.status] : []));
    expect(answered.filter((status) => status === 200)).toHaveLength(1);
    expect(answered.filter((status) => status !== 200 && status !== 409)).toEqual([]);
    expect(simulator.control.requests({ endpoint: 'token' })).toHaveLength(1);
  });

  it('lets only one login listen at a time, and says which', async () => {
    const { simulator, worker } = await setUp({ callbackPorts: [0] });
    const attempts = await Promise.allSettled(['a', 'b', 'c'].map((id) => begin(worker, simulator, `login-${id}`)));
    expect(attempts.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(attempts[1]).toMatchObject({
      reason: {
        code: 'OPERATION_IN_PROGRESS',
        details: { loginId: 'login-a' },
        message: expect.stringContaining('Finish or cancel that one first'),
      },
    });
    const other = await worker['login.begin']({ loginId: 'login-d', method: 'paste', issuerUrl: simulator.issuerUrl });
    expect(other.method).toBe('paste');
    await worker['login.cancel']({ loginId: 'login-a' });
    expect((await begin(worker, simulator, 'login-b')).method).toBe('browser');
  });

  it('refuses a second login of the same id', async () => {
    const { simulator, worker } = await setUp();
    await begin(worker, simulator);
    await expect(
      worker['login.begin']({ loginId: 'login-1', method: 'paste', issuerUrl: simulator.issuerUrl }),
    ).rejects.toMatchObject({ code: 'OPERATION_IN_PROGRESS' });
  });

  it('refuses an issuer that is neither https nor on loopback', async () => {
    const { worker } = await setUp();
    const begun = worker['login.begin']({
      loginId: 'login-1',
      method: 'browser',
      issuerUrl: 'http://auth.example.test',
    });
    await expect(begun).rejects.toMatchObject({
      code: 'INVALID_PARAMS',
      message: expect.stringContaining('ISSUER_URL'),
    });
  });
});

describe('the end of a browser login', () => {
  it('by cancelling frees the port and ends who waits', async () => {
    const { simulator, worker } = await setUp();
    const begun = await begin(worker, simulator);
    const cancelled = expect(worker['login.finish']({ loginId: 'login-1' })).rejects.toMatchObject({
      code: 'LOGIN_CANCELLED',
    });
    await worker['login.cancel']({ loginId: 'login-1' });
    await expectFree(begun.url);
    await cancelled;
    await expect(worker['login.cancel']({ loginId: 'login-1' })).rejects.toMatchObject({ code: 'LOGIN_NOT_FOUND' });
  });

  it('by cancelling in the middle of the exchange gives up the exchange, and nobody gets tokens', async () => {
    const { simulator, worker } = await setUp();
    simulator.control.pushFault({ kind: 'stall-before-headers', endpoint: 'token' });
    const begun = await begin(worker, simulator);
    const cancelled = expect(worker['login.finish']({ loginId: 'login-1' })).rejects.toMatchObject({
      code: 'LOGIN_CANCELLED',
    });
    await browse(signIn(begun.url, 'work'));
    await expectFree(begun.url);
    await expect.poll(() => simulator.control.state().openRequests, PATIENCE).toBe(1);
    await worker['login.cancel']({ loginId: 'login-1' });
    await cancelled;
    await expect.poll(() => simulator.control.state().openRequests, PATIENCE).toBe(0);
  });

  it('by cancelling also ends a visitor that never completes its request', async () => {
    const { simulator, worker } = await setUp();
    const begun = await begin(worker, simulator);
    const visitor = await fetch(redirectOf(begun.url).origin, {
      method: 'POST',
      body: neverEnding(),
      duplex: 'half',
    });
    expect(visitor.status).toBe(404);
    await worker['login.cancel']({ loginId: 'login-1' });
    await expectFree(begun.url);
  });

  it('comes by itself after ten minutes, not before', async () => {
    const clock = manualClock(Date.now());
    const { simulator, worker } = await setUp(clock);
    const begun = await begin(worker, simulator);
    expect(begun.expiresAtMs).toBe(clock.now() + LOGIN_TIMEOUT_MS);
    const finished = worker['login.finish']({ loginId: 'login-1' });
    const timedOut = expect(finished).rejects.toMatchObject({ code: 'LOGIN_TIMED_OUT' });
    clock.advance(LOGIN_TIMEOUT_MS - 1);
    expect((await fetch(redirectOf(begun.url).origin)).status).toBe(404);
    clock.advance(1);
    await timedOut;
    await expectFree(begun.url);
  });

  it('leaves time for the exchange of a code that came in the last moment', async () => {
    const clock = manualClock(Date.now());
    const { simulator, worker } = await setUp(clock);
    const begun = await begin(worker, simulator);
    const finished = worker['login.finish']({ loginId: 'login-1' });
    clock.advance(LOGIN_TIMEOUT_MS - 1);
    simulator.control.pushFault({ kind: 'slow', endpoint: 'token', delayMs: 30 });
    await browse(signIn(begun.url, 'work'));
    clock.advance(1_000);
    expect(await finished).toMatchObject({ userId: 'user-ada' });
  });

  it('is forgotten a minute later when nobody asked for the outcome', async () => {
    const clock = manualClock(Date.now());
    const { simulator, worker } = await setUp(clock);
    const begun = await begin(worker, simulator);
    await browse(signIn(begun.url, ''));
    await expectFree(begun.url);
    await expect.poll(() => clock.waiting(), PATIENCE).toEqual([60_000]);
    clock.advance(60_000);
    await expect(worker['login.finish']({ loginId: 'login-1' })).rejects.toMatchObject({ code: 'LOGIN_NOT_FOUND' });
  });
});

async function expectFree(authorizeUrl: string): Promise<void> {
  const { port } = redirectOf(authorizeUrl);
  await expect
    .poll(
      () =>
        fetch(`http://127.0.0.1:${port}/`).then(
          () => 'open',
          (error: unknown) => codeOf(error),
        ),
      PATIENCE,
    )
    .toBe('ECONNREFUSED');
}

function codeOf(error: unknown): unknown {
  return (error as { cause?: { code?: unknown } }).cause?.code;
}

function neverEnding(): ReadableStream {
  return new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) });
}
