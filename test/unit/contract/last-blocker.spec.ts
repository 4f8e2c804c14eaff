import { expect, it } from 'vitest';

import { lastBlocker } from '../../../contract/last-blocker.ts';

const cooldown = { code: 'cooldown', until: '2026-11-28T12:15:00.000Z', detail: 'rate-limited' } as const;
const exhausted = { code: 'exhausted', until: '2026-11-28T14:00:00.000Z', detail: null } as const;
const needsLogin = { code: 'needs-login', until: null, detail: null } as const;
const disabled = { code: 'disabled', until: null, detail: null } as const;

it.each([
  ['the one that ends last', [cooldown, exhausted], exhausted],
  ['the one that ends last, wherever it stands', [exhausted, cooldown], exhausted],
  ['one that does not end by itself before all that do', [cooldown, exhausted, needsLogin], needsLogin],
  ['the first of those that do not end', [disabled, needsLogin, cooldown], disabled],
  ['none where nothing blocks', [], undefined],
])('what an account waits for is %s', (_title, blockers, expected) => {
  expect(lastBlocker(blockers)).toBe(expected);
});
