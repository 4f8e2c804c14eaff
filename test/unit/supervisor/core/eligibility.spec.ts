import { expect, it } from 'vitest';

import { blockersOf } from '../../../../supervisor/core/eligibility.ts';
import { accountOf, HOUR, MINUTE, NOON, settingsWith, stateWith, withAccount } from '../../../support/state.ts';

const needs = { model: 'gpt-5.5', exclude: [] };
const cooling = {
  status: 'cooldown',
  until: NOON + 15 * MINUTE,
  reason: 'rate-limited',
  cooldownMs: 15 * MINUTE,
  successes: 0,
} as const;

it.each([
  ['a limit that lasts longer than the cooldown', {}, ['exhausted', 'cooldown']],
  [
    'a login that nothing but a person renews',
    { auth: { state: 'needs-login', reason: 'gone', since: NOON } },
    ['needs-login', 'exhausted', 'cooldown'],
  ],
] as const)('what keeps an account out longest comes first: %s', (_title, change, codes) => {
  const { limits } = accountOf(stateWith('a'), 'a');
  const window = {
    limitId: 'codex',
    limitName: null,
    durationMinutes: 300,
    usedPercent: 100,
    resetsAt: NOON + 2 * HOUR,
    source: 'codex-exec',
    observedAt: NOON,
  } as const;
  const state = withAccount(stateWith('a'), 'a', {
    health: cooling,
    limits: { ...limits, windows: [window] },
    ...change,
  });
  const found = blockersOf(accountOf(state, 'a'), { needs, settings: settingsWith(), now: NOON });
  expect(found.map(({ code }) => code)).toEqual(codes);
});
