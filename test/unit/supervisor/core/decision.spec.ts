import { expect, it } from 'vitest';

import { type DecisionInput, explain, remembered } from '../../../../supervisor/core/decision.ts';
import { MINUTE, NOON, settingsWith, stateWith } from '../../../support/state.ts';

/** A choice for a session (null: none) among a thousand sessions that are bound to b. */
function inputFor(sessionId: string | null): DecisionInput {
  const binding = { alias: 'b', usedAt: NOON };
  const bindings = new Map(Array.from({ length: 1_000 }, (_, index) => [`s${String(index)}`, binding]));
  return {
    state: { ...stateWith('a', 'b', 'c'), bindings },
    lease: { needs: { model: null, exclude: [] }, sessionId, settings: settingsWith() },
    requestId: 'r',
    attempt: 1,
    endedForce: null,
    now: NOON + MINUTE,
  };
}

it.each([
  { sessionId: 's7', how: 'affinity', selectedAlias: 'b' },
  { sessionId: 'new', how: 'strategy', selectedAlias: 'a' },
  { sessionId: null, how: 'strategy', selectedAlias: 'a' },
])('explains the choice for session $sessionId from what is remembered as from everything', (expected) => {
  const input = inputFor(expected.sessionId);
  const kept = remembered(input);
  expect(kept.state.bindings.size).toBeLessThanOrEqual(1);
  expect(explain(kept)).toEqual(explain(input));
  expect(explain(kept)).toMatchObject(expected);
});
