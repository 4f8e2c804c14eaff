import { describe, expect, it } from 'vitest';

import { updateAccount } from '../../../../supervisor/core/access.ts';
import {
  abandonRefresh,
  adoptNewer,
  beginRefresh,
  inheritIntents,
  leaveRefreshUnanswered,
  renewLogin,
  replaceCredentials,
  requireLogin,
  tokenFreshness,
} from '../../../../supervisor/core/credentials.ts';
import { accountOf, HOUR, MINUTE, NOON, SECOND, stateWith, tokenSet } from '../../../support/state.ts';

describe('credentials', () => {
  it('[D.L3.7] [H.T.11] replaces the tokens of the same seat and keeps everything else of the account', () => {
    const before = stateWith('a', 'b');
    const [after] = replaceCredentials(before, { alias: 'a', tokens: tokenSet('a', { planType: 'pro' }) }, NOON);
    const account = accountOf(after, 'a');
    expect(account.credentials).toEqual({
      accessToken: 'access-a-new',
      refreshToken: 'refresh-a-new',
      idToken: null,
      expiresAt: NOON + 20 * 24 * HOUR,
      lastRefreshAt: NOON,
    });
    expect(account).toMatchObject({ planType: 'pro', usage: { count: 0 }, auth: { state: 'ok' } });
    expect(accountOf(after, 'b')).toBe(accountOf(before, 'b'));
  });

  it.each([
    ['unauthorized', { status: 'probation', until: null }],
    ['rate-limited', { status: 'cooldown', until: NOON + HOUR }],
  ] as const)('lets a renewed login end a cooldown for %s only if the login was its reason', (reason, expected) => {
    const health = { status: 'cooldown', until: NOON + HOUR, reason, cooldownMs: HOUR, successes: 0 } as const;
    const before = updateAccount(stateWith('a'), 'a', (account) => ({ ...account, health }));
    const [after, account] = renewLogin(before, { alias: 'a', tokens: tokenSet('a') }, NOON);
    expect(account.health).toEqual({ ...health, ...expected });
    expect(accountOf(after, 'a')).toBe(account);
  });

  it('[D.L3.2] refuses the tokens of another person or workspace', () => {
    const state = stateWith('a');
    for (const other of [{ userId: 'user-x' }, { accountId: 'ws-x' }]) {
      expect(() => replaceCredentials(state, { alias: 'a', tokens: tokenSet('a', other) }, NOON)).toThrow(
        expect.objectContaining({ code: 'IDENTITY_MISMATCH' }),
      );
    }
  });

  it('adopts newer tokens and never older ones', () => {
    const state = stateWith('a');
    const last = accountOf(state, 'a').credentials.lastRefreshAt;
    expect(adoptNewer(state, { alias: 'a', tokens: tokenSet('a'), refreshedAt: last + 1 })[1]).toBe(true);
    expect(adoptNewer(state, { alias: 'a', tokens: tokenSet('a'), refreshedAt: last })).toEqual([state, false]);
    expect(adoptNewer(state, { alias: 'a', tokens: tokenSet('a', { expiresAtMs: NOON }), refreshedAt: NOON })).toEqual([
      state,
      false,
    ]);
    expect(adoptNewer(state, { alias: 'a', tokens: tokenSet('a', { userId: 'user-x' }), refreshedAt: NOON })).toEqual([
      state,
      false,
    ]);
  });

  it('remembers a refresh that was sent until its answer is stored', () => {
    const [sent] = beginRefresh(stateWith('a'), { alias: 'a', fingerprint: 'f00d' }, NOON);
    expect(accountOf(sent, 'a').refreshIntent).toEqual({ fingerprint: 'f00d', sentAt: NOON, unanswered: false });
    expect(accountOf(leaveRefreshUnanswered(sent, 'a'), 'a').refreshIntent?.unanswered).toBe(true);
    expect(accountOf(inheritIntents(sent), 'a').refreshIntent?.unanswered).toBe(true);
    expect(accountOf(abandonRefresh(sent, 'a'), 'a').refreshIntent).toBeNull();
    expect(
      accountOf(replaceCredentials(sent, { alias: 'a', tokens: tokenSet('a') }, NOON)[0], 'a').refreshIntent,
    ).toBeNull();
    const rejected = accountOf(requireLogin(sent, { alias: 'a', reason: 'refresh_token_reused' }, NOON)[0], 'a');
    expect([rejected.refreshIntent, rejected.auth]).toEqual([
      null,
      { state: 'needs-login', reason: 'refresh_token_reused', since: NOON },
    ]);
  });

  it('tells fresh, aging and expired tokens apart', () => {
    const { credentials } = accountOf(stateWith('a'), 'a');
    const left = (ms: number): string => tokenFreshness({ ...credentials, expiresAt: NOON + ms }, NOON);
    expect([left(5 * MINUTE), left(5 * MINUTE - 1), left(30 * SECOND), left(30 * SECOND - 1), left(-HOUR)]).toEqual([
      'fresh',
      'aging',
      'aging',
      'expired',
      'expired',
    ]);
  });

  describe('under a clock that is wrong', () => {
    const issued = { ...accountOf(stateWith('a'), 'a').credentials, expiresAt: NOON + HOUR };
    const YEAR = 365 * 24 * HOUR;

    it('a token that the provider has just given is used, not refreshed again and again', () => {
      const fast = NOON + YEAR;
      const credentials = { ...issued, lastRefreshAt: fast };
      expect(tokenFreshness(credentials, fast)).toBe('fresh');
      expect(tokenFreshness(credentials, fast + 5 * MINUTE - 1)).toBe('fresh');
      expect(tokenFreshness(credentials, fast + 5 * MINUTE)).toBe('expired');
    });

    it('the expiry counts again once the clock is right', () => {
      const credentials = { ...issued, lastRefreshAt: NOON + YEAR };
      expect(tokenFreshness(credentials, NOON)).toBe('fresh');
      expect(tokenFreshness(credentials, NOON + HOUR)).toBe('expired');
    });
  });
});
