import { describe, expect, it } from 'vitest';

import { decisionText, forecastText } from '../../../../cli/render/decision.ts';
import { diffText } from '../../../../cli/render/diff.ts';
import { importText, maskImport } from '../../../../cli/render/import.ts';
import { logLineText } from '../../../../cli/render/log-line.ts';
import { colourful, colourless } from '../../../../cli/render/paint.ts';
import { probeProgress, probeSucceeded, probeText } from '../../../../cli/render/probe.ts';
import { settingsText } from '../../../../cli/render/settings.ts';
import { forceText, statusText } from '../../../../cli/render/status.ts';
import { table } from '../../../../cli/render/table.ts';
import { age, clock, until } from '../../../../cli/render/time.ts';
import type { ProbeRunView } from '../../../../contract/probe.ts';
import { at, decision, force, FORCED, NOW, settingsView, status } from '../samples.ts';

const look = { now: NOW, paint: colourless };

describe('time', () => {
  it('says how long ago and how long until', () => {
    expect([age(at(0), NOW), age(at(-3), NOW), until(at(3), NOW), until(at(-3), NOW)]).toEqual([
      'just now',
      '3 min ago',
      'in 3 min',
      'now',
    ]);
  });
});

describe('a table', () => {
  it('pads columns but not the end of a line', () => {
    expect(table([['a', 'bb'], ['ccc', 'd'], ['é']])).toBe('a    bb\nccc  d\né');
  });
  it('is nothing without rows', () => expect(table([])).toBe(''));
});

describe('the status page', () => {
  it('shows everything at a glance', () => {
    expect(statusText(status(), look).split('\n')).toEqual([
      'oma 0.1.0 is running (pid 42, for 3 h 2 min)',
      'Accounts   2 of 4 can serve, 1 disabled, to log in again: home, last served: work',
      'Strategy   round-robin',
      'Force      none',
      'Requests   2 in flight, 120 served, 1 failed',
      'Dashboard  http://127.0.0.1:3434  (`oma open` opens it)',
      'Store      /store/accounts.json, encrypted, written 1 min ago',
      'Socket     /run/oma/oma.sock',
      'Processes  worker ready, probe-runner waiting, 2 restarts, ended with code 1',
      'Connected  2 × plugin in opencode 1.18.33, cli',
    ]);
  });
  it('names what is wrong: a recovered store, a failing disk, a bad configuration file, an unanswered refresh, nobody who can serve', () => {
    const text = statusText(
      status({
        store: {
          file: '/s',
          encrypted: false,
          recovered: 'restored from the snapshot',
          lastWriteAt: null,
          writeError: 'no space left',
        },
        configFileProblem: 'The configuration file is not JSON.',
        openRefreshes: [{ alias: 'work', since: at(-7) }],
        accounts: { total: 1, enabled: 1, eligible: 0, needsLogin: [], lastServed: null, earliestRecovery: at(9) },
        dashboardUrl: null,
        clients: [],
      }),
      look,
    );
    expect(text).toContain('/s, not written yet, restored from the snapshot, cannot be written: no space left');
    expect(text).toMatch(/Configuration +The configuration file is not JSON\. The last good one is in force\./);
    expect(text).toMatch(/Open refresh +work, sent 7 min ago and never answered/);
    expect(text).toContain('0 of 1 can serve, the first is back in 9 min');
    expect(text).toMatch(/Dashboard +not served/);
    expect(text).toMatch(/Connected +nobody/);
  });
  it('says clearly that a demo is one', () => {
    expect(statusText(status({ demo: true }), look).split('\n')[1]).toBe(
      'This is the demo: simulated accounts, simulated answers.',
    );
  });
  it('shows a force with its end and what comes after', () => {
    expect(forceText(FORCED, look)).toBe('work, ends in 2 h 5 min, set by cli; then least-used');
    expect(forceText(force(), look)).toBe('none');
  });
});

describe('a decision', () => {
  it('names the chosen account, the rule, and how every account stood', () => {
    expect(decisionText(decision(), look).split('\n')).toEqual([
      'req-1: work, by round-robin',
      'model gpt-5.5, session ses_1, attempt 1, 3 min ago',
      '  work   chosen',
      '  home   could have served',
      '  spare  cooling down after a failure, back in 4 min',
    ]);
  });
  it.each([
    [{ how: 'force' }, 'work, because it is forced'],
    [{ how: 'affinity' }, 'work, because this session is on it already'],
    [{ how: 'none', selectedAlias: null }, 'no account, because none can serve'],
  ] as const)('words the rule of %j', (over, text) =>
    expect(decisionText(decision(over), look).split('\n')[0]).toBe(`req-1: ${text}`),
  );
  it.each([
    ['bound-account-ineligible', 'The account this session was on cannot serve now, so the session moved.'],
    ['critical-only', 'Every account that can serve is below the critical threshold, so one of them had to.'],
    ['forced-account-lost', 'The forced account can no longer serve, so the force ended.'],
    ['retry', 'An earlier attempt at this request failed on another account.'],
    ['none-eligible', 'No account can serve now.'],
  ] as const)('words the fallback %s', (fallbackReason, text) =>
    expect(decisionText(decision({ fallbackReason }), look)).toContain(text),
  );
  it('that nobody asked for yet has no request to name, and no attempt', () => {
    expect(
      forecastText(decision({ sessionId: null, model: null }), look)
        .split('\n')
        .slice(0, 2),
    ).toEqual(['The next request: work, by round-robin', '  work   chosen']);
    expect(forecastText(decision(), look)).toContain('\nmodel gpt-5.5, session ses_1\n');
  });
  it('says that a force ended', () => {
    expect(
      decisionText(decision({ forceState: { active: false, alias: 'work', until: at(1), ended: 'expired' } }), look),
    ).toContain('A force ended here: expired.');
  });
});

describe('a probe run', () => {
  const attempt = {
    source: 'codex-exec',
    model: 'gpt-5.5',
    effort: 'low',
    code: 'RATE_LIMITED',
    message: 'at its limit',
  } as const;
  const run: ProbeRunView = {
    probeId: 'probe-1',
    startedAt: at(-1),
    finishedAt: at(0),
    items: [
      {
        alias: 'work',
        state: 'success',
        source: 'codex-exec',
        message: '62 % left',
        attempts: [{ ...attempt, code: null }],
      },
      { alias: 'home', state: 'error', source: null, message: 'no source answered', attempts: [attempt] },
    ],
  };
  it('shows what came of each account and, for a failed one, what was tried', () => {
    expect(probeText(run, look).split('\n')).toEqual([
      'work  done    codex-exec  62 % left',
      'home  failed  -           no source answered',
      '  codex-exec gpt-5.5 low: RATE_LIMITED, at its limit',
    ]);
    expect(probeSucceeded(run)).toBe(false);
  });
  it('says why the first source was left, also when the next one had figures', () => {
    const other = { ...attempt, source: 'usage-endpoint', model: null, effort: null, code: null } as const;
    const item = { alias: 'work', state: 'success', source: 'usage-endpoint', message: 'limits updated' } as const;
    const [, ...tried] = probeText({ ...run, items: [{ ...item, attempts: [attempt, other] }] }, look).split('\n');
    expect(tried).toEqual(['  codex-exec gpt-5.5 low: RATE_LIMITED, at its limit']);
  });
  it('counts no data as no success', () => {
    const [first] = run.items;
    expect(probeSucceeded({ ...run, items: first === undefined ? [] : [{ ...first, state: 'no_data' }] })).toBe(false);
    expect(probeSucceeded({ ...run, items: first === undefined ? [] : [first] })).toBe(true);
  });
  it('says in one line how far it is', () => {
    const items = run.items.map((item, index) => (index === 1 ? { ...item, state: 'running' as const } : item));
    expect(probeProgress({ ...run, items })).toBe('Probing 1/2: home');
  });
});

describe('settings', () => {
  it('show value, origin and lock, and the preset they equal', () => {
    const text = settingsText(
      settingsView(),
      ['rotationStrategy', 'lowThreshold', 'accountWeights', 'probeBackgroundSources'],
      look,
    );
    expect(text.split('\n')).toEqual([
      'SETTING                 VALUE                             FROM',
      'rotationStrategy        round-robin                       environment, locked',
      'lowThreshold            30                                persisted',
      'accountWeights          none                              default',
      'probeBackgroundSources  codex-app-server, usage-endpoint  default',
      '',
      'These values equal the preset balanced.',
    ]);
  });
});

describe('an import', () => {
  const result = {
    dryRun: false,
    imported: [{ alias: 'work', email: 'ann@example.com', planType: 'plus' }],
    updated: [{ alias: 'home', because: 'codex has a newer login' }],
    skipped: [{ name: 'old', because: 'it has no refresh token' }],
    warnings: ['The old file still holds these logins.'],
  };
  it('says what came, what was renewed, what was left out and why', () => {
    expect(importText(result, colourless).split('\n')).toEqual([
      'Imported:',
      '  work  ann@example.com  plus',
      'Renewed:',
      '  home  codex has a newer login',
      'Left out:',
      '  old  it has no refresh token',
      'The old file still holds these logins.',
    ]);
  });
  it('speaks of what would be in a dry run, and of nothing when there is nothing', () => {
    expect(importText({ ...result, dryRun: true }, colourless)).toContain('Would be imported:');
    const nothing = { dryRun: true, imported: [], updated: [], skipped: [], warnings: [] };
    expect(importText(nothing, colourless)).toBe('There was nothing to import.');
  });
  it('masks e-mails wherever they stand', () => {
    const named = {
      ...result,
      updated: [{ alias: 'bob@example.com', because: 'codex has a newer login' }],
      skipped: [{ name: 'cy@example.com', because: 'this seat is the account "cy@example.com" already' }],
      warnings: ['"dee@example.com" is disabled there.'],
    };
    expect(maskImport(named)).toMatchObject({
      imported: [{ alias: 'work', email: 'a…@e…', planType: 'plus' }],
      updated: [{ alias: 'b…@e…' }],
      skipped: [{ name: 'c…@e…', because: 'this seat is the account "c…@e…" already' }],
      warnings: ['"d…@e…" is disabled there.'],
    });
  });
});

describe('a line of the log', () => {
  const time = new Date(2026, 2, 1, 9, 5, 7).getTime();
  it('shows time, level, who, message and fields', () => {
    const line = JSON.stringify({
      level: 40,
      time,
      pid: 1,
      hostname: 'h',
      name: 'supervisor',
      alias: 'work',
      count: 2,
      msg: 'it cooled down',
    });
    expect(logLineText(line, colourless)).toBe('09:05:07 WARN  supervisor it cooled down alias=work count=2');
    expect(clock(time)).toBe('09:05:07');
  });
  it('says a decision and a change in words, and what is neither as it is', () => {
    const shown = (record: object): string =>
      logLineText(JSON.stringify({ level: 30, time, name: 'supervisor', ...record }), colourless);
    expect(shown({ msg: 'decision', decision: decision({ fallbackReason: 'retry' }) })).toBe(
      '09:05:07 INFO  supervisor decision work by round-robin; spare cooling down after a failure; retry; model gpt-5.5; request req-1',
    );
    const change = { action: 'accounts.disable', target: 'work', actor: 'cli', detail: { reason: 'on leave' } };
    expect(shown({ msg: 'audit', audit: { at: at(0), requestId: 'req-2', ...change } })).toBe(
      '09:05:07 INFO  supervisor audit accounts.disable work by cli {"reason":"on leave"}',
    );
    expect(shown({ msg: 'decision', decision: 'none' })).toBe('09:05:07 INFO  supervisor decision decision=none');
  });
  it('shows an error below its line, one frame a line', () => {
    const err = {
      name: 'TypeError',
      message: 'x is\nundefined',
      stack: 'TypeError: x is\nundefined\n    at f (a.ts:1)\n    at g (b.ts:2)',
    };
    expect(logLineText(JSON.stringify({ level: 50, time, msg: 'it failed', err }), colourless).split('\n')).toEqual([
      '09:05:07 ERROR it failed',
      '  TypeError: x is undefined',
      '    at f (a.ts:1)',
      '    at g (b.ts:2)',
    ]);
  });
  it('passes through what is no record, without its control characters', () => {
    expect(logLineText('Segmentation \u001b[31mfault', colourless)).toBe('Segmentation  [31mfault');
    expect(logLineText('{"level":"high"}', colourless)).toBe('{"level":"high"}');
  });
  it('keeps control characters inside a record from the terminal', () => {
    const text = logLineText(JSON.stringify({ level: 30, time, msg: 'a\u001b[2Jb', x: '\u009b1m' }), colourful);
    expect(text).not.toContain('\u001b[2J');
    expect(text).not.toContain('\u009b');
  });
});

describe('a diff', () => {
  it('shows what changes between a common beginning and end', () => {
    expect(
      diffText('{\n  "a": 1,\n  "b": 2\n}\n', '{\n  "a": 1,\n  "b": 3,\n  "c": 4\n}\n', colourless).split('\n'),
    ).toEqual(['  {', '    "a": 1,', '-   "b": 2', '+   "b": 3,', '+   "c": 4', '  }']);
  });
  it('shows a new file as added lines', () => expect(diffText('', '{}', colourless)).toBe('+ {}'));
});
