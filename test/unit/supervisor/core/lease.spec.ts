import { describe, expect, it } from 'vitest';

import { setEnabled } from '../../../../supervisor/core/accounts.ts';
import { earliestRecovery, NO_NEEDS } from '../../../../supervisor/core/eligibility.ts';
import { recordOutcome } from '../../../../supervisor/core/health.ts';
import { AFFINITY_TTL_MS, type Choice, chooseAccount, type LeaseInput } from '../../../../supervisor/core/lease.ts';
import type { Account, State } from '../../../../supervisor/core/state.ts';
import {
  accountOf,
  HOUR,
  MINUTE,
  NOON,
  outcome,
  settingsWith,
  stateWith,
  withAccount,
} from '../../../support/state.ts';

const settings = settingsWith();

function ask(change: Partial<LeaseInput> = {}): LeaseInput {
  return { needs: NO_NEEDS, sessionId: null, settings, ...change };
}

/** Leases several times in a row and names who served. */
function serve(
  start: State,
  times: number,
  input: LeaseInput,
  now = NOON,
): { readonly state: State; readonly served: readonly (string | null)[]; readonly last: Choice | null } {
  let state = start;
  let last: Choice | null = null;
  const served: (string | null)[] = [];
  for (let turn = 0; turn < times; turn += 1) {
    [state, last] = chooseAccount(state, input, now);
    served.push(last.account?.alias ?? null);
  }
  return { state, served, last };
}

function disable(state: State, alias: string): State {
  return setEnabled(state, { alias, enabled: false, actor: 'test', reason: null }, NOON)[0];
}

describe('choosing an account', () => {
  it('goes round in the order of the accounts', () => {
    expect(serve(stateWith('a', 'b', 'c'), 7, ask()).served).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a']);
  });

  it('[D.L1.5] [D.L5.1] [D.L5.2] never chooses a disabled account and skips it in round-robin', () => {
    expect(serve(disable(stateWith('a', 'b', 'c'), 'b'), 5, ask()).served).toEqual(['a', 'c', 'a', 'c', 'a']);
  });

  it('[D.L1.7] the other accounts still rotate after one was disabled in the middle of a round', () => {
    const { state } = serve(stateWith('a', 'b', 'c'), 2, ask());
    expect(serve(disable(state, 'c'), 4, ask()).served).toEqual(['a', 'b', 'a', 'b']);
  });

  it('[D.L5.4] an account is eligible again at once when it is enabled again', () => {
    const off = disable(stateWith('a', 'b'), 'a');
    const on = setEnabled(off, { alias: 'a', enabled: true, actor: 'test', reason: null }, NOON)[0];
    expect(serve(off, 2, ask()).served).toEqual(['b', 'b']);
    expect(serve(on, 2, ask()).served).toEqual(['a', 'b']);
  });

  it('[B.L1.3] [B.T.3] [D.L5.3] answers nobody, and says so, when no account can serve', () => {
    const state = withAccount(disable(stateWith('a', 'b'), 'a'), 'b', {
      auth: { state: 'needs-login', reason: 'test', since: NOON },
    });
    const { last, state: after } = serve(state, 1, ask());
    expect(last).toMatchObject({ account: null, how: 'none', fallbackReason: 'none-eligible', attemptsMax: 1 });
    expect(after).toBe(state);
  });

  it('[B.L1.2] [B.T.2] allows no more attempts than there are eligible accounts, and never more than three', () => {
    const budget = (state: State): number => chooseAccount(state, ask(), NOON)[1].attemptsMax;
    expect(budget(stateWith('a'))).toBe(1);
    expect(budget(stateWith('a', 'b'))).toBe(2);
    expect(budget(stateWith('a', 'b', 'c', 'd', 'e'))).toBe(3);
    expect(budget(disable(stateWith('a', 'b', 'c'), 'a'))).toBe(2);
  });

  it('counts every use', () => {
    const { state } = serve(stateWith('a', 'b'), 5, ask());
    expect(state.accounts.map(({ usage }) => usage)).toEqual([
      { count: 3, lastUsedAt: NOON },
      { count: 2, lastUsedAt: NOON },
    ]);
  });

  it('least-used takes the account with the fewest uses', () => {
    const used = withAccount(stateWith('a', 'b', 'c'), 'a', { usage: { count: 5, lastUsedAt: NOON } });
    expect(serve(used, 4, ask({ settings: settingsWith({ rotationStrategy: 'least-used' }) })).served).toEqual([
      'b',
      'c',
      'b',
      'c',
    ]);
  });

  it('random is the same for the same seed and reaches every account', () => {
    const input = ask({ settings: settingsWith({ rotationStrategy: 'random' }) });
    const first = serve(stateWith('a', 'b', 'c'), 300, input).served;
    expect(serve(stateWith('a', 'b', 'c'), 300, input).served).toEqual(first);
    const counts = ['a', 'b', 'c'].map((alias) => first.filter((served) => served === alias).length);
    expect(Math.min(...counts)).toBeGreaterThan(70);
  });

  it('random gives every account that can serve the same chance, also when most cannot', () => {
    const aliases = Array.from({ length: 40 }, (_, index) => `a${String(index)}`);
    const able = ['a7', 'a8', 'a31'];
    const state = aliases.filter((alias) => !able.includes(alias)).reduce(disable, stateWith(...aliases));
    const { served } = serve(state, 3_000, ask({ settings: settingsWith({ rotationStrategy: 'random' }) }));
    const counts = able.map((alias) => served.filter((name) => name === alias).length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(3_000);
    expect(Math.min(...counts)).toBeGreaterThan(900);
  });

  it.each(['round-robin', 'least-used', 'random'] as const)(
    '%s looks at few of many accounts while most can serve',
    (rotationStrategy) => {
      let looks = 0;
      const counted = (account: Account): Account => ({
        ...account,
        get availability() {
          looks += 1;
          return account.availability;
        },
      });
      const state = stateWith(...Array.from({ length: 500 }, (_, index) => `a${String(index)}`));
      chooseAccount(
        { ...state, accounts: state.accounts.map(counted) },
        ask({ settings: settingsWith({ rotationStrategy }) }),
        NOON,
      );
      // Three for the number of attempts, one for the pick, one for the copy that counts the use.
      expect(looks).toBeLessThanOrEqual(5);
    },
  );

  it('leaves out what the request has tried already', () => {
    expect(serve(stateWith('a', 'b'), 2, ask({ needs: { model: null, exclude: ['a'] } })).served).toEqual(['b', 'b']);
  });

  it('uses a critical account only if no better one is eligible', () => {
    const windows = [
      {
        limitId: 'codex',
        limitName: null,
        durationMinutes: 300,
        usedPercent: 95,
        resetsAt: NOON + HOUR,
        source: 'codex-exec' as const,
        observedAt: NOON,
      },
    ];
    const state = withAccount(stateWith('a', 'b'), 'a', {
      limits: { ...accountOf(stateWith('a'), 'a').limits, windows, lastProbeAt: NOON, status: 'success' },
    });
    expect(serve(state, 3, ask()).served).toEqual(['b', 'b', 'b']);
    const alone = serve(disable(state, 'b'), 1, ask());
    expect(alone.served).toEqual(['a']);
    expect(alone.last?.fallbackReason).toBe('critical-only');
  });

  it('leaves an exhausted window until its reset', () => {
    const windows = [
      {
        limitId: 'codex',
        limitName: null,
        durationMinutes: 300,
        usedPercent: 100,
        resetsAt: NOON + 10 * MINUTE,
        source: 'codex-exec' as const,
        observedAt: NOON,
      },
    ];
    const state = withAccount(stateWith('a', 'b'), 'a', {
      limits: { ...accountOf(stateWith('a'), 'a').limits, windows, lastProbeAt: NOON, status: 'success' },
    });
    expect(serve(state, 2, ask()).served).toEqual(['b', 'b']);
    expect(serve(state, 1, ask(), NOON + 10 * MINUTE).served).toEqual(['a']);
  });
});

describe('session affinity', () => {
  it('keeps a session on its account while others rotate', () => {
    let state = stateWith('a', 'b', 'c');
    const served: (string | undefined)[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      for (const sessionId of ['s1', 's2']) {
        const [next, choice] = chooseAccount(state, ask({ sessionId }), NOON + turn * MINUTE);
        state = next;
        served.push(`${sessionId}:${choice.account?.alias ?? '-'}`);
      }
    }
    expect(new Set(served)).toEqual(new Set(['s1:a', 's2:b']));
  });

  it('chooses anew after 30 minutes of silence', () => {
    const [bound] = chooseAccount(stateWith('a', 'b'), ask({ sessionId: 's' }), NOON);
    expect(chooseAccount(bound, ask({ sessionId: 's' }), NOON + AFFINITY_TTL_MS)[1]).toMatchObject({
      how: 'affinity',
      account: { alias: 'a' },
    });
    expect(chooseAccount(bound, ask({ sessionId: 's' }), NOON + AFFINITY_TTL_MS + 1)[1]).toMatchObject({
      how: 'strategy',
      account: { alias: 'b' },
    });
  });

  it('stays warm as long as it is used, however long that is', () => {
    let [state] = chooseAccount(stateWith('a', 'b'), ask({ sessionId: 's' }), NOON);
    for (let minutes = 20; minutes <= 200; minutes += 20) {
      const [next, choice] = chooseAccount(state, ask({ sessionId: 's' }), NOON + minutes * MINUTE);
      state = next;
      expect(choice.account?.alias).toBe('a');
    }
  });

  it('moves when its account cannot serve, says from where and why, and then stays where it went', () => {
    const [bound] = chooseAccount(stateWith('a', 'b'), ask({ sessionId: 's' }), NOON);
    const [limited] = recordOutcome(bound, { alias: 'a', model: null, outcome: outcome('rate-limited') }, NOON);
    const [moved, choice] = chooseAccount(limited, ask({ sessionId: 's' }), NOON + 1);
    expect(choice).toMatchObject({
      account: { alias: 'b' },
      movedFrom: 'a',
      movedBecause: 'cooldown',
      fallbackReason: 'bound-account-ineligible',
    });
    expect(chooseAccount(moved, ask({ sessionId: 's' }), NOON + 6 * MINUTE)[1]).toMatchObject({
      account: { alias: 'b' },
      how: 'affinity',
      movedFrom: null,
    });
  });

  it('rotates every time when it is switched off or there is no session', () => {
    const off = ask({ sessionId: 's', settings: settingsWith({ sessionAffinity: false }) });
    expect(serve(stateWith('a', 'b'), 4, off).served).toEqual(['a', 'b', 'a', 'b']);
  });

  it('forgets bindings of an account that is disabled', () => {
    const [bound] = chooseAccount(stateWith('a', 'b'), ask({ sessionId: 's' }), NOON);
    const off = disable(bound, 'a');
    const on = setEnabled(off, { alias: 'a', enabled: true, actor: 'test', reason: null }, NOON)[0];
    expect(chooseAccount(on, ask({ sessionId: 's' }), NOON)[1]).toMatchObject({
      how: 'strategy',
      account: { alias: 'b' },
    });
  });
});

describe('the earliest recovery', () => {
  it('names who is back first, and nobody when none comes back by itself', () => {
    const [limited] = recordOutcome(
      stateWith('a', 'b'),
      { alias: 'a', model: null, outcome: outcome('rate-limited', { retryAtMs: NOON + HOUR }) },
      NOON,
    );
    const [both] = recordOutcome(
      limited,
      { alias: 'b', model: null, outcome: outcome('rate-limited', { retryAtMs: NOON + 10 * MINUTE }) },
      NOON,
    );
    expect(earliestRecovery(both, { needs: NO_NEEDS, settings, now: NOON })).toEqual({
      alias: 'b',
      at: NOON + 10 * MINUTE,
    });
    const dead = withAccount(stateWith('a'), 'a', { auth: { state: 'needs-login', reason: 'test', since: NOON } });
    expect(earliestRecovery(dead, { needs: NO_NEEDS, settings, now: NOON })).toBeNull();
  });
});
