import { describe, expect, it } from 'vitest';

import { accountsText, accountText, maskAccount } from '../../../../cli/render/accounts.ts';
import { colourful, colourless } from '../../../../cli/render/paint.ts';
import { account, at, NOW } from '../samples.ts';

const look = { now: NOW, paint: colourless };
const lines = (...accounts: Parameters<typeof accountsText>[0]) => accountsText(accounts, look).split('\n');

describe('the table of accounts', () => {
  it('says what to do when there is no account', () => {
    expect(accountsText([], look)).toBe(
      'No account yet. Add one with `oma add ALIAS`, or bring logins you have with `oma import`.',
    );
  });

  it('shows state, use, what is left with its age, and e-mail, in columns', () => {
    expect(
      lines(account(), account({ alias: 'a-longer-name', email: null, inFlight: 2, forced: true, active: true })),
    ).toEqual([
      'ALIAS          STATE  SERVING                       5 HOURS LEFT     WEEK LEFT        BLOCKED BY  E-MAIL',
      'work           ready  3 min ago                     62 %, 2 min ago  90 %, 2 min ago  -           ann@example.com',
      "a-longer-name  ready  forced, codex's, 2 in flight  62 %, 2 min ago  90 %, 2 min ago  -           -",
    ]);
  });

  it('[S.3.4] says unknown, never 0 %, where nothing is known', () => {
    const [, row] = lines(account({ rateLimits: { fiveHour: null, weekly: null } }));
    expect(row).toMatch(/ unknown +unknown /);
    expect(row).not.toContain('%');
  });

  it('says nothing of a window that the plan does not have, and shows another in a column of its own', () => {
    const window = {
      limitId: 'codex',
      limitName: null,
      usedPercent: 38,
      remainingPercent: 62,
      lastKnownUsedPercent: 38,
      resetsAt: at(60),
      observedAt: at(-120),
      source: 'codex-exec' as const,
    };
    const week = { ...window, kind: 'weekly' as const, durationMinutes: 10_080 };
    const month = { ...window, kind: 'monthly' as const, durationMinutes: 43_200 };
    const none = { fiveHour: null, weekly: null };
    const [head, weekly, monthly] = lines(
      account({ windows: [week], rateLimits: { fiveHour: null, weekly: week } }),
      account({ windows: [month], rateLimits: none }),
    );
    expect(head).toContain('OTHER LEFT');
    expect(weekly).toMatch(/ - +62 %, 2 h ago +- +- /);
    expect(monthly).toMatch(/ - +- +month 62 %, 2 h ago +- /);
    expect(lines(account({ windows: [week], rateLimits: none }))[0]).not.toContain('OTHER');
  });

  it('keeps the last figure beside the word unknown, with its age', () => {
    const outlived = {
      usedPercent: null,
      remainingPercent: null,
      lastKnownUsedPercent: 60,
      resetsAt: at(-1),
      observedAt: at(-120),
      source: 'codex-exec' as const,
    };
    expect(lines(account({ rateLimits: { fiveHour: outlived, weekly: null } }))[1]).toContain(
      'unknown (was 40 %, 2 h ago)',
    );
  });

  it('says so when figures are not fresh', () => {
    expect(lines(account({ limitsConfidence: 'stale' }))[1]).toContain('62 %, 2 min ago, stale');
    expect(lines(account({ limitsConfidence: 'error' }))[1]).toContain('62 %, 2 min ago, error');
  });

  it('never shows less than nothing when a backend reports more than all used', () => {
    const over = {
      usedPercent: 104,
      remainingPercent: -4,
      lastKnownUsedPercent: 104,
      resetsAt: null,
      observedAt: at(0),
      source: 'codex-exec' as const,
    };
    expect(lines(account({ rateLimits: { fiveHour: over, weekly: null } }))[1]).toContain(' 0 %, just now');
  });

  it.each([
    [{ enabled: false, eligible: false }, 'disabled'],
    [{ auth: 'needs-login', eligible: false }, 'needs login'],
    [{ health: 'cooldown', eligible: false }, 'cooling down'],
    [{ eligible: false }, 'blocked'],
    [{ health: 'probation' }, 'probation'],
  ] as const)('names the state of %j as %s', (over, word) =>
    expect(lines(account(over))[1]).toMatch(new RegExp(`^work +${word} `)),
  );

  it('names every blocker and when it ends', () => {
    const blockers = [
      { code: 'cooldown', until: at(4), detail: null },
      { code: 'exhausted', until: at(2_900), detail: null },
      { code: 'excluded', until: null, detail: null },
    ] as const;
    expect(lines(account({ eligible: false, blockers: [...blockers] }))[1]).toContain(
      'cooldown, back in 4 min; exhausted, back in 2 d; excluded',
    );
  });

  it('tells below the table what a person should do or know', () => {
    const notes = lines(
      account({ auth: 'needs-login' }),
      account({ alias: 'off', enabled: false, disableReason: 'on\nholiday' }),
      account({ alias: 'blind', limitStatus: 'error', limitError: 'codex is too old' }),
    ).slice(-3);
    expect(notes).toEqual([
      'work must be logged in again: `oma reauth work`.',
      'off was disabled: on holiday',
      'The latest probe of blind failed: codex is too old',
    ]);
  });

  it('lets nothing from outside move the cursor', () => {
    const text = accountsText([account({ email: 'a\u001b[2Jb@x.y' })], look);
    expect(text).not.toContain('\u001b');
    expect(text).toContain('a [2Jb@x.y');
  });

  it('lines columns up the same with colours', () => {
    const plainText = accountsText([account(), account({ alias: 'second', enabled: false })], look);

    expect(
      accountsText([account(), account({ alias: 'second', enabled: false })], { now: NOW, paint: colourful }).replace(
        /\u001b\[\d+m/g,
        '',
      ),
    ).toBe(plainText);
  });
});

describe('one account in a line', () => {
  it('leaves out what there is not', () => {
    expect(accountText(account(), look)).toBe('work  ready  3 min ago');
    expect(
      accountText(
        account({
          enabled: false,
          lastUsedAt: null,
          eligible: false,
          blockers: [{ code: 'disabled', until: null, detail: null }],
        }),
        look,
      ),
    ).toBe('work  disabled  never  disabled');
  });
});

describe('masking', () => {
  it('hides e-mails, also in an alias that is one, and leaves ordinary aliases', () => {
    expect(maskAccount(account({ alias: 'ann@example.com' }))).toMatchObject({ alias: 'a…@e…', email: 'a…@e…' });
    expect(maskAccount(account({ email: null }))).toMatchObject({ alias: 'work', email: null });
  });
  it('leaves the e-mails out where they would break the lines of the terminal, and only there', () => {
    const accounts = [account({ alias: 'work' }), account({ alias: 'second' })];
    const whole = accountsText(accounts, look);
    const width = Math.max(...whole.split('\n').map((line) => line.length));
    expect(accountsText(accounts, look, width)).toBe(whole);
    const narrow = accountsText(accounts, look, width - 1);
    expect(narrow).not.toContain('E-MAIL');
    expect(narrow.split('\n').map((line) => line.trimEnd())).toEqual(
      whole.split('\n').map((line) => line.replace(/ {2}\S+$/, '').trimEnd()),
    );
  });
});
