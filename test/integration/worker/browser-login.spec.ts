import { createServer, type Server } from 'node:http';

import { describe, expect, it, onTestFinished } from 'vitest';

import { LOGIN_TIMEOUT_MS } from '../../../contract/worker-operations.ts';
import type { Deps } from '../../../worker/deps.ts';
import { type Simulator, useSimulator } from '../../support/simulator.ts';
import { type Call, everythingOf, manualClock, useWorker } from '../../support/worker.ts';

/** What a browser shows at the end of its way, and where. */
interface Shown {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const REDIRECTS_MAX = 5;
const WAIT = { timeout: 5_000, interval: 5 };

describe('a browser login', () => {
  it('brings the tokens and the identity of whoever signed in', async () => {
    const { simulator, worker } = await setUp();
    const begun = await begin(worker, simulator);
    expect(begun).toMatchObject({ method: 'browser', userCode: null });
    const finished = worker['login.finish']({ loginId: 'login-1' });
    const shown = await browse(signIn(begun.url, 'work'));
    expect(shown).toMatchObject({ status: 200, text: expect.stringContaining('Thank you') });
    const tokens = await finished;
    expect(tokens).toMatchObject({
      accountId: 'ws-engine-room',
      userId: 'user-ada',
      email: 'ada@example.test',
      planType: 'team',
    });
    expect(await askAsSeat(simulator, tokens)).toBe(200);
    expect(simulator.control.requests({ endpoint: 'token' })).toMatchObject([
      { grantType: 'authorization_code', status: 200 },
    ]);
  });

  it('tells two people of one workspace, and two workspaces of one person, apart', async () => {
    const { simulator, worker } = await setUp();
    const seats = [];
    for (const alias of ['work', 'home', 'colleague']) {
      const begun = await begin(worker, simulator);
      await browse(signIn(begun.url, alias));
      const { accountId, userId } = await worker['login.finish']({ loginId: 'login-1' });
      seats.push(`${accountId} ${userId}`);
    }
    expect(seats).toEqual(['ws-engine-room user-ada', 'ws-ada-personal user-ada', 'ws-engine-room user-grace']);
  });

  it('keeps the outcome for a caller that asks for it only later', async () => {
    const { simulator, worker } = await setUp();
    const begun = await begin(worker, simulator);
    await browse(signIn(begun.url, 'work'));
    expect(await worker['login.finish']({ loginId: 'login-1' })).toMatchObject({ userId: 'user-ada' });
    await expect(worker['login.finish']({ loginId: 'login-1' })).rejects.toMatchObject({ code: 'LOGIN_NOT_FOUND' });
  });

  it('[B.L3.4] takes the second port when the first one is busy, and shows the address of the port that is really bound', async () => {
    const busy = await occupy();
    const { simulator, worker } = await setUp({ callbackPorts: [portOf(busy), 0] });
    const begun = await begin(worker, simulator);
    const redirect = redirectOf(begun.url);
    expect(redirect.port).not.toBe(String(portOf(busy)));
    expect(redirect.port).not.toBe('0');
    expect(redirect.href).toBe(`http://localhost:${redirect.port}/auth/callback`);
    expect(begun.instructions).toContain(redirect.href);
    const finished = worker['login.finish']({ loginId: 'login-1' });
    expect(new URL((await browse(signIn(begun.url, 'home'))).url).port).toBe(redirect.port);
    expect(await finished).toMatchObject({ accountId: 'ws-ada-personal' });
  });

  it('[B.T.12] [B.L3.4] with both ports busy says so, says what holds them likely and what to do instead, and leaves nothing behind', async () => {
    const [one, other] = [await occupy(), await occupy()];
    const ports = [portOf(one), portOf(other)];
    const { simulator, worker } = await setUp({ callbackPorts: ports });
    const refused: unknown = await begin(worker, simulator).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'LOGIN_PORTS_BUSY', details: { ports } });
    expect((refused as Error).message).toMatch(/codex login.*--device.*--paste/s);
    await expect(worker['login.finish']({ loginId: 'login-1' })).rejects.toMatchObject({ code: 'LOGIN_NOT_FOUND' });
    await free(other);
    const begun = await begin(worker, simulator);
    expect(redirectOf(begun.url).port).toBe(String(ports[1]));
  });

  it('does not take a port that somebody else has on the other loopback address', async () => {
    const busy = await occupy('::1');
    const { simulator, worker } = await setUp({ callbackPorts: [portOf(busy), 0] });
    const begun = await begin(worker, simulator);
    expect(redirectOf(begun.url).port).not.toBe(String(portOf(busy)));
  });

  it('listens on loopback only, on both of its addresses', async () => {
    const { simulator, worker } = await setUp();
    const { port } = redirectOf((await begin(worker, simulator)).url);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    expect((await fetch(`http://[::1]:${port}/`)).status).toBe(404);
  });

  it('ignores everything but the callback with its own state', async () => {
    const { simulator, worker } = await setUp();
    const begun = await begin(worker, simulator);
    const finished = worker['login.finish']({ loginId: 'login-1' });
    const { origin } = redirectOf(begun.url);
    const state = new URL(begun.url).searchParams.get('state') ?? '';
    const strays: readonly (readonly [string, RequestInit, number])[] = [
      ['/', {}, 404],
      ['/favicon.ico', {}, 404],
      ['/cancel', {}, 404],
      [`/auth/callback/x?code=ac_stray&state=${state}`, {}, 404],
      [`/auth/callback?code=ac_stray&state=${state}`, { method: 'POST' }, 404],
      [`/auth/callback?code=ac_stray&state=${state}`, { method: 'HEAD' }, 404],
      ['/auth/callback', {}, 400],
      ['/auth/callback?code=ac_stray', {}, 400],
      ['/auth/callback?code=ac_stray&state=wrong', {}, 400],
      ['/auth/callback?error=access_denied&state=wrong', {}, 400],
      [`/auth/callback?state=${state}`, {}, 400],
    ];
    for (const [path, init, status] of strays) {
      const response = await fetch(origin + path, init);
      expect([path, response.status]).toEqual([path, status]);
      expect(await response.text()).not.toContain('ac_stray');
    }
    expect(simulator.control.requests({ endpoint: 'token' })).toEqual([]);
    await browse(signIn(begun.url, 'work'));
    expect(await finished).toMatchObject({ userId: 'user-ada' });
  });

  it('answers with a page that runs nothing, leaks no address and shows what it is given as text', async () => {
    const { simulator, worker } = await setUp();
    const begun = await begin(worker, simulator);
    const finished = worker['login.finish']({ loginId: 'login-1' });
    const state = new URL(begun.url).searchParams.get('state') ?? '';
    const refused = expect(finished).rejects.toMatchObject({ code: 'LOGIN_REFUSED', details: { error: 'unknown' } });
    const shown = await browse(
      `${redirectOf(begun.url).href}?error=${encodeURIComponent('<script>alert(1)</script>')}&state=${state}`,
    );
    expect(shown.status).toBe(403);
    expect(shown.text).not.toContain('<script');
    expect(shown.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(shown.headers.get('referrer-policy')).toBe('no-referrer');
    await refused;
  });

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
        message: expect.stringContaining('login-a'),
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
    await expect.poll(() => simulator.control.state().openRequests, WAIT).toBe(1);
    await worker['login.cancel']({ loginId: 'login-1' });
    await cancelled;
    await expect.poll(() => simulator.control.state().openRequests, WAIT).toBe(0);
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
    await expect.poll(() => clock.waiting(), WAIT).toEqual([60_000]);
    clock.advance(60_000);
    await expect(worker['login.finish']({ loginId: 'login-1' })).rejects.toMatchObject({ code: 'LOGIN_NOT_FOUND' });
  });
});

async function setUp(replaced: Partial<Deps> = {}, redirectPorts: 'any' | 'exchange-refuses' = 'any') {
  const simulator = await useSimulator({ settings: { redirectPorts } });
  return { simulator, worker: useWorker(replaced) };
}

function begin(worker: Call, simulator: Simulator, loginId = 'login-1') {
  return worker['login.begin']({ loginId, method: 'browser', issuerUrl: simulator.issuerUrl });
}

/** Follows redirects one by one, as a browser does. */
async function browse(start: string): Promise<Shown> {
  let url = start;
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
    const response = await fetch(url, { redirect: 'manual' });
    const text = await response.text();
    const location = response.headers.get('location');
    if (response.status !== 302 || location === null)
      return { url, status: response.status, headers: response.headers, text };
    url = new URL(location, url).href;
  }
  throw new Error('Too many redirects.');
}

/** The click of a person on the sign-in page; an empty name refuses. */
function signIn(authorizeUrl: string, alias: string): string {
  const url = new URL(authorizeUrl);
  url.searchParams.set('sim_user', alias);
  return url.href;
}

function redirectOf(authorizeUrl: string): URL {
  return new URL(new URL(authorizeUrl).searchParams.get('redirect_uri') ?? '');
}

async function askAsSeat(
  simulator: Simulator,
  { accessToken, accountId }: { accessToken: string; accountId: string },
): Promise<number> {
  const response = await fetch(`${simulator.baseUrl}/wham/usage`, {
    headers: { authorization: `Bearer ${accessToken}`, 'chatgpt-account-id': accountId },
  });
  return response.status;
}

async function expectFree(authorizeUrl: string): Promise<void> {
  const { port } = redirectOf(authorizeUrl);
  await expect
    .poll(
      () =>
        fetch(`http://127.0.0.1:${port}/`).then(
          () => 'open',
          (error: unknown) => codeOf(error),
        ),
      WAIT,
    )
    .toBe('ECONNREFUSED');
}

function codeOf(error: unknown): unknown {
  return (error as { cause?: { code?: unknown } }).cause?.code;
}

async function occupy(host = '127.0.0.1'): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, () => resolve()));
  onTestFinished(() => free(server));
  return server;
}

function free(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function portOf(server: Server): number {
  return (server.address() as { port: number }).port;
}

function neverEnding(): ReadableStream {
  return new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) });
}
