import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createGuard } from '../../../supervisor/doors/guard.ts';
import { openHttpDoor, refuseNonLoopback } from '../../../supervisor/doors/http.ts';
import { composeForTest, type Supervised, TEST_PORT, TEST_TOKEN } from '../../support/composed.ts';

let oma: Supervised;

beforeEach(async () => {
  oma = await composeForTest({ aliases: ['a', 'b'] });
});

afterEach(() => oma.close());

const BROWSER = { authorization: '', origin: `http://127.0.0.1:${String(TEST_PORT)}` };

async function launch(): Promise<string> {
  const { status, headers } = await oma.request('GET', `/launch?token=${TEST_TOKEN}`, undefined, { authorization: '' });
  expect([status, headers.get('location')]).toEqual([303, '/']);
  const cookie = headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/HttpOnly/);
  expect(cookie).toMatch(/SameSite=Strict/);
  expect(cookie).not.toContain(TEST_TOKEN);
  return cookie.split(';')[0] ?? '';
}

describe('the guard of the dashboard', () => {
  it('lets nobody in without a token', async () => {
    for (const path of ['/api/accounts', '/api/status', '/api/settings', '/api/events', '/metrics']) {
      expect(await oma.request('GET', path, undefined, { authorization: '' })).toMatchObject({
        status: 401,
        body: { code: 'UNAUTHORIZED' },
      });
    }
  });

  it('exchanges the launch token for a cookie, which reads, and changes only with the CSRF header', async () => {
    const cookie = await launch();
    expect((await oma.request('GET', '/api/accounts', undefined, { ...BROWSER, cookie })).status).toBe(200);
    const change = { enabled: false };
    expect(await oma.request('PUT', '/api/accounts/a/enabled', change, { ...BROWSER, cookie })).toMatchObject({
      status: 403,
      body: { code: 'CSRF_REQUIRED' },
    });
    expect(
      await oma.request('PUT', '/api/accounts/a/enabled', change, { ...BROWSER, cookie, 'x-oma-csrf': '1' }),
    ).toMatchObject({ status: 200, body: { disabledBy: 'dashboard' } });
  });

  it.each([
    'evil.example',
    'evil.example:3434',
    '192.168.1.5:3434',
    '127.0.0.1:9999',
    'localhost',
    '127.0.0.1.evil.example:3434',
    '',
  ])('refuses the Host %s, so that DNS rebinding reaches nothing', async (host) => {
    expect(await oma.request('GET', '/api/accounts', undefined, { host })).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN_HOST' },
    });
  });

  it.each(['http://evil.example', 'https://127.0.0.1:3434', 'http://127.0.0.1:9999', 'null'])(
    'refuses the Origin %s, token or not',
    async (origin) => {
      expect(await oma.request('GET', '/api/accounts', undefined, { origin })).toMatchObject({
        status: 403,
        body: { code: 'FORBIDDEN_ORIGIN' },
      });
    },
  );

  it('refuses what a browser says comes from another site', async () => {
    expect(await oma.request('GET', '/api/accounts', undefined, { 'sec-fetch-site': 'cross-site' })).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN_ORIGIN' },
    });
  });

  it('stops answering guesses after twenty, for a minute', async () => {
    const guess = (): ReturnType<Supervised['request']> =>
      oma.request('GET', '/api/accounts', undefined, { authorization: 'Bearer guess' });
    for (let turn = 0; turn < 20; turn += 1) expect((await guess()).status).toBe(401);
    expect((await guess()).body.code).toBe('TOO_MANY_ATTEMPTS');
    oma.clock.now += 61_000;
    expect((await oma.request('GET', '/api/accounts')).status).toBe(200);
  });

  it('sends a policy that allows no foreign and no inline script', async () => {
    const policy = (await oma.request('GET', '/healthz')).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
  });

  it('answers /healthz without a token, and says nothing there but that it lives', async () => {
    expect(await oma.request('GET', '/healthz', undefined, { authorization: '' })).toMatchObject({
      status: 200,
      body: { ok: true },
    });
  });
});

describe('bad requests', () => {
  it.each([
    ['a body that is not JSON', '{"enabled": fal', {}, 400, 'INVALID_JSON'],
    ['a body that is no object', '[1]', {}, 400, 'INVALID_PARAMS'],
    ['another content type', '{"enabled": false}', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a body that is too large', `{"reason": "${'x'.repeat(300_000)}"}`, {}, 413, 'PAYLOAD_TOO_LARGE'],
  ])('answers typed errors for %s', async (_what, body, headers, status, code) => {
    expect(
      await oma.request('PUT', '/api/accounts/a/enabled', body, { 'content-type': 'application/json', ...headers }),
    ).toMatchObject({ status, body: { code } });
  });

  it('answers 405 with the methods allowed, and 404 for what is not there', async () => {
    const wrong = await oma.request('POST', '/api/accounts/a/enabled', {});
    expect([wrong.status, wrong.headers.get('allow'), wrong.body.code]).toEqual([405, 'PUT', 'METHOD_NOT_ALLOWED']);
    expect(await oma.request('GET', '/api/nothing')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await oma.request('GET', '/..%2f..%2fetc/passwd')).toMatchObject({ status: 404 });
  });

  it('[B.L3.3] [B.T.4] turns an unforeseen error into INTERNAL with a request id, and tells only the log', async () => {
    const app = await composeForTest({
      aliases: ['a'],
      worker: { 'login.begin': () => Promise.reject(new Error('secret refresh_token=abc')) },
    });
    const { status, body, text } = await app.request('POST', '/api/accounts', { alias: 'z' });
    expect([status, body.code, typeof body.requestId]).toEqual([500, 'INTERNAL', 'string']);
    expect(text).not.toContain('secret');
    expect(app.logged.join()).toContain('secret');
    await app.close();
  });
});

describe('the address of the dashboard', () => {
  it.each(['0.0.0.0', '::', '10.0.0.1', 'example.com', '127.0.0.1.example.com', ''])(
    '[B.L3.1] [H.T.28] refuses to bind %s',
    (host) => {
      expect(() => {
        refuseNonLoopback(host);
      }).toThrow(expect.objectContaining({ code: 'NON_LOOPBACK_HOST' }));
    },
  );

  it('[B.L3.2] binds 127.0.0.1 only, and moves to the next port when one is busy', async () => {
    const blocker = createServer();
    const busy = await new Promise<number>((resolve) => {
      blocker.listen(0, '127.0.0.1', () => {
        resolve((blocker.address() as AddressInfo).port);
      });
    });
    let port = busy;
    const door = await openHttpDoor({
      host: '127.0.0.1',
      port: busy,
      uiDirectory: oma.directory,
      guard: createGuard({ token: TEST_TOKEN, port: () => port, now: () => oma.clock.now }),
      dispatch: oma.dispatch,
      subscribe: () => () => undefined,
      requestId: () => 'r',
      metrics: () => '',
      health: () => ({ ok: true }),
      onError: () => undefined,
    });
    ({ port } = door);
    expect(port).toBeGreaterThan(busy);
    expect(door.url).toBe(`http://127.0.0.1:${String(port)}`);
    expect(await (await fetch(`${door.url}/healthz`)).json()).toEqual({ ok: true });
    // Whoever listens on every address, or on the whole loopback network, would answer here.
    await expect(fetch(`http://127.0.0.2:${String(port)}/healthz`)).rejects.toThrow();
    await door.close();
    blocker.close();
  });
});
