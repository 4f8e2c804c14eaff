import { createServer, type Server } from 'node:http';

import { describe, expect, it, onTestFinished } from 'vitest';

import { begin, browse, redirectOf, setUp, signIn } from '../../support/browser-login.ts';
import type { Simulator } from '../../support/simulator.ts';

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
});

async function askAsSeat(
  simulator: Simulator,
  { accessToken, accountId }: { accessToken: string; accountId: string },
): Promise<number> {
  const response = await fetch(`${simulator.baseUrl}/wham/usage`, {
    headers: { authorization: `Bearer ${accessToken}`, 'chatgpt-account-id': accountId },
  });
  return response.status;
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
