import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { lastingStanding, type Needs, NO_NEEDS, standing } from '../../../../supervisor/core/eligibility.ts';
import { type Choice, chooseAccount } from '../../../../supervisor/core/lease.ts';
import { HEALTHY, type State } from '../../../../supervisor/core/state.ts';
import { anyState } from '../../../support/arbitrary-state.ts';
import { HOUR, NOON, settingsWith, stateWith, withAccount } from '../../../support/state.ts';

const percent = fc.integer({ min: 0, max: 100 });
const instant = fc.integer({ min: NOON - HOUR, max: NOON + HOUR });
const weighing = fc.constantFrom('least-used' as const, 'weighted-round-robin' as const);

const step = fc.record({
  now: instant,
  excludes: fc.boolean(),
  model: fc.constantFrom(null, 'm'),
  criticalThreshold: fc.constantFrom(0, 10, 40),
  /** What happens to an account before the choice. */
  at: fc.nat({ max: 2 }),
  event: fc.constantFrom('nothing', 'off', 'on', 'cooldown', 'probe'),
  percent,
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function after(state: State, { at, event, now, percent: usedPercent }: Step): State {
  const account = state.accounts[at];
  if (account === undefined || event === 'nothing') return state;
  const window = { limitId: 'codex', limitName: null, durationMinutes: 300, usedPercent, resetsAt: now + HOUR };
  const changes = {
    off: {
      availability: { enabled: false as const, disabledAt: now, disabledBy: 'test', disableReason: null },
    },
    on: { availability: { enabled: true as const }, health: HEALTHY },
    cooldown: { health: { ...HEALTHY, status: 'cooldown' as const, until: now + HOUR / 2, cooldownMs: 1 } },
    probe: {
      limits: { ...account.limits, windows: [{ ...window, source: 'codex-exec' as const, observedAt: now }] },
    },
  };
  return withAccount(state, account.alias, changes[event]);
}

/** The same state as nobody has seen it before. */
function unseen(state: State): State {
  return { ...state, accounts: [...state.accounts] };
}

describe('what is remembered of the accounts', () => {
  it('changes no choice, whatever happens to them between the choices, nor when an old state is asked again', () => {
    fc.assert(
      fc.property(weighing, fc.array(step, { minLength: 1, maxLength: 20 }), (rotationStrategy, steps) => {
        let state = stateWith('a', 'b', 'c');
        for (const one of steps) {
          const { now, model, excludes, criticalThreshold } = one;
          state = after(state, one);
          const needs: Needs = { model, exclude: excludes ? ['b'] : [] };
          const settings = settingsWith({ rotationStrategy, criticalThreshold, accountWeights: { a: 0.3 } });
          const choose = (asked: State): readonly [State, Choice] =>
            chooseAccount(asked, { needs, sessionId: null, settings }, now);
          const [next, choice] = choose(state);
          expect(choose(unseen(state))).toEqual([next, choice]);
          expect(choose(state)).toEqual([next, choice]);
          state = next;
        }
      }),
      { numRuns: 200 },
    );
  });

  it('holds an account to be able, or not, for good only if it is for every model at every time', () => {
    let lasting = 0;
    fc.assert(
      fc.property(
        anyState,
        fc.nat({ max: 40 }),
        fc.array(fc.nat(4_102_444_800_000)),
        (state, criticalThreshold, times) => {
          const settings = settingsWith({ criticalThreshold });
          for (const account of state.accounts) {
            const expected = lastingStanding(account, settings);
            if (expected === null) continue;
            lasting += 1;
            const edges = account.limits.windows.flatMap(({ observedAt, resetsAt }) => [observedAt, resetsAt ?? 0]);
            for (const now of [...times, ...edges]) {
              const needs = { ...NO_NEEDS, model: account.limits.windows[0]?.limitName ?? null };
              expect(standing(account, { needs, settings, now })).toBe(expected);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(lasting).toBeGreaterThan(100);
  });
});
