import { describe, expect, it } from 'vitest';

import { addAccount, removeAccount, setEnabled } from '../../../../supervisor/core/accounts.ts';
import { NO_NEEDS } from '../../../../supervisor/core/eligibility.ts';
import { chooseAccount } from '../../../../supervisor/core/lease.ts';
import type { State } from '../../../../supervisor/core/state.ts';
import { accountView } from '../../../../supervisor/core/view.ts';
import { accountOf, HOUR, newAccount, NOON, settingsWith, stateWith } from '../../../support/state.ts';

function toggle(state: State, alias: string, enabled: boolean, reason: string | null = null, now = NOON): State {
  return setEnabled(state, { alias, enabled, actor: 'dashboard', reason }, now)[0];
}

describe('the Enabled switch', () => {
  it('[D.L1.2] [D.L1.3] [D.L1.4] [S.5.2] notes when, by whom and why an account was disabled', () => {
    const state = toggle(stateWith('a', 'b'), 'a', false, 'holiday', NOON + HOUR);
    expect(accountOf(state, 'a').availability).toEqual({
      enabled: false,
      disabledAt: NOON + HOUR,
      disabledBy: 'dashboard',
      disableReason: 'holiday',
    });
    expect(accountOf(toggle(state, 'a', true), 'a').availability).toEqual({ enabled: true });
  });

  it('[S.6.2] [D.T.13] changes the target and nobody else', () => {
    const before = stateWith('a', 'b', 'c');
    const after = toggle(before, 'b', false);
    expect(accountOf(after, 'a')).toBe(accountOf(before, 'a'));
    expect(accountOf(after, 'c')).toBe(accountOf(before, 'c'));
  });

  it.each([
    ['an unknown alias', 'nobody', false, 'ACCOUNT_NOT_FOUND'],
    ['an account that is enabled already', 'a', true, 'ALREADY_ENABLED'],
    ['an account that is disabled already', 'b', false, 'ALREADY_DISABLED'],
  ] as const)('[D.L7.2] refuses %s', (_what, alias, enabled, code) => {
    const state = toggle(stateWith('a', 'b', 'c'), 'b', false);
    expect(() => toggle(state, alias, enabled)).toThrow(expect.objectContaining({ code }));
  });

  it('[D.L7.1] refuses to disable the last enabled account', () => {
    const state = toggle(stateWith('a', 'b'), 'a', false);
    expect(() => toggle(state, 'b', false)).toThrow(expect.objectContaining({ code: 'LAST_ENABLED_ACCOUNT' }));
  });

  it('[D.L7.3] rapid toggles end where the last one put it', () => {
    let state = stateWith('a', 'b');
    for (let turn = 0; turn < 50; turn += 1) state = toggle(state, 'a', turn % 2 === 1);
    expect(accountOf(state, 'a').availability).toEqual({ enabled: true });
    expect(state.accounts.map(({ alias }) => alias)).toEqual(['a', 'b']);
  });
});

describe('adding and removing', () => {
  it('says so instead of overwriting when the seat exists, and takes the same e-mail in another workspace', () => {
    const state = stateWith('a');
    expect(() => addAccount(state, { ...newAccount('a'), alias: 'again' }, NOON)).toThrow(
      expect.objectContaining({ code: 'SEAT_EXISTS', details: { alias: 'a' } }),
    );
    const twin = { ...newAccount('b'), email: 'a@example.test' };
    expect(addAccount(state, twin, NOON)[0].accounts.map(({ alias, email }) => [alias, email])).toEqual([
      ['a', 'a@example.test'],
      ['b', 'a@example.test'],
    ]);
  });

  it('keeps team mates of one workspace apart', () => {
    const mate = { ...newAccount('b'), seat: { accountId: 'ws-a', userId: 'user-b' } };
    expect(addAccount(stateWith('a'), mate, NOON)[0].accounts).toHaveLength(2);
  });

  it('refuses an alias that is taken', () => {
    expect(() => addAccount(stateWith('a'), { ...newAccount('b'), alias: 'a' }, NOON)).toThrow(
      expect.objectContaining({ code: 'ALIAS_TAKEN' }),
    );
  });

  it('removing an account keeps the order of the others', () => {
    let state = stateWith('a', 'b', 'c', 'd');
    const ask = { needs: NO_NEEDS, sessionId: null, settings: settingsWith() };
    [state] = chooseAccount(state, ask, NOON);
    [state] = chooseAccount(state, ask, NOON);
    [state] = removeAccount(state, 'a');
    expect(chooseAccount(state, ask, NOON)[1].account?.alias).toBe('c');
    [state] = removeAccount(stateWith('a'), 'a');
    expect(state).toEqual({ ...stateWith(), rotation: { cursor: -1, credits: [], seed: 1 } });
  });
});

describe('the view of an account', () => {
  it('[S.6.3] [D.L2.6] [D.L2.7] shows enabled, eligibility and health, and no secret', () => {
    const state = toggle(stateWith('a', 'b'), 'a', false, 'holiday');
    const view = accountView(accountOf(state, 'a'), {
      state,
      settings: settingsWith(),
      inFlight: 0,
      reauth: 'idle',
      now: NOON,
    });
    expect(view).toMatchObject({
      enabled: false,
      disabledBy: 'dashboard',
      disableReason: 'holiday',
      eligible: false,
      blockers: [{ code: 'disabled', until: null, detail: 'holiday' }],
      health: 'healthy',
      limitsConfidence: 'unknown',
      rateLimits: { fiveHour: null, weekly: null },
    });
    expect(JSON.stringify(view)).not.toMatch(/access-a|refresh-a|ws-a|user-a/);
  });
});
