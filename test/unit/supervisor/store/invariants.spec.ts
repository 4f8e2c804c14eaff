import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { setEnabled } from '../../../../supervisor/core/accounts.ts';
import { activateForce } from '../../../../supervisor/core/force.ts';
import { type Account, BINDINGS_MAX, HEALTHY, type State, UNKNOWN_LIMITS } from '../../../../supervisor/core/state.ts';
import { checkInvariants, createInvariantCheck } from '../../../../supervisor/store/invariants.ts';
import { anyState } from '../../../support/arbitrary-state.ts';
import { accountOf, NOON, settingsWith, stateWith, withAccount } from '../../../support/state.ts';

const good = stateWith('work', 'home');
const window = {
  limitId: 'codex',
  limitName: null,
  durationMinutes: 300,
  usedPercent: 40,
  resetsAt: null,
  source: 'codex-exec',
  observedAt: NOON,
} as const;

/** Breaks one thing in a good state. */
function broken(change: Partial<State>): State {
  return { ...good, ...change };
}

function account(change: Partial<Account>): State {
  return withAccount(good, 'work', change);
}

function usage(count: number): State {
  return account({ usage: { count, lastUsedAt: null } });
}

function forcedThen(disabled: boolean): State {
  const [forced] = activateForce(good, { alias: 'work', actor: 'cli', settings: settingsWith() }, NOON);
  if (disabled)
    return withAccount(forced, 'work', {
      availability: { enabled: false, disabledAt: NOON, disabledBy: 'cli', disableReason: null },
    });
  return {
    ...forced,
    accounts: forced.accounts.slice(1),
    rotation: { ...forced.rotation, credits: [0] },
    bindings: new Map(),
  };
}

const violations: readonly (readonly [string, State, string])[] = [
  ['an alias that two accounts have', account({ alias: 'home' }), 'two accounts are called "home"'],
  [
    'a seat that two accounts have',
    account({ seat: accountOf(good, 'home').seat }),
    'account "home" has the seat of another account',
  ],
  [
    'an active account that does not exist',
    broken({ activeAlias: 'gone' }),
    'the active account "gone" does not exist',
  ],
  ['a forced account that does not exist', forcedThen(false), 'the forced account "work" does not exist'],
  ['a forced account that is disabled', forcedThen(true), 'the forced account "work" is disabled'],
  [
    'a cursor behind the accounts',
    broken({ rotation: { ...good.rotation, cursor: 2 } }),
    'the rotation cursor points beside the accounts',
  ],
  [
    'a cursor before -1',
    broken({ rotation: { ...good.rotation, cursor: -2 } }),
    'the rotation cursor points beside the accounts',
  ],
  [
    'a credit too few',
    broken({ rotation: { ...good.rotation, credits: [0] } }),
    'the rotation credits are not one for each account',
  ],
  [
    'a credit that is no number',
    broken({ rotation: { ...good.rotation, credits: [0, Number.NaN] } }),
    'a rotation credit is no number',
  ],
  [
    'a negative seed',
    broken({ rotation: { ...good.rotation, seed: -1 } }),
    'the rotation seed is no unsigned 32-bit integer',
  ],
  [
    'a binding to nobody',
    broken({ bindings: new Map([['s', { alias: 'gone', usedAt: 1 }]]) }),
    'a session is bound to "gone", which does not exist',
  ],
  [
    'a binding of no session',
    broken({ bindings: new Map([['', { alias: 'work', usedAt: 1 }]]) }),
    'the binding of a session to "work" is not well-formed',
  ],
  [
    'a binding used at no time',
    broken({ bindings: new Map([['s', { alias: 'work', usedAt: 0.5 }]]) }),
    'the binding of a session to "work" is not well-formed',
  ],
  [
    'too many bindings',
    broken({
      bindings: new Map(
        Array.from({ length: BINDINGS_MAX + 1 }, (_, index) => [String(index), { alias: 'work', usedAt: 1 }]),
      ),
    }),
    'more than 1000 sessions are bound',
  ],
  [
    'a force that began at no time',
    broken({ forceAnchors: new Map([['work', -1]]) }),
    'the force of "work" began at no time',
  ],
  [
    'a critical threshold above the low one',
    broken({ settings: { ...good.settings, values: { criticalThreshold: 50, lowThreshold: 40 } } }),
    'settings: criticalThreshold: the critical threshold is below the low one',
  ],
  [
    'a threshold out of bounds',
    broken({ settings: { ...good.settings, values: { lowThreshold: 101 } } }),
    'settings: lowThreshold: ',
  ],
  [
    'a cooldown without an end',
    account({ health: { ...HEALTHY, status: 'cooldown' } }),
    'account "work" cools down without an end',
  ],
  [
    'two cooldowns for one model',
    account({ modelCooldowns: [1, 2].map((until) => ({ model: 'm', until, cooldownMs: 1 })) }),
    'account "work" has two cooldowns for one model',
  ],
  ['a count that is no integer', usage(0.5), 'account "work": usageCount: '],
  [
    'a token that is empty',
    account({ credentials: { ...accountOf(good, 'work').credentials, accessToken: '' as never } }),
    'account "work": credentials.accessToken: ',
  ],
  [
    '101 entries of history',
    account({
      limits: {
        ...UNKNOWN_LIMITS,
        history: Array.from({ length: 101 }, () => ({ at: 1, source: 'codex-exec' as const, windows: [] })),
      },
    }),
    'account "work": rateLimitHistory: ',
  ],
  [
    'a window used below 0 percent',
    account({ limits: { ...UNKNOWN_LIMITS, windows: [{ ...window, usedPercent: -1 }] } }),
    'account "work": rateLimits.windows.0.usedPercent: ',
  ],
];

describe('the invariants', () => {
  it('hold in every state that the core could make', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        expect(checkInvariants(state)).toEqual([]);
      }),
    );
  });

  it.each(violations)('name %s', (_, state, problem) => {
    const problems = checkInvariants(state);
    expect(problems.map((text) => text.startsWith(problem))).toContain(true);
  });

  it('never name a secret', () => {
    const credentials = { ...accountOf(good, 'work').credentials, expiresAt: Number.NaN };
    expect(checkInvariants(account({ credentials })).join()).not.toContain('access-work');
  });
});

describe('a check that remembers', () => {
  it.each(violations)('finds %s also when everything else was found good before', (_, state) => {
    const check = createInvariantCheck();
    expect(check(good)).toEqual([]);
    expect(check(state)).toEqual(checkInvariants(state));
    expect(check(good)).toEqual([]);
    expect(check(state)).toEqual(checkInvariants(state));
  });

  it('agrees with a full check along any way from state to state', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyState, fc.constantFrom(...violations.map(([, state]) => state))), { maxLength: 8 }),
        (states) => {
          const check = createInvariantCheck();
          for (const state of states) expect(check(state)).toEqual(checkInvariants(state));
        },
      ),
    );
  });

  it('finds a binding to an account that has just gone', () => {
    const check = createInvariantCheck();
    const bound = broken({ bindings: new Map([['s', { alias: 'work', usedAt: 1 }]]) });
    expect(check(bound)).toEqual([]);
    const gone = { ...bound, accounts: bound.accounts.slice(1), rotation: { ...bound.rotation, credits: [0] } };
    expect(check(gone)).toEqual(['a session is bound to "work", which does not exist']);
  });

  it('lets the ordinary changes of the core pass', () => {
    const check = createInvariantCheck();
    const [disabled] = setEnabled(good, { alias: 'work', enabled: false, actor: 'cli', reason: null }, NOON);
    const [enabled] = setEnabled(disabled, { alias: 'work', enabled: true, actor: 'cli', reason: null }, NOON);
    expect([good, disabled, enabled].map((state) => check(state))).toEqual([[], [], []]);
  });
});
