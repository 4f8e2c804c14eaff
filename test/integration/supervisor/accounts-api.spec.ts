import { readFile, writeFile } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { OmaError } from '../../../contract/errors.ts';
import type { TokenSet } from '../../../contract/worker-operations.ts';
import { composeForTest, type Supervised } from '../../support/composed.ts';
import { PATIENCE } from '../../support/patience.ts';
import { accountOf, HOUR, NOON, tokenSet } from '../../support/state.ts';
import { fakeJwt } from '../../support/worker.ts';

let oma: Supervised;
let isWorkerDown = false;
let finish: { resolve: (tokens: TokenSet) => void; reject: (error: Error) => void };

beforeEach(async () => {
  isWorkerDown = false;
  oma = await composeForTest({
    aliases: ['a', 'b', 'c'],
    worker: {
      'login.begin': () =>
        Promise.resolve({
          method: 'browser',
          url: 'http://127.0.0.1/authorize',
          userCode: null,
          instructions: 'Open the page.',
          expiresAtMs: NOON + 600_000,
        }),
      'login.finish': () => new Promise((resolve, reject) => (finish = { resolve, reject })),
      'login.cancel': () => {
        if (isWorkerDown) return Promise.reject(new OmaError('CHILD_UNAVAILABLE', 'The worker is down.'));
        finish.reject(new OmaError('LOGIN_CANCELLED', 'The login was cancelled.'));
        return Promise.resolve({});
      },
    },
  });
});

afterEach(() => oma.close());

function put(alias: string, body: unknown): ReturnType<Supervised['request']> {
  return oma.request('PUT', `/api/accounts/${alias}/enabled`, body);
}

async function loginOver(
  loginId: string,
): Promise<Supervised extends never ? never : Awaited<ReturnType<Supervised['call']>>> {
  return oma.call('login.wait', { loginId });
}

describe('PUT /api/accounts/:alias/enabled', () => {
  it('[D.L2.2] [D.L2.5] [D.T.5] disables an account and answers with it', async () => {
    const { status, body } = await put('a', { enabled: false, reason: 'holiday' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      alias: 'a',
      enabled: false,
      disabledAt: new Date(NOON).toISOString(),
      disabledBy: 'api',
      disableReason: 'holiday',
      eligible: false,
      blockers: [{ code: 'disabled' }],
    });
  });

  it('[D.L2.1] enables it again', async () => {
    await put('a', { enabled: false });
    expect((await put('a', { enabled: true })).body).toMatchObject({
      enabled: true,
      disabledAt: null,
      disabledBy: null,
      disableReason: null,
      eligible: true,
    });
  });

  it('[D.L2.3] [D.L7.2] [H.T.29] answers 404 for an unknown alias', async () => {
    expect(await put('nobody', { enabled: false })).toMatchObject({
      status: 404,
      body: { code: 'ACCOUNT_NOT_FOUND', requestId: expect.any(String) },
    });
  });

  it('[D.L2.4] [S.6.1] answers 409 for an account that is in that state already', async () => {
    expect(await put('a', { enabled: true })).toMatchObject({ status: 409, body: { code: 'ALREADY_ENABLED' } });
    await put('a', { enabled: false });
    expect(await put('a', { enabled: false })).toMatchObject({ status: 409, body: { code: 'ALREADY_DISABLED' } });
  });

  it('[D.L7.1] answers 409 for the last enabled account', async () => {
    await put('a', { enabled: false });
    await put('b', { enabled: false });
    expect(await put('c', { enabled: false })).toMatchObject({ status: 409, body: { code: 'LAST_ENABLED_ACCOUNT' } });
  });

  it('[D.L2.8] refuses a second toggle while one is in flight', async () => {
    const answers = await Promise.all([put('a', { enabled: false }), put('a', { enabled: false })]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'OPERATION_IN_PROGRESS' });
  });

  it('[D.L1.1] [D.L1.8] [S.6.2] survives a restart, and only the target changed', async () => {
    const before = oma.store.read();
    await put('b', { enabled: false, reason: 'broken' });
    oma = await oma.restart();
    expect(oma.store.read().accounts.map(({ alias, availability }) => [alias, availability.enabled])).toEqual([
      ['a', true],
      ['b', false],
      ['c', true],
    ]);
    expect(accountOf(oma.store.read(), 'a')).toEqual(accountOf(before, 'a'));
    expect(accountOf(oma.store.read(), 'b').availability).toEqual({
      enabled: false,
      disabledAt: NOON,
      disabledBy: 'api',
      disableReason: 'broken',
    });
  });

  it.each([
    ['a missing field', {}],
    ['a wrong type', { enabled: 'no' }],
    ['an unknown field', { enabled: false, colour: 'red' }],
    ['a prototype key', '{"enabled": false, "__proto__": {"x": 1}}'],
    ['an empty reason', { enabled: false, reason: ' ' }],
  ])('answers 400 and changes nothing for %s', async (_what, body) => {
    const before = oma.store.read();
    expect(await put('a', body)).toMatchObject({
      status: 400,
      body: { code: 'INVALID_PARAMS', details: { problems: [expect.objectContaining({ field: expect.any(String) })] } },
    });
    expect(oma.store.read()).toBe(before);
  });

  it.each(['a%2Fb', 'a%20b', '%C3%A4', 'x'.repeat(10_000), '..%2F..', '__proto__', 'constructor'])(
    'answers 400 or 404, never 500, for the alias %s',
    async (alias) => {
      expect([400, 404]).toContain((await put(alias, { enabled: false })).status);
    },
  );
});

describe('rotation around disabled accounts', () => {
  async function served(count: number): Promise<string[]> {
    const aliases: string[] = [];
    for (let turn = 0; turn < count; turn += 1) {
      const request = { requestId: 'r', sessionId: null, rootSessionId: null, model: null, attempt: 1, exclude: [] };
      aliases.push((await oma.call('lease.acquire', request)).alias);
    }
    return aliases;
  }

  it('[D.L1.7] [D.L5.1] [D.L5.2] [D.L5.4] goes round the others, and takes the account in again at once', async () => {
    expect(await served(4)).toEqual(['a', 'b', 'c', 'a']);
    await put('b', { enabled: false });
    expect(await served(6)).toEqual(['c', 'a', 'c', 'a', 'c', 'a']);
    await put('b', { enabled: true });
    expect((await served(3)).toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('[D.L5.3] answers NO_ELIGIBLE_ACCOUNTS, naming each, when the only enabled account is removed', async () => {
    await put('a', { enabled: false });
    await put('b', { enabled: false });
    await oma.request('DELETE', '/api/accounts/c');
    await expect(served(1)).rejects.toMatchObject({
      code: 'NO_ELIGIBLE_ACCOUNTS',
      details: { accounts: [{ alias: 'a' }, { alias: 'b' }], earliestRecovery: null },
    });
    await put('b', { enabled: true });
    expect(await served(2)).toEqual(['b', 'b']);
  });

  it('[D.L7.3] toggles of many at once each succeed or are refused by name, and the last that succeeded stands', async () => {
    const wanted = Array.from({ length: 50 }, (_, index) => index % 2 === 1);
    const answers = await Promise.all(wanted.map((enabled) => put('a', { enabled })));
    const codes = ['ALREADY_ENABLED', 'ALREADY_DISABLED', 'OPERATION_IN_PROGRESS'];
    for (const { status, body } of answers)
      if (status !== 200) expect([409, codes]).toEqual([status, expect.arrayContaining([body.code])]);
    const changes = (await oma.request('GET', '/api/audit?limit=500')).body.entries;
    const done = answers.filter(({ status }) => status === 200);
    expect(changes).toHaveLength(done.length);
    expect(accountOf(oma.store.read(), 'a').availability.enabled).toBe(done.length % 2 === 0);
  });
});

describe('GET /api/accounts', () => {
  it('[D.T.4] [D.L2.6] [D.L2.7] [C.L3.5] [C.L3.6] [C.L3.7] [C.L2.5] shows enabled, eligibility and limits of all accounts, unknown where nothing is known', async () => {
    const { status, body } = await oma.request('GET', '/api/accounts');
    expect(status).toBe(200);
    expect(body.accounts).toHaveLength(3);
    for (const account of body.accounts) {
      expect(account).toMatchObject({
        enabled: true,
        eligible: true,
        blockers: [],
        health: 'healthy',
        limitsConfidence: 'unknown',
        limitStatus: 'idle',
        lastLimitProbeAt: null,
        rateLimits: { fiveHour: null, weekly: null },
        windows: [],
        auth: 'ok',
        reauth: 'idle',
      });
    }
  });

  it('holds no token and no id of a seat', async () => {
    const { text } = await oma.request('GET', '/api/accounts');
    expect(text).not.toMatch(/access-|refresh-|ws-|user-/);
  });
});

describe('POST /api/accounts/:alias/reauth', () => {
  it('[S.1.1] [D.L3.1] [D.L3.6] [D.L3.7] [D.L3.2] [D.T.6] goes in-progress to success and changes only the credentials of its alias', async () => {
    const before = oma.store.read();
    const { status, body } = await oma.request('POST', '/api/accounts/a/reauth', {});
    expect([status, body]).toMatchObject([
      202,
      { alias: 'a', purpose: 'reauth', state: 'in-progress', url: 'http://127.0.0.1/authorize' },
    ]);
    expect((await oma.request('GET', '/api/accounts')).body.accounts[0].reauth).toBe('in-progress');
    finish.resolve(tokenSet('a'));
    expect(await loginOver(body.loginId)).toMatchObject({ state: 'success', error: null });
    const { credentials, ...rest } = accountOf(oma.store.read(), 'a');
    const { credentials: old, ...restBefore } = accountOf(before, 'a');
    expect(credentials).toMatchObject({ accessToken: 'access-a-new', refreshToken: 'refresh-a-new' });
    expect(old.accessToken).toBe('access-a');
    expect(rest).toEqual(restBefore);
    expect(accountOf(oma.store.read(), 'b')).toBe(accountOf(before, 'b'));
    expect((await oma.request('GET', '/api/accounts')).body.accounts[0].reauth).toBe('success');
  });

  it('[D.L3.3] [D.L3.4] refuses an unknown and a disabled alias', async () => {
    expect(await oma.request('POST', '/api/accounts/nobody/reauth', {})).toMatchObject({
      status: 404,
      body: { code: 'ACCOUNT_NOT_FOUND' },
    });
    await put('a', { enabled: false });
    expect(await oma.request('POST', '/api/accounts/a/reauth', {})).toMatchObject({
      status: 409,
      body: { code: 'ACCOUNT_DISABLED' },
    });
  });

  it('[D.L3.8] a failed login leaves the old credentials as they were', async () => {
    const before = oma.store.read();
    const { body } = await oma.request('POST', '/api/accounts/a/reauth', {});
    finish.reject(new OmaError('LOGIN_REFUSED', 'The provider refused the login. Try again.'));
    expect(await loginOver(body.loginId)).toMatchObject({ state: 'error', error: { code: 'LOGIN_REFUSED' } });
    expect(accountOf(oma.store.read(), 'a')).toBe(accountOf(before, 'a'));
    expect((await oma.request('GET', '/api/accounts')).body.accounts[0].reauth).toBe('error');
  });

  it('refuses another person’s login and changes nothing', async () => {
    const before = oma.store.read();
    const { body } = await oma.request('POST', '/api/accounts/a/reauth', {});
    finish.resolve(tokenSet('b'));
    expect(await loginOver(body.loginId)).toMatchObject({ state: 'error', error: { code: 'IDENTITY_MISMATCH' } });
    expect(oma.store.read().accounts).toEqual(before.accounts);
  });

  it('is idle again after it was cancelled, and refuses a second one meanwhile', async () => {
    const { body } = await oma.request('POST', '/api/accounts/a/reauth', {});
    expect(await oma.request('POST', '/api/accounts/a/reauth', {})).toMatchObject({
      status: 409,
      body: { code: 'OPERATION_IN_PROGRESS' },
    });
    expect(await oma.request('POST', `/api/logins/${body.loginId}/cancel`, {})).toMatchObject({
      status: 200,
      body: { state: 'error', error: { code: 'LOGIN_CANCELLED' } },
    });
    expect((await oma.request('GET', '/api/accounts')).body.accounts[0].reauth).toBe('idle');
  });

  it('[D.L3.5] keeps the active pointer and lets codex’s own login file follow', async () => {
    await oma.request('POST', '/api/accounts/a/switch', {});
    const { codexAuthFile } = oma.context.addresses;
    const login = fakeJwt({
      exp: (NOON + HOUR) / 1_000,
      'https://api.openai.com/auth': { chatgpt_account_id: 'ws-a', chatgpt_user_id: 'user-a' },
    });
    const tokens = { access_token: login, id_token: login, refresh_token: 'refresh-a', account_id: 'ws-a' };
    await writeFile(
      codexAuthFile,
      JSON.stringify({ auth_mode: 'chatgpt', tokens, last_refresh: new Date(NOON - HOUR).toISOString() }),
    );
    const { body } = await oma.request('POST', '/api/accounts/a/reauth', {});
    finish.resolve(tokenSet('a'));
    await loginOver(body.loginId);
    expect(oma.store.read().activeAlias).toBe('a');
    await vi.waitFor(
      async () =>
        expect(JSON.parse(await readFile(codexAuthFile, 'utf8'))).toMatchObject({
          tokens: { access_token: 'access-a-new', account_id: 'ws-a' },
        }),
      PATIENCE,
    );
  });

  it('[D.L7.4] a lease that is out is reported as if nothing had happened, and the next one has the new token', async () => {
    const ask = { sessionId: null, rootSessionId: null, model: null, attempt: 1, exclude: [] };
    const lease = await oma.call('lease.acquire', { ...ask, requestId: 'r1' });
    const { body } = await oma.request('POST', `/api/accounts/${lease.alias}/reauth`, {});
    finish.resolve(tokenSet(lease.alias));
    await loginOver(body.loginId);
    const outcome = {
      kind: 'success',
      status: 200,
      retryAtMs: null,
      limitId: null,
      errorCode: null,
      phase: 'complete',
      firstByteMs: 1,
      durationMs: 2,
    };
    expect(await oma.call('lease.report', { leaseId: lease.leaseId, outcome })).toEqual({ cooledUntilMs: null });
    expect(accountOf(oma.store.read(), lease.alias)).toMatchObject({
      auth: { state: 'ok' },
      health: { status: 'healthy' },
      usage: { count: 1 },
    });
    await oma.request('POST', '/api/force', { alias: lease.alias });
    const next = await oma.call('lease.acquire', { ...ask, requestId: 'r2' });
    expect([lease.accessToken, next.accessToken]).toEqual([`access-${lease.alias}`, `access-${lease.alias}-new`]);
  });
});

describe('POST /api/accounts', () => {
  it('adds an account when its login is over, and refuses a taken alias or a seat that exists', async () => {
    const { body } = await oma.request('POST', '/api/accounts', { alias: 'd' });
    finish.resolve(tokenSet('d'));
    expect(await loginOver(body.loginId)).toMatchObject({ state: 'success', alias: 'd', purpose: 'add' });
    expect(oma.store.read().accounts.map(({ alias }) => alias)).toEqual(['a', 'b', 'c', 'd']);
    expect(await oma.request('POST', '/api/accounts', { alias: 'd' })).toMatchObject({
      status: 409,
      body: { code: 'ALIAS_TAKEN' },
    });
    const again = await oma.request('POST', '/api/accounts', { alias: 'e' });
    finish.resolve(tokenSet('a'));
    expect(await loginOver(again.body.loginId)).toMatchObject({ state: 'error', error: { code: 'SEAT_EXISTS' } });
  });
});

describe('DELETE /api/accounts/:alias', () => {
  it('tells the removal of an account although the worker dies with its login under way', async () => {
    await oma.request('POST', '/api/accounts/b/reauth');
    isWorkerDown = true;
    expect(await oma.request('DELETE', '/api/accounts/b')).toMatchObject({ status: 200, body: { alias: 'b' } });
    expect(oma.events).toContainEqual(
      expect.objectContaining({ type: 'changed', topics: ['accounts', 'force', 'status'] }),
    );
    const { body } = await oma.request('GET', '/api/audit');
    expect(body.entries[0]).toMatchObject({ action: 'account.remove', target: 'b' });
  });

  it('removes one account for good', async () => {
    expect(await oma.request('DELETE', '/api/accounts/b')).toMatchObject({ status: 200, body: { alias: 'b' } });
    oma = await oma.restart();
    expect(oma.store.read().accounts.map(({ alias }) => alias)).toEqual(['a', 'c']);
    expect(await oma.request('DELETE', '/api/accounts/b')).toMatchObject({
      status: 404,
      body: { code: 'ACCOUNT_NOT_FOUND' },
    });
  });
});
