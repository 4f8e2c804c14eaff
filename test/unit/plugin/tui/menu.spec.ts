import { describe, expect, it } from 'vitest';

import { accountMenu, accountTitle, mainMenu } from '../../../../plugin/tui/menu.ts';
import { decisionFor, noDecisionText, whyText } from '../../../../plugin/tui/why.ts';
import { account, at, decision, FORCED, NOW } from '../../cli/samples.ts';
import { HOME, LOOK, pool, WORK } from './samples.ts';

const titles = (entries: readonly { readonly title: string }[]) => entries.map(({ title }) => title);

describe('/oma', () => {
  it('lists every account as it stands, and what concerns all of them', () => {
    const out = account({
      alias: 'spare',
      eligible: false,
      active: true,
      blockers: [{ code: 'cooldown', until: at(4), detail: null }],
      limitsConfidence: 'unknown',
    });
    const entries = mainMenu(pool([WORK, HOME, out]), LOOK);
    expect(entries.map(({ title, description }) => [title, description])).toEqual([
      ['work', 'serves now · 5 h 62 % left'],
      ['home', 'limits unknown'],
      ['spare', 'codex uses it · is cooling down, back in 4 min · limits unknown'],
      ['Why this account', 'explains the last choice of this session'],
      ['Probe all accounts', 'reads their limits now, without a model'],
      ['Add an account', 'with the browser here'],
      ['Add an account with a code', 'on any device'],
    ]);
    expect(entries[0]?.value).toEqual({ kind: 'account', alias: 'work' });
  });

  it('offers to end a force', () => {
    const entries = mainMenu(pool([{ ...WORK, forced: true }], { force: FORCED }), LOOK);
    expect(entries.find(({ value }) => value.kind === 'end-force')).toMatchObject({
      title: 'End the force of work',
      description: 'else it lasts 2 h 5 min more',
    });
  });

  it('says why an account is off, that a probe failed, and calls the forced one forced', () => {
    const off = account({
      ...{ enabled: false, eligible: false, disableReason: 'lent to ann@example.com' },
      blockers: [{ code: 'disabled', until: null, detail: null }],
    });
    const failed = { ...WORK, alias: 'home', limitsConfidence: 'error' as const };
    const forced = { ...WORK, alias: 'spare', forced: true };
    expect(
      mainMenu(pool([off, failed, forced], { force: { ...FORCED, forcedAlias: 'spare' } }), LOOK)
        .slice(0, 3)
        .map(({ description }) => description),
    ).toEqual([
      'is switched off (lent to a…@e…) · limits unknown',
      '5 h 62 % left, 2 min old · the last probe failed',
      'forced · 5 h 62 % left',
    ]);
  });

  it('offers a newcomer to add an account, and whoever began that to go on', () => {
    const add = ['Add an account', 'Add an account with a code'];
    expect(titles(mainMenu(pool([]), LOOK))).toEqual(add);
    const open = ['Show the login of late', 'Cancel the login of late'];
    expect(titles(mainMenu(pool([]), LOOK, ['late']))).toEqual([...open, ...add]);
  });

  it('offers what an account can do as it stands, what it needs first', () => {
    const rest = ['Disable', 'Switch codex to it', 'Probe', 'Details'];
    const logins = ['Log in again', 'Log in again with a code'];
    expect(titles(accountMenu(WORK))).toEqual(['Force', ...rest, ...logins]);
    expect(titles(accountMenu({ ...WORK, forced: true }))).toEqual(['End the force', ...rest, ...logins]);
    expect(titles(accountMenu({ ...WORK, eligible: false }))).toEqual([...rest, ...logins]);
    expect(titles(accountMenu({ ...WORK, eligible: false, auth: 'needs-login' }))).toEqual([...logins, ...rest]);
    expect(titles(accountMenu({ ...WORK, enabled: false, eligible: false }))).toEqual(['Enable', 'Details']);
    expect(titles(accountMenu({ ...WORK, reauth: 'in-progress' }))).toEqual([
      'Force',
      ...rest,
      ...['Show the login', 'Cancel the login'],
    ]);
  });

  it('masks e-mails', () => {
    expect(accountTitle(WORK)).toBe('work (a…@e…, plus)');
    expect(accountTitle({ ...WORK, email: null, planType: null })).toBe('work');
  });
});

describe('why', () => {
  it('explains the choice in a few lines', () => {
    const moved = decision({ how: 'affinity', fallbackReason: 'retry' });
    expect(whyText(moved, NOW)).toBe(
      [
        'work, because this session is on it already, 3 min ago.',
        'An earlier attempt at this request failed on another account.',
        '',
        'work was chosen',
        'home could have served',
        'spare is cooling down, back in 4 min',
      ].join('\n'),
    );
    expect(whyText(decision(), NOW)).toContain('because it was its turn (round-robin)');
    const none = decision({
      selectedAlias: null,
      how: 'none',
      candidates: [{ alias: 'a', verdict: 'critical', until: null }],
    });
    expect(whyText(none, NOW)).toMatch(/^No account, because none can serve[^]*a is nearly used up, kept for last$/);
  });

  it('is about this session and no other; outside of a session it is about all', () => {
    const [other, mine] = [decision({ sessionId: 'ses_2' }), decision()];
    expect(decisionFor([other, mine], 'ses_1')).toBe(mine);
    expect(decisionFor([other, mine], null)).toBe(other);
    expect([decisionFor([other], 'ses_1'), decisionFor([], null)]).toEqual([null, null]);
    expect(noDecisionText('ses_1')).toContain('This session has made no request');
    expect(noDecisionText(null)).toBe('No request was made yet.');
  });
});
