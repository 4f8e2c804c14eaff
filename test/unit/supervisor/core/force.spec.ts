import { describe, expect, it } from 'vitest';

import { removeAccount, setEnabled } from '../../../../supervisor/core/accounts.ts';
import { NO_NEEDS } from '../../../../supervisor/core/eligibility.ts';
import { activateForce, clearForce, reconcileForce } from '../../../../supervisor/core/force.ts';
import { recordOutcome } from '../../../../supervisor/core/health.ts';
import { chooseAccount } from '../../../../supervisor/core/lease.ts';
import { NO_LAYERS, updateSettings } from '../../../../supervisor/core/settings.ts';
import type { State } from '../../../../supervisor/core/state.ts';
import { HOUR, NOON, outcome, settingsWith, stateWith } from '../../../support/state.ts';

const settings = settingsWith();

function force(state: State, alias: string, now = NOON, inForce = settings): State {
  return activateForce(state, { alias, actor: 'cli', settings: inForce }, now)[0];
}

function serves(state: State, now: number): string | null {
  return chooseAccount(state, { needs: NO_NEEDS, sessionId: null, settings }, now)[1].account?.alias ?? null;
}

describe('force', () => {
  it('[E.L1.2] [E.L1.3] [E.L1.4] [E.T.1] notes the alias, 24 hours, the strategy before, and who asked', () => {
    const state = force(stateWith('a', 'b', 'c'), 'b', NOON, settingsWith({ rotationStrategy: 'least-used' }));
    expect(state.force).toEqual({
      forcedAlias: 'b',
      forcedUntil: NOON + 24 * HOUR,
      previousRotationStrategy: 'least-used',
      forcedBy: 'cli',
    });
  });

  it('[E.L2.1] [E.T.3] always selects the forced account while it is active and eligible', () => {
    let state = force(stateWith('a', 'b', 'c'), 'b');
    for (let turn = 0; turn < 5; turn += 1) {
      const [next, choice] = chooseAccount(
        state,
        { needs: NO_NEEDS, sessionId: `s${String(turn)}`, settings },
        NOON + turn * HOUR,
      );
      state = next;
      expect(choice).toMatchObject({ how: 'force', account: { alias: 'b' } });
    }
  });

  it('[E.L2.2] [E.T.4] ends at once when the forced account cools down', () => {
    const [cooled] = recordOutcome(
      force(stateWith('a', 'b'), 'b'),
      { alias: 'b', model: null, outcome: outcome('rate-limited') },
      NOON,
    );
    const [after, choice] = chooseAccount(cooled, { needs: NO_NEEDS, sessionId: null, settings }, NOON);
    expect(choice).toMatchObject({
      how: 'strategy',
      account: { alias: 'a' },
      endedForce: { alias: 'b', because: 'ineligible' },
    });
    expect(after.force).toBeNull();
  });

  it('[E.L2.3] [E.T.5] ends at once when the forced account is disabled', () => {
    const [state] = setEnabled(
      force(stateWith('a', 'b'), 'b'),
      { alias: 'b', enabled: false, actor: 'cli', reason: null },
      NOON,
    );
    expect(state.force).toBeNull();
    expect(serves(state, NOON)).toBe('a');
  });

  it('[E.L2.4] [E.T.6] ends when the forced account is removed', () => {
    const [state] = removeAccount(force(stateWith('a', 'b'), 'b'), 'b');
    expect(state.force).toBeNull();
    expect(serves(state, NOON)).toBe('a');
  });

  it('[E.L2.5] [E.T.7] [H.T.12] ends at its last millisecond', () => {
    const state = force(stateWith('a', 'b'), 'b');
    expect(reconcileForce(state, settings, NOON + 24 * HOUR - 1)[1]).toBeNull();
    const [after, ended] = reconcileForce(state, settings, NOON + 24 * HOUR);
    expect(ended).toEqual({ alias: 'b', because: 'expired' });
    expect(after.force).toBeNull();
  });

  it('[E.L2.6] [E.T.8] [H.T.12] is not prolonged by activating it again', () => {
    const again = force(force(stateWith('a', 'b'), 'b'), 'b', NOON + 5 * HOUR);
    expect(again.force?.forcedUntil).toBe(NOON + 24 * HOUR);
  });

  it('[E.L7.2] is not prolonged by clearing and activating it again within the 24 hours, and begins anew after them', () => {
    const [cleared] = clearForce(force(stateWith('a', 'b'), 'b'));
    expect(force(cleared, 'b', NOON + 23 * HOUR).force?.forcedUntil).toBe(NOON + 24 * HOUR);
    expect(force(cleared, 'b', NOON + 25 * HOUR).force?.forcedUntil).toBe(NOON + 49 * HOUR);
  });

  it('[E.L2.7] another alias starts its own 24 hours and keeps the strategy before the first force', () => {
    const first = force(stateWith('a', 'b'), 'a', NOON, settingsWith({ rotationStrategy: 'random' }));
    const second = force(first, 'b', NOON + HOUR, settingsWith({ rotationStrategy: 'least-used' }));
    expect(second.force).toMatchObject({
      forcedAlias: 'b',
      forcedUntil: NOON + 25 * HOUR,
      previousRotationStrategy: 'random',
    });
  });

  it('returns to the strategy that the user chose meanwhile', () => {
    const [state] = updateSettings(
      force(stateWith('a', 'b'), 'a'),
      { values: { rotationStrategy: 'least-used' }, actor: 'cli', layers: NO_LAYERS },
      NOON,
    );
    expect(state.force?.previousRotationStrategy).toBe('least-used');
  });

  it('voids bindings to other accounts, and its own when it ends', () => {
    const session = { needs: NO_NEEDS, sessionId: 's', settings };
    const [bound] = chooseAccount(stateWith('a', 'b'), session, NOON);
    const forced = force(bound, 'b');
    expect(forced.bindings.size).toBe(0);
    const [cleared] = clearForce(forced);
    expect(chooseAccount(cleared, session, NOON)[1].how).toBe('strategy');
  });

  it('[E.L3.3] [E.L7.1] refuses an account that does not exist, is disabled, or cannot serve', () => {
    expect(() => force(stateWith(), 'a')).toThrow(expect.objectContaining({ code: 'ACCOUNT_NOT_FOUND' }));
    const [disabled] = setEnabled(
      stateWith('a', 'b'),
      { alias: 'a', enabled: false, actor: 'cli', reason: null },
      NOON,
    );
    expect(() => force(disabled, 'a')).toThrow(expect.objectContaining({ code: 'ACCOUNT_DISABLED' }));
    const [cooled] = recordOutcome(stateWith('a'), { alias: 'a', model: null, outcome: outcome('rate-limited') }, NOON);
    expect(() => force(cooled, 'a')).toThrow(expect.objectContaining({ code: 'ACCOUNT_INELIGIBLE' }));
  });

  it('[E.L7.3] refuses to clear when nothing is forced', () => {
    expect(() => clearForce(stateWith('a'))).toThrow(expect.objectContaining({ code: 'FORCE_NOT_ACTIVE' }));
  });

  it('stands aside, without ending, for a request that has tried its account already', () => {
    const [after, choice] = chooseAccount(
      force(stateWith('a', 'b'), 'b'),
      { needs: { model: null, exclude: ['b'] }, sessionId: null, settings },
      NOON,
    );
    expect(choice).toMatchObject({ account: { alias: 'a' }, endedForce: null });
    expect(after.force?.forcedAlias).toBe('b');
  });

  it('[E.L2.5] lasts 24 hours at most also when the clock is set back meanwhile', () => {
    const before = force(stateWith('a', 'b'), 'b', NOON + 48 * HOUR);
    const [after, ended] = reconcileForce(before, settings, NOON);
    expect([after.force?.forcedUntil, ended]).toEqual([NOON + 24 * HOUR, null]);
    expect(reconcileForce(after, settings, NOON + HOUR)[0]).toBe(after);
    const [free] = clearForce(after);
    expect(force(free, 'b', NOON + HOUR).force?.forcedUntil).toBe(NOON + 24 * HOUR);
  });
});
