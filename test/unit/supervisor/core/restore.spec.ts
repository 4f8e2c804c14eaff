import { describe, expect, it } from 'vitest';

import type { OlderPolicy } from '../../../../contract/backup.ts';
import { secretSchema } from '../../../../contract/scalars.ts';
import { restoreBackup } from '../../../../supervisor/core/restore.ts';
import { EMPTY_STATE, type State } from '../../../../supervisor/core/state.ts';
import { checkInvariants } from '../../../../supervisor/store/invariants.ts';
import { accountOf, HOUR, newAccount, NOON, stateWith, withAccount } from '../../../support/state.ts';

/** The state after a login of `alias` was renewed at an instant. */
function renewedAt(state: State, alias: string, at: number): State {
  const { credentials } = accountOf(state, alias);
  return withAccount(state, alias, {
    credentials: { ...credentials, refreshToken: secretSchema.parse(`refresh-${String(at)}`), lastRefreshAt: at },
  });
}

function put(state: State, backup: State, onOlder: OlderPolicy = 'refuse') {
  const [next, diff] = restoreBackup(state, { backup, onOlder, actor: 'cli' }, NOON);
  expect(checkInvariants(next)).toEqual([]);
  return { next, diff };
}

describe('a restore', () => {
  it('puts everything into an empty store', () => {
    const { next, diff } = put(EMPTY_STATE, stateWith('work', 'home'));
    expect(next.accounts).toEqual(stateWith('work', 'home').accounts);
    expect(diff.added).toEqual([
      { alias: 'work', was: 'work' },
      { alias: 'home', was: 'home' },
    ]);
  });

  it('changes nothing when the store is as the backup', () => {
    const state = stateWith('work');
    const { next, diff } = put(state, state);
    expect(next.accounts[0]).toEqual(state.accounts[0]);
    expect([diff.added, diff.renewed, diff.older, diff.switched, diff.settings, diff.untouched]).toEqual(
      Array.from({ length: 6 }, () => []),
    );
  });

  it('keeps accounts that the backup does not know, and counters of those that it knows', () => {
    const used = withAccount(stateWith('work', 'new'), 'work', { usage: { count: 7, lastUsedAt: NOON } });
    const { next, diff } = put(used, stateWith('work'));
    expect(next.accounts.map(({ alias, usage }) => [alias, usage.count])).toEqual([
      ['work', 7],
      ['new', 0],
    ]);
    expect(diff.untouched).toEqual(['new']);
  });

  it.each([
    ['refuse', 'refresh-work'],
    ['keep-newer', 'refresh-work'],
    ['use-older', `refresh-${String(NOON - 5 * HOUR)}`],
  ] as const)('names a login that the store has newer; with %s the token is %s', (policy, token) => {
    const { next, diff } = put(stateWith('work'), renewedAt(stateWith('work'), 'work', NOON - 5 * HOUR), policy);
    expect(accountOf(next, 'work').credentials.refreshToken).toBe(token);
    expect(diff.older).toEqual([
      { alias: 'work', stored: '2026-11-23T11:00:00.000Z', backup: '2026-11-23T07:00:00.000Z' },
    ]);
    expect(diff.renewed).toEqual([]);
  });

  it('takes a login that the backup has newer', () => {
    const { next, diff } = put(stateWith('work'), renewedAt(stateWith('work'), 'work', NOON));
    expect(accountOf(next, 'work').credentials.refreshToken).toBe(`refresh-${String(NOON)}`);
    expect(diff.renewed).toHaveLength(1);
  });

  it('finds accounts by their seat: another alias stays, a taken alias gets a number, and weights follow', () => {
    const mine = stateWith('work');
    const seat = { accountId: 'ws-other', userId: 'user-other' };
    const other = { ...stateWith('work'), accounts: [{ ...accountOf(mine, 'work'), seat }] };
    const backup: State = {
      ...other,
      settings: { ...other.settings, values: { accountWeights: { work: 0.25 }, lowThreshold: 44 } },
    };
    const { next, diff } = put(mine, backup);
    expect(diff.added).toEqual([{ alias: 'work-2', was: 'work' }]);
    expect(next.settings.values).toEqual({ accountWeights: { 'work-2': 0.25 }, lowThreshold: 44 });
    expect(diff.settings).toContainEqual({ name: 'lowThreshold', before: null, after: 44 });

    const renamed = { ...mine, accounts: [{ ...accountOf(mine, 'work'), ...newAccount('work'), alias: 'office' }] };
    expect(put(renamed, mine).next.accounts.map(({ alias }) => alias)).toEqual(['office']);
  });

  it('[I.L4.2] puts the switches and the settings back, and a force on an account that goes off ends', () => {
    const off = { enabled: false, disabledAt: NOON - HOUR, disabledBy: 'cli', disableReason: null } as const;
    const backup = withAccount(stateWith('work', 'home'), 'work', { availability: off });
    const forced: State = {
      ...stateWith('work', 'home'),
      force: {
        forcedAlias: 'work',
        forcedUntil: NOON + HOUR,
        previousRotationStrategy: 'round-robin',
        forcedBy: 'cli',
      },
    };
    const { next, diff } = put(forced, backup);
    expect(diff.switched).toEqual([{ alias: 'work', enabled: false }]);
    expect(accountOf(next, 'work').availability).toEqual(off);
    expect(next.force).toBeNull();
  });
});
