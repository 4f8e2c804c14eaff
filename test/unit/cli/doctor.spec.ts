import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { ToldFinding } from '../../../cli/doctor/bundle.ts';
import { mend } from '../../../cli/doctor/examine.ts';
import { finding, FINDING_IDS } from '../../../cli/doctor/finding.ts';
import { examineMachine } from '../../../cli/doctor/machine.ts';
import { judgeNotices } from '../../../cli/doctor/notices.ts';
import { judgeSupervisor, type Told } from '../../../cli/doctor/supervisor.ts';
import { doctorText } from '../../../cli/render/doctor.ts';
import { colourless } from '../../../cli/render/paint.ts';
import type { Diagnosis } from '../../../contract/diagnosis.ts';
import { account, at, NOW, status } from './samples.ts';
import { testContext } from './test-context.ts';

const WELL: Diagnosis = { clock: { skewMs: 400, at: at(-1) }, lastPluginHello: null, storeNotices: [] };

/** Level and id of everything that is judged not to be well. */
function judged(told: Partial<Told>): readonly string[] {
  const whole: Told = {
    status: status({ clients: [], children: [] }),
    accounts: [account()],
    diagnosis: WELL,
    ...told,
  };
  return judgeSupervisor(whole, { now: NOW, buildId: whole.status.buildId })
    .filter(({ level }) => level !== 'ok')
    .map(({ level, id }) => `${level} ${id}`);
}

describe('what a running supervisor tells', () => {
  it('is judged well but for a plugin that never said hello', () => {
    expect(judged({})).toEqual(['note plugin-hello']);
    const hello = { host: 'opencode 1.18.33', version: '0.1.0', at: at(-60) };
    expect(judged({ diagnosis: { ...WELL, lastPluginHello: hello } })).toEqual([]);
  });

  it.each([
    [30_000, []],
    [-90_000, ['warning clock']],
    [400_000, ['problem clock']],
  ])('a clock that is %i ms off gives %j', (skewMs, expected) => {
    const found = judged({ diagnosis: { ...WELL, clock: { skewMs, at: at(0) } } });
    expect(found.filter((line) => line.endsWith('clock'))).toEqual(expected);
  });

  it.each([
    [account({ auth: 'needs-login', authReason: 'gone' }), ['warning needs-login']],
    [account({ auth: 'needs-login', enabled: false }), []],
    [account({ auth: 'expiring', tokenExpiresAt: at(3) }), ['note token-expiring']],
    [account({ auth: 'expiring', tokenExpiresAt: at(-20) }), ['warning token-expiring']],
  ])('an account is judged by its login (%#)', (one, expected) => {
    expect(judged({ accounts: [one] })).toEqual(['note plugin-hello', ...expected]);
  });

  it('names refreshes left open, helpers that are down and a store that cannot be written', () => {
    const told = status({ clients: [], openRefreshes: [{ alias: 'work', since: at(-5) }] });
    const ill = {
      ...told,
      buildId: 'other',
      children: [{ name: 'worker' as const, state: 'waiting' as const, pid: null, restarts: 3, lastExit: 'code 1' }],
      configFileProblem: 'The configuration file is not JSON.',
      store: { ...told.store, writeError: 'ENOSPC' },
    };
    const diagnosis = { ...WELL, storeNotices: ['a copy in plain text lies beside it'] };
    const found = judgeSupervisor({ status: ill, accounts: [account()], diagnosis }, { now: NOW, buildId: 'ours' });
    expect(found.filter(({ level }) => level !== 'ok').map(({ level, id }) => `${level} ${id}`)).toEqual([
      'warning other-build',
      'warning child',
      'warning config-file',
      'problem store-write',
      'note plugin-hello',
      'warning open-refresh',
      'note store-notice',
    ]);
    for (const { level, advice, id } of found)
      if (level === 'problem' || level === 'warning') expect(advice, id).toMatch(/\w/);
  });
});

it('messages that do not arrive are a warning that says why and what to do, never where to', () => {
  const failure = { channel: 'webhook' as const, at: at(-5), message: 'The receiver wants fewer messages (HTTP 429).' };
  expect(judgeNotices(status({ noticeFailures: [failure] }))).toEqual([
    {
      id: 'notice',
      level: 'warning',
      what: `Messages do not arrive (webhook): the last one failed at ${at(-5)}.`,
      advice: 'The receiver wants fewer messages (HTTP 429). `oma notify test` tries again.',
      fix: null,
    },
  ]);
  expect(judged({ status: status({ clients: [], children: [], noticeFailures: [failure] }) })).toContain(
    'warning notice',
  );
});

it('a session over SSH is told how to reach the port of the dashboard that runs, and of a browser login', async () => {
  const findings = await examineMachine(testContext({ environment: { SSH_TTY: '/dev/pts/1' } }), 3456);
  expect(findings.find(({ id }) => id === 'ssh')?.advice).toBe(
    '`oma add ALIAS --device` needs none. Or run, where your browser is: `ssh -L 3456:localhost:3456 -L 1455:localhost:1455 HOST`; then `oma add ALIAS`, or `oma open --print` for the dashboard.',
  );
});

it('a fix that fails is told with its reason, and keeps no other from being done', async () => {
  const broken = Object.assign(new Error('/home/ann/secret'), { code: 'EROFS' });
  const mendable = (done: string, run: () => Promise<void>) =>
    finding('warning', { id: 'files', what: 'x', advice: null, fix: { done, run } });
  expect(
    await mend([
      mendable('Named the plugin.', () => Promise.reject(broken)),
      mendable('Made private.', () => Promise.resolve()),
    ]),
  ).toEqual({ fixed: ['Made private.'], failed: ['Named the plugin. (EROFS)'] });
});

it('[I.L1.7] every finding has a row in the troubleshooting matrix, and every row there is a finding', async () => {
  const quality = await readFile('docs/QA.md', 'utf8');
  const [, matrix = ''] = quality.split('| finding ');
  const rows = matrix.split('\n\n')[0]?.split('\n').slice(2) ?? [];
  const named = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, id]) => id));
  expect(named.toSorted()).toEqual([...FINDING_IDS].toSorted());
  for (const row of rows) expect(row.split('|')[2], row).toMatch(/\w/);
});

it('every finding is found somewhere', async () => {
  const directory = 'cli/doctor';
  const files = (await readdir(directory)).filter((name) => name !== 'finding.ts');
  const sources = await Promise.all(files.map((name) => readFile(join(directory, name), 'utf8')));
  // What keeps a browser from opening is a finding of the same name.
  const quoted = [...sources, await readFile('cli/browser.ts', 'utf8')].join('');
  expect(FINDING_IDS.filter((id) => !quoted.includes(`'${id}'`))).toEqual([]);
});

describe('oma doctor in words', () => {
  const view = (...findings: ToldFinding[]) =>
    doctorText({ ok: true, fixed: [], failed: [], bundle: null, findings }, colourless).split('\n');
  const found = (change: Partial<ToldFinding>): ToldFinding => ({
    ...{ id: 'files', level: 'warning', what: 'A file is open.', advice: 'Close it.', fixable: false },
    ...change,
  });

  it('marks what --fix does, and nothing else', () => {
    const lines = view(found({ fixable: true }), found({}));
    expect(lines).toEqual([
      'WARNING  A file is open.',
      '         → Close it. (`oma doctor --fix` does it.)',
      'WARNING  A file is open.',
      '         → Close it.',
      '',
      '2 warnings.',
    ]);
  });

  it.each([
    [[], 'All is well.'],
    [[found({ level: 'note' })], 'All is well, but see the notes.'],
    [[found({ level: 'problem' }), found({})], '1 problem and 1 warning.'],
  ])('ends with how it stands (%#)', (findings, verdict) => {
    expect(view(...findings).at(-1)).toBe(verdict);
  });
});
