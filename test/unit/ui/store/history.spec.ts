import { signal } from '@preact/signals';
import { expect, test } from 'vitest';

import type { AccountView } from '../../../../contract/account.ts';
import type { HistoryEntry } from '../../../../contract/limits.ts';
import type { Api } from '../../../../ui/api.ts';
import { createHistory, type Outlook } from '../../../../ui/store/history.ts';
import { outlookWords } from '../../../../ui/words.ts';

const MINUTE_MS = 60_000;
const NOW = 1_000 * MINUTE_MS;
const WEEK_MINUTES = 10_080;

/** Five figures of one window, ten minutes apart, the last of them now. */
function entries(usedPercents: readonly number[]): readonly HistoryEntry[] {
  return usedPercents.map((usedPercent, at) => ({
    at: NOW - (usedPercents.length - 1 - at) * 10 * MINUTE_MS,
    windows: [{ limitId: 'codex', durationMinutes: WEEK_MINUTES, usedPercent, resetsAtMs: NOW + 60 * MINUTE_MS }],
  })) as unknown as readonly HistoryEntry[];
}

function account(alias: string, remainingPercent: number): AccountView {
  const windows = [{ limitId: 'codex', limitName: null, durationMinutes: WEEK_MINUTES, remainingPercent }];
  return {
    alias,
    enabled: true,
    rateLimitHistoryLength: 5,
    lastLimitProbeAt: 'then',
    windows,
  } as unknown as AccountView;
}

/** What the tile says of accounts with these figures; an account has what is left of its last one. */
async function outlookOf(histories: Readonly<Record<string, readonly number[]>>): Promise<Outlook> {
  const accounts = Object.entries(histories).map(([alias, used]) => account(alias, 100 - (used.at(-1) ?? 0)));
  const asked: string[] = [];
  const call = (_: string, { alias }: { alias: string }) => {
    asked.push(alias);
    return Promise.resolve({ alias, entries: entries(histories[alias] ?? []) });
  };
  const history = createHistory({ call } as unknown as Api, signal(accounts), signal(NOW));
  history.follow(accounts);
  await expect.poll(() => asked.every((alias) => history.of(alias).value.value !== null)).toBe(true);
  return history.outlook.value;
}

test('what runs dry first is told with the account', async () => {
  const outlook = await outlookOf({ calm: [1, 1, 1, 1, 1], fast: [50, 60, 70, 80, 90], faster: [10, 30, 50, 70, 90] });
  expect(outlook).toMatchObject({ kind: 'dry', alias: 'faster', leftOut: 0 });
});

test('that nothing runs dry is said of the windows that are known only', async () => {
  const outlook = await outlookOf({ calm: [1, 1, 1, 1, 1], unknown: [5, 5] });
  expect(outlook).toEqual({ kind: 'lasts', known: 1, windows: 2, leftOut: 0 });
  expect(outlookWords(outlook as Exclude<Outlook, { kind: 'dry' }>)).toBe(
    'at the present rates 1 of 2 windows last until their reset; of the others too little is known',
  );
});

test('of many accounts those with least left are looked at, and how many were not is said', async () => {
  const many = Object.fromEntries(Array.from({ length: 15 }, (_, at) => [`a${at}`, [1, 1, 1, 1, 1 + at]]));
  const outlook = await outlookOf(many);
  expect(outlook).toMatchObject({ leftOut: 3 });
  expect(await outlookOf({ one: [1, 1, 1, 1, 1] })).toEqual({ kind: 'lasts', known: 1, windows: 1, leftOut: 0 });
  expect(outlookWords({ kind: 'lasts', known: 12, windows: 12, leftOut: 3 })).toBe(
    'at the present rates every window lasts until its reset; 3 accounts are not included',
  );
});
