import { afterEach, describe, expect, it, vi } from 'vitest';

import { OmaError } from '../../../contract/errors.ts';
import { secretSchema } from '../../../contract/scalars.ts';
import type { RefreshAnswer, RenewedTokens } from '../../../contract/worker-operations.ts';
import { checkStoreFile } from '../../../supervisor/store/check.ts';
import { composeForTest, type Supervised } from '../../support/composed.ts';
import { PATIENCE } from '../../support/patience.ts';
import { accountOf, HOUR, MINUTE, NOON, SECOND, tokenSet, withAccount } from '../../support/state.ts';

let oma: Supervised;
afterEach(() => oma.close());

type Refresh = (params: { refreshToken: string }) => Promise<RefreshAnswer>;

/** A supervisor whose accounts a and b have tokens that expire after `leftMs`. */
async function withTokens(leftMs: number, refresh: Refresh): Promise<void> {
  oma = await composeForTest({ aliases: ['a', 'b'], worker: { 'token.refresh': refresh } });
  for (const alias of ['a', 'b']) {
    await oma.store.transact(
      'test',
      (state) => [
        withAccount(state, alias, {
          credentials: { ...accountOf(state, alias).credentials, expiresAt: NOON + leftMs },
        }),
        undefined,
      ],
      'before-reply',
    );
  }
}

function lease(change: object = {}): ReturnType<Supervised['call']> {
  return oma.call('lease.acquire', {
    requestId: 'r',
    sessionId: null,
    rootSessionId: null,
    model: null,
    attempt: 1,
    exclude: [],
    ...change,
  });
}

function granted(refreshToken: string): RefreshAnswer {
  return { status: 'granted', tokens: tokenSet(refreshToken.replace('refresh-', '').replace('-new', '')) };
}

describe('the one refresher', () => {
  it('spends one refresh token for 64 leases that find it expired, and all get the new access token', async () => {
    const refresh = vi.fn<Refresh>(async ({ refreshToken }) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return granted(refreshToken);
    });
    await withTokens(-HOUR, refresh);
    const leases = await Promise.all(
      Array.from({ length: 64 }, (_, index) => lease({ sessionId: `s${String(index)}` })),
    );
    expect(new Set(leases.map(({ accessToken }) => accessToken))).toEqual(new Set(['access-a-new', 'access-b-new']));
    expect(refresh).toHaveBeenCalledTimes(2);
    expect(refresh.mock.calls.map(([{ refreshToken }]) => refreshToken).toSorted()).toEqual(['refresh-a', 'refresh-b']);
  });

  it('has the intent on disk before the token is sent, and the new tokens before anybody gets them', async () => {
    const seen: unknown[] = [];
    await withTokens(-HOUR, ({ refreshToken }) => {
      seen.push(accountOf(oma.store.durable(), 'a').refreshIntent);
      return Promise.resolve(granted(refreshToken));
    });
    const { accessToken } = await lease();
    expect(seen).toEqual([{ fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/), sentAt: NOON, unanswered: false }]);
    expect(accountOf(oma.store.durable(), 'a').credentials.accessToken).toBe(accessToken);
    expect(accountOf(oma.store.durable(), 'a').refreshIntent).toBeNull();
  });

  it('never sends two refreshes at the same instant, not even for two accounts', async () => {
    let under = 0;
    let most = 0;
    await withTokens(-HOUR, async ({ refreshToken }) => {
      most = Math.max(most, (under += 1));
      await new Promise((resolve) => setTimeout(resolve, 10));
      under -= 1;
      return granted(refreshToken);
    });
    await Promise.all(
      ['a', 'b'].map((alias) =>
        oma.composed.refresher.renew(alias, accountOf(oma.store.read(), alias).credentials.accessToken),
      ),
    );
    expect(most).toBe(1);
  });

  it('does not refresh for a token that somebody else has replaced already', async () => {
    const refresh = vi.fn<Refresh>(({ refreshToken }) => Promise.resolve(granted(refreshToken)));
    await withTokens(HOUR, refresh);
    const leases = await Promise.all([lease(), lease(), lease(), lease()]);
    const renewed = await Promise.all(leases.map(({ leaseId }) => oma.call('lease.refresh', { leaseId })));
    expect(renewed.map(({ alias, accessToken }) => accessToken === `access-${String(alias)}-new`)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(refresh).toHaveBeenCalledTimes(2);
  });

  it('hands out an aging token at once and renews it in the background', async () => {
    const refresh = vi.fn<Refresh>(({ refreshToken }) => Promise.resolve(granted(refreshToken)));
    await withTokens(2 * MINUTE, refresh);
    expect((await lease()).accessToken).toBe('access-a');
    await vi.waitFor(() => {
      expect(accountOf(oma.store.durable(), 'a').credentials.accessToken).toBe('access-a-new');
    }, PATIENCE);
  });

  it('a final no makes the account need a login, and the lease goes to another account', async () => {
    await withTokens(-HOUR, ({ refreshToken }) =>
      Promise.resolve(
        refreshToken === 'refresh-a'
          ? { status: 'rejected', code: 'refresh_token_reused', message: 'reused' }
          : granted(refreshToken),
      ),
    );
    expect((await lease()).alias).toBe('b');
    expect(accountOf(oma.store.durable(), 'a').auth).toEqual({
      state: 'needs-login',
      reason: 'refresh_token_reused',
      since: NOON,
    });
    expect(oma.events).toContainEqual(expect.objectContaining({ type: 'account-needs-login', alias: 'a' }));
  });

  it.each([
    ['a refresh that was provably not sent leaves no trace', { status: 'not-sent', message: 'refused' } as const, null],
    [
      'a refresh whose answer was lost is remembered and not guessed',
      { status: 'unanswered', message: 'cut' } as const,
      true,
    ],
  ])('%s, and the account is not blamed', async (_what, answer, unanswered) => {
    await withTokens(-HOUR, ({ refreshToken }) =>
      Promise.resolve(refreshToken === 'refresh-a' ? answer : granted(refreshToken)),
    );
    expect((await lease()).alias).toBe('b');
    const account = accountOf(oma.store.durable(), 'a');
    expect(account.auth.state).toBe('ok');
    expect(account.refreshIntent?.unanswered ?? null).toBe(unanswered);
    expect(account.credentials.refreshToken).toBe('refresh-a');
    expect((await oma.request('GET', '/api/status')).body.openRefreshes).toEqual(
      unanswered === true ? [{ alias: 'a', since: new Date(NOON).toISOString() }] : [],
    );
  });

  const UNTOLD = { expiresAtMs: null, accountId: null, userId: null, email: null, planType: null };

  it('a grant that says nothing about itself is kept on disk and used: the old refresh token is spent', async () => {
    const tokens = { ...tokenSet('a'), ...UNTOLD };
    await withTokens(-HOUR, () => Promise.resolve({ status: 'granted', tokens }));
    expect(await lease()).toMatchObject({
      alias: 'a',
      accessToken: 'access-a-new',
      accountId: 'ws-a',
      tokenExpiresAtMs: NOON + HOUR,
    });
    expect(accountOf(oma.store.durable(), 'a')).toMatchObject({
      email: 'a@example.test',
      planType: 'plus',
      credentials: { refreshToken: 'refresh-a-new', expiresAt: NOON + HOUR },
      refreshIntent: null,
    });
  });

  it('a grant without an access token is kept on disk, also over a restart, and its refresh token is spent next', async () => {
    const spent: string[] = [];
    let tokens: RenewedTokens = { ...tokenSet('a'), ...UNTOLD, accessToken: null };
    const worker: Refresh = ({ refreshToken }) => {
      spent.push(refreshToken);
      return Promise.resolve(
        refreshToken.startsWith('refresh-a') ? { status: 'granted', tokens } : granted(refreshToken),
      );
    };
    await withTokens(-HOUR, worker);
    expect((await lease()).alias).toBe('b');
    oma = await oma.restart();
    expect(accountOf(oma.store.durable(), 'a')).toMatchObject({
      auth: { state: 'ok' },
      credentials: { refreshToken: 'refresh-a-new', accessToken: 'access-a' },
      refreshIntent: null,
    });
    tokens = tokenSet('a');
    oma.clock.now += MINUTE;
    const renewed = await oma.composed.refresher.renew('a', secretSchema.parse('access-a'));
    expect(renewed.credentials.accessToken).toBe('access-a-new');
    expect(spent).toEqual(['refresh-a', 'refresh-b', 'refresh-a-new']);
  });

  it('after a 401, a grant without an access token takes the refused one out of use', async () => {
    const tokens = { ...tokenSet('a'), ...UNTOLD, accessToken: null };
    await withTokens(HOUR, () => Promise.resolve({ status: 'granted', tokens }));
    const { leaseId } = await lease();
    await expect(oma.call('lease.refresh', { leaseId })).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' });
    expect((await oma.request('GET', '/api/accounts')).body.accounts[0]).toMatchObject({
      alias: 'a',
      auth: 'expiring',
    });
    expect((await lease()).alias).toBe('b');
    expect((await lease()).alias).toBe('b');
  });

  it('names every account and what stands in its way when no token can be renewed', async () => {
    await withTokens(-HOUR, () => Promise.resolve({ status: 'not-sent', message: 'offline' }));
    await expect(lease()).rejects.toMatchObject({
      code: 'NO_ELIGIBLE_ACCOUNTS',
      details: {
        accounts: [{ alias: 'a', blockers: [{ code: 'excluded', detail: 'UPSTREAM_UNREACHABLE' }] }, { alias: 'b' }],
      },
    });
  });

  it('[B.L2.6] an intent that a crash left open is named after the restart, and evidence closes it', async () => {
    let answer: RefreshAnswer = { status: 'unanswered', message: 'cut' };
    await withTokens(-HOUR, () => Promise.resolve(answer));
    await expect(lease()).rejects.toMatchObject({ code: 'NO_ELIGIBLE_ACCOUNTS' });
    oma = await oma.restart();
    expect(
      (await oma.request('GET', '/api/status')).body.openRefreshes.map(({ alias }: { alias: string }) => alias),
    ).toEqual(['a', 'b']);
    answer = granted('refresh-a');
    oma.clock.now += MINUTE;
    expect((await lease()).alias).toBe('a');
    expect(
      (await oma.request('GET', '/api/status')).body.openRefreshes.map(({ alias }: { alias: string }) => alias),
    ).toEqual(['b']);
  });

  it('does not hammer a provider that cannot be reached', async () => {
    const refresh = vi.fn<Refresh>(() => Promise.resolve({ status: 'not-sent', message: 'offline' }));
    await withTokens(-HOUR, refresh);
    for (let turn = 0; turn < 10; turn += 1) await lease().catch(() => undefined);
    expect(refresh).toHaveBeenCalledTimes(2);
    oma.clock.now += 16 * SECOND;
    await lease().catch(() => undefined);
    expect(refresh).toHaveBeenCalledTimes(4);
  });

  it('a worker that dies in the middle leaves the refresh unanswered; one that is not there leaves it unsent', async () => {
    let error = new OmaError('CONNECTION_CLOSED', 'gone');
    await withTokens(-HOUR, () => Promise.reject(error));
    await oma.composed.refresher
      .renew('a', accountOf(oma.store.read(), 'a').credentials.accessToken)
      .catch(() => undefined);
    error = new OmaError('CHILD_UNAVAILABLE', 'not there');
    await oma.composed.refresher
      .renew('b', accountOf(oma.store.read(), 'b').credentials.accessToken)
      .catch(() => undefined);
    expect(oma.store.durable().accounts.map(({ refreshIntent }) => refreshIntent?.unanswered ?? null)).toEqual([
      true,
      null,
    ]);
  });

  it('does not refresh a disabled account', async () => {
    const refresh = vi.fn<Refresh>(({ refreshToken }) => Promise.resolve(granted(refreshToken)));
    await withTokens(-HOUR, refresh);
    await oma.request('PUT', '/api/accounts/a/enabled', { enabled: false });
    await expect(
      oma.composed.refresher.renew('a', accountOf(oma.store.read(), 'a').credentials.accessToken),
    ).rejects.toMatchObject({ code: 'ACCOUNT_DISABLED' });
    expect(refresh).not.toHaveBeenCalled();
  });

  it('leaves a store that its checker finds in order', async () => {
    await withTokens(-HOUR, ({ refreshToken }) => Promise.resolve(granted(refreshToken)));
    await lease();
    await oma.store.settled();
    expect(await checkStoreFile(`${oma.directory}/accounts.json`, null)).toMatchObject({
      ok: true,
      accounts: 2,
      problems: [],
    });
  });
});
