import { describe, expect, it } from 'vitest';

import { migrated } from '../../../support/migrated.ts';
import { accountOf, NOON } from '../../../support/state.ts';
import { accountV1, accountV2, fakeJwt, storeV1, storeV2 } from '../../../support/upstream-store.ts';

describe('aliases that oma refuses', () => {
  it('are changed as little as possible, and said', () => {
    const names = ['über uns', 'a b', 'a-b', ' lead', '', 'constructor', 'x'.repeat(70), '日本'];
    const { state, report } = migrated(
      storeV1(Object.fromEntries(names.map((name, index) => [name, accountV1(`seat${String(index)}`)]))),
    );
    expect(state.accounts.map(({ alias }) => alias)).toEqual([
      'ber-uns',
      'a-b-2',
      'a-b',
      'lead',
      'account',
      'constructor-2',
      'x'.repeat(64),
      'account-2',
    ]);
    expect(report.renamed).toContainEqual({ from: 'a b', to: 'a-b-2' });
    expect(report.renamed).toHaveLength(7);
  });

  it('keep their force, their weight and their place in rotation', () => {
    const raw = storeV2(
      { 'a b': accountV1('a'), home: accountV1('home') },
      { forcedAlias: 'a b', activeAlias: 'a b', settings: { accountWeights: { 'a b': 0.4 } } },
    );
    const { state } = migrated(raw);
    expect([state.force?.forcedAlias, state.settings.values.accountWeights, state.rotation.cursor]).toEqual([
      'a-b',
      { 'a-b': 0.4 },
      0,
    ]);
  });

  it('called __proto__ are an account like any other', () => {
    const raw: unknown = JSON.parse(`{"accounts":{"__proto__":${JSON.stringify(accountV1('work'))}}}`);
    expect(migrated(raw).state.accounts.map(({ alias }) => alias)).toEqual(['proto__']);
  });
});

describe('accounts that cannot be taken over as they are', () => {
  it('keep everything but need a login when no token says whose they are', () => {
    const { state, report } = migrated(
      storeV2({ work: accountV2('work', { accessToken: 'opaque', idToken: undefined, accountId: 'ws-work' }) }),
    );
    const account = accountOf(state, 'work');
    expect(account.seat).toEqual({
      accountId: 'ws-work',
      userId: expect.stringMatching(/^unknown:[0-9a-f]{16}$/) as string,
    });
    expect(account.auth).toEqual({ state: 'needs-login', reason: 'its tokens do not say whose they are', since: NOON });
    expect([account.usage.count, account.limits.windows.length]).toEqual([3, 2]);
    expect(report.needsLogin).toEqual(['work']);
    expect(report.notes).toContain('"work" needs a login: its tokens do not say whose they are');
  });

  it('use the ids that upstream stored when the tokens are opaque', () => {
    const { state } = migrated(
      storeV2({
        work: accountV2('work', { accessToken: 'opaque', idToken: undefined, accountId: 'ws-1', userId: 'user-1' }),
      }),
    );
    expect(accountOf(state, 'work')).toMatchObject({
      seat: { accountId: 'ws-1', userId: 'user-1' },
      auth: { state: 'ok' },
    });
  });

  it('take the person from the id token when the access token does not name one', () => {
    const accessToken = fakeJwt({ 'https://api.openai.com/auth': { chatgpt_account_id: 'ws-work' } });
    const { state } = migrated(storeV2({ work: accountV2('work', { accessToken }) }));
    expect(accountOf(state, 'work').seat).toEqual({ accountId: 'ws-work', userId: 'user-work' });
  });

  it('need a login when no refresh token was stored', () => {
    const { state, report } = migrated(storeV1({ work: accountV1('work', { refreshToken: undefined }) }));
    expect(accountOf(state, 'work').auth).toEqual({
      state: 'needs-login',
      reason: 'no refresh token was stored',
      since: NOON,
    });
    expect(report.needsLogin).toEqual(['work']);
  });

  it('are renewed before use when only the refresh token was stored', () => {
    const { state } = migrated(
      storeV1({ work: accountV1('work', { accessToken: undefined, accountId: 'ws-1', userId: 'user-1' }) }),
    );
    expect(accountOf(state, 'work')).toMatchObject({
      auth: { state: 'ok' },
      credentials: { refreshToken: 'rt_work', expiresAt: 0 },
    });
  });

  it('are left out, and named, when they hold no login at all', () => {
    const { state, report } = migrated(storeV1({ work: accountV1('work'), gone: { alias: 'gone' }, odd: 7 }));
    expect(state.accounts.map(({ alias }) => alias)).toEqual(['work']);
    expect(report.skipped).toEqual([
      { name: 'gone', because: 'it holds no login' },
      { name: 'odd', because: 'it holds no login' },
    ]);
  });

  it('lose only the fields that are unusable, and each is named', () => {
    const { state, report } = migrated(
      storeV2({ work: accountV2('work', { usageCount: 'many', enabled: 'no', email: 7 }) }),
    );
    expect(accountOf(state, 'work')).toMatchObject({
      usage: { count: 0 },
      availability: { enabled: true },
      email: 'work@example.test',
      planType: 'pro',
    });
    expect(report.notes.slice(0, 3)).toEqual(
      ['email', 'enabled', 'usageCount'].map(
        (field) => `"work": its field "${field}" could not be used and was left out`,
      ),
    );
  });

  it('get one try to renew a login that upstream marked invalid, because it does so without trying', () => {
    const { state, report } = migrated(storeV2({ work: accountV2('work', { authInvalid: true }) }));
    expect(accountOf(state, 'work').auth).toEqual({ state: 'ok' });
    expect(report.notes.join()).toContain('"work" was marked invalid there');
  });
});

describe('two records of one seat', () => {
  const older = accountV1('work', { lastRefresh: '2026-11-20T00:00:00Z', refreshToken: 'rt_older', usageCount: 9 });
  const newer = accountV1('work', { lastRefresh: '2026-11-22T00:00:00Z', refreshToken: 'rt_newer' });

  it('are not merged: the one renewed last is kept whole, the other is named', () => {
    const { state, report } = migrated(storeV1({ first: older, second: newer }));
    expect(state.accounts).toHaveLength(1);
    expect(accountOf(state, 'second')).toMatchObject({
      credentials: { refreshToken: 'rt_newer' },
      usage: { count: 3 },
    });
    expect(report.skipped).toEqual([
      { name: 'first', because: 'it is the same seat as "second", whose login is newer' },
    ]);
  });

  it('prefer the login that upstream did not call invalid', () => {
    const { state, report } = migrated(storeV1({ first: older, second: { ...newer, authInvalid: true } }));
    expect(state.accounts.map(({ alias }) => alias)).toEqual(['first']);
    expect(report.skipped).toEqual([
      {
        name: 'second',
        because: 'it is the same seat as "first", whose login works, while this one is in doubt',
      },
    ]);
  });

  it('are taken in their order when nothing tells them apart', () => {
    const { state, report } = migrated(storeV1({ first: newer, second: newer }));
    expect(state.accounts.map(({ alias }) => alias)).toEqual(['first']);
    expect(report.skipped).toEqual([
      { name: 'second', because: 'it is the same seat as "first", whose login is as good' },
    ]);
  });

  it('drop a force and a weight on the one that is left out, and say so', () => {
    const { state, report } = migrated(
      storeV2({ first: older, second: newer }, { forcedAlias: 'first', settings: { accountWeights: { first: 0.5 } } }),
    );
    expect([state.force, state.settings.values]).toEqual([null, { rotationStrategy: 'round-robin' }]);
    expect(report.notes).toEqual([
      'the weight of "first" was left out, because there is no such account',
      'the force on "first" was left out, because it is over or its account cannot be forced',
    ]);
  });

  it('do not exist for one e-mail in two workspaces', () => {
    const email = 'me@example.test';
    expect(
      migrated(storeV1({ a: accountV1('a', { email }), b: accountV1('b', { email }) })).state.accounts,
    ).toHaveLength(2);
  });
});
