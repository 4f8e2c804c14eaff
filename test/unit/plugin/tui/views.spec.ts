import { describe, expect, it } from 'vitest';

import { shortName, sidebarLines, statusLine } from '../../../../plugin/tui/views.ts';
import { account, at, FORCED } from '../../cli/samples.ts';
import { HOME, LOOK, pool, window, WORK } from './samples.ts';

const NONE = { total: 2, enabled: 2, eligible: 0, needsLogin: [], lastServed: 'work', earliestRecovery: at(12) };
const texts = (view: Parameters<typeof sidebarLines>[0]) => sidebarLines(view, LOOK).map(({ text }) => text);

describe('the line beside the prompt', () => {
  it.each([
    ['nobody answers', null, 'oma: not running', 'textMuted'],
    ['there is no account', pool([]), 'oma has no account yet: /oma', 'textMuted'],
    ['nobody served yet', pool(undefined, { served: {} }), 'oma: 2 of 2 accounts ready', 'textMuted'],
    ['somebody serves', pool(), 'oma: work · 5 h 62 % left', 'textMuted'],
    [
      'the week is tighter',
      pool([account({ windows: [window('five-hour', 62), window('weekly', 8)], level: 'critical' })]),
      'oma: work · week 8 % left',
      'error',
    ],
    ['nothing is known', pool(undefined, { served: { ses_1: 'home' } }), 'oma: home · limits unknown', 'textMuted'],
    [
      'one window is unknown',
      pool([account({ windows: [window('five-hour', null), window('weekly', 40)] })]),
      'oma: work · week 40 % left',
      'textMuted',
    ],
    [
      'the figure is old',
      pool([{ ...WORK, limitsConfidence: 'stale', lastLimitProbeAt: at(-20) }]),
      'oma: work · 5 h 62 % left, 20 min old',
      'textMuted',
    ],
    [
      'another account is forced',
      pool([WORK, { ...HOME, forced: true }], { force: { ...FORCED, forcedAlias: 'home' } }),
      'oma: home (forced) · limits unknown',
      'textMuted',
    ],
    [
      'it is at its limit',
      pool([{ ...WORK, blockers: [{ code: 'exhausted', until: at(5), detail: null }] }, HOME]),
      'oma: work is at its limit',
      'warning',
    ],
    ['none can serve', pool([WORK], { accounts: NONE }), 'oma: no account can serve, first back in 12 min', 'error'],
  ])('when %s', (_when, view, text, colour) => {
    expect(statusLine(view, LOOK)).toEqual({ text, colour });
  });

  it('counts the windows of the main meter only', () => {
    const view = pool([
      account({ windows: [window('five-hour', 62), window('weekly', 1, { limitId: 'codex_spark' })] }),
    ]);
    expect(statusLine(view, LOOK).text).toBe('oma: work · 5 h 62 % left');
  });

  it('outside of a session names whoever served last, and masks an alias that is an e-mail', () => {
    const view = pool([account({ alias: 'ann@example.com' })], {
      accounts: { ...NONE, eligible: 1, lastServed: 'ann@example.com' },
    });
    expect(statusLine(view, { ...LOOK, sessionId: null }).text).toBe('oma: a…@e… · limits unknown');
  });
});

it('says nothing of a supervisor before anybody has looked for one', () => {
  expect([statusLine(undefined, LOOK).text, texts(undefined)]).toEqual(['oma', ['oma']]);
});

it.each([
  ['work', 'work'],
  ['exactly-25-characters-long', 'exactly-25-c…racters-long'],
  ['ann@example.com', 'a…@e…'],
])('calls %s where there is little room %s', (alias, name) => expect(shortName(alias)).toBe(name));

it('leaves the name of the model its room beside the prompt', () => {
  const long = { ...WORK, alias: 'a-name.that-nobody-would-call-short' };
  const view = pool([long], { served: { ses_1: long.alias } });
  expect(statusLine(view, LOOK).text).toBe('oma: a-name.…l-short · 5 h 62 % left');
});

describe('the block of the sidebar', () => {
  it('shows every window of the account that serves, and who must be logged in again', () => {
    const half = account({ windows: [window('five-hour', 62), window('weekly', null)] });
    const counts = { ...NONE, total: 3, eligible: 2, needsLogin: ['spare', 'bob@example.com'] };
    expect(texts(pool([half, HOME], { accounts: counts }))).toEqual([
      'oma',
      'work',
      '  5 h 62 % left, resets in 2 h 10 min',
      '  week unknown',
      '2 of 3 accounts ready',
      'spare must be logged in again: /oma',
      'b…@e… must be logged in again: /oma',
    ]);
  });

  it('says how long a force lasts and what is the matter with the account', () => {
    const forced = {
      ...WORK,
      windows: [],
      forced: true,
      blockers: [{ code: 'cooldown' as const, until: null, detail: null }],
    };
    expect(texts(pool([forced, HOME], { force: FORCED }))).toEqual([
      'oma',
      'work is cooling down, forced for 2 h 5 min',
      '  limits unknown',
      '2 of 2 accounts ready',
    ]);
  });

  it.each([
    [null, 'not running'],
    [pool([]), 'has no account yet: /oma'],
    [pool([WORK], { accounts: NONE }), 'no account can serve, first back in 12 min'],
  ])('is two lines when there is nothing to show', (view, text) => expect(texts(view)).toEqual(['oma', text]));
});
