import { expect, test } from 'vitest';

import type { AccountView } from '../../../../contract/account.ts';
import type { Status } from '../../../../contract/status.ts';
import { needs, poolHealth } from '../../../../ui/store/overview.ts';

const READY = {
  enabled: true,
  eligible: true,
  level: 'ok',
  auth: 'ok',
  authReason: null,
  limitsConfidence: 'fresh',
} as const;

/** The fields the overview looks at. */
function account(alias: string, change: Partial<AccountView> = {}): AccountView {
  return { ...READY, alias, ...change } as AccountView;
}

test('what is the same of several accounts is said once, the worst first', () => {
  const found = needs(
    [
      account('a', { level: 'critical' }),
      account('b'),
      account('c', { auth: 'needs-login', eligible: false }),
      account('d', { level: 'critical' }),
      account('off', { enabled: false, auth: 'needs-login' }),
    ],
    null,
  );
  expect(found.map(({ tone, aliases }) => ({ tone, aliases }))).toEqual([
    { tone: 'bad', aliases: ['c'] },
    { tone: 'warn', aliases: ['a', 'd'] },
  ]);
});

test('a configuration file that was not taken, and messages that do not arrive, need somebody', () => {
  const well = { writeError: null, recovered: null };
  const noticeFailures = [{ channel: 'ntfy', at: '2026-11-29T03:00:00.000Z', message: 'The receiver is gone.' }];
  const broken = { configFileProblem: 'It is not JSON.', noticeFailures };
  const status = { store: well, children: [], openRefreshes: [], ...broken };
  expect(needs([], status as unknown as Status)).toEqual([
    { tone: 'warn', text: 'It is not JSON. The last good one is in force.', aliases: [] },
    {
      tone: 'warn',
      text: 'Messages do not arrive (ntfy). A test message, among the settings, says why.',
      aliases: [],
    },
  ]);
});

test.each([
  ['every account can serve', [account('a'), account('b')], 'ok', '2 of 2 ready'],
  ['one is blocked', [account('a'), account('b', { eligible: false })], 'warn', '1 of 2 ready'],
  ['all are nearly empty', [account('a', { level: 'critical' })], 'warn', '1 of 1 ready'],
  ['none can serve', [account('a', { eligible: false })], 'bad', 'Nobody can serve'],
])('when %s the pool says so', (_, accounts, tone, headline) => {
  expect(poolHealth(accounts)).toMatchObject({ tone, headline });
});

const AWAY = { eligible: false } as const;
test.each([
  ['waits for its limits', [account('a', AWAY), account('b', AWAY)], ['Wait for the first account to be back']],
  ['is disabled', [account('a', { enabled: false })], ['Every account is disabled']],
  ['must be signed in, too', [account('a', AWAY), account('b', { ...AWAY, auth: 'needs-login' })], ['Sign in again']],
  ['can serve', [account('a', AWAY), account('b')], []],
])('a pool that %s says what would help', (_, accounts, texts) => {
  expect(needs(accounts, null).map(({ text }) => text)).toEqual(
    texts.map((text) => expect.stringContaining(text) as unknown),
  );
});
