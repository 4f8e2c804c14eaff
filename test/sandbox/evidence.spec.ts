import { globSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { parseList } from '../acceptance.ts';
import { readDocument, ROOT } from '../support/documents.ts';
import { FLAKE_TIMES, flakesSchema, readEvidence } from '../support/evidence.ts';
import { removeTree } from '../support/remove-tree.ts';
import { type ProgramResult, runProgram } from '../support/run-program.ts';

async function useDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'oma-evidence-'));
  onTestFinished(() => removeTree(directory));
  await mkdir(join(directory, 'reports'));
  return directory;
}

function script(name: string, cwd: string, ...args: readonly string[]): Promise<ProgramResult> {
  return runProgram({
    file: process.execPath,
    args: [join(ROOT, 'scripts', name), ...args],
    env: { PATH: `${cwd}:${process.env['PATH'] ?? ''}` },
    cwd,
    deadlineMs: 60_000,
  });
}

describe('docs/evidence/flakes.json', () => {
  const { times, only, isRehearsal, runs } = readEvidence('flakes.json', flakesSchema);

  it.each([
    ['[I.L6.4]', 'integration'],
    ['[I.L6.5]', 'web'],
  ])('%s holds runs of %s in a row, each passed, and says whether they were as many as a release wants', (_, suite) => {
    const mine = runs.filter((run) => run.suite === suite);
    expect(mine.map(({ time }) => time)).toEqual(Array.from({ length: times }, (_item, index) => index + 1));
    for (const { passed, failed, tests, skipped } of mine)
      expect([passed, failed, tests > skipped]).toEqual([true, 0, true]);
    expect(isRehearsal).toBe(times < FLAKE_TIMES || only !== null);
  });
});

describe('[I.L6.4] [I.L6.5] npm run test:flakes', () => {
  // Stands in for the suites: the run with this number of all fails.
  const suites = (failing: number): string => `#!/bin/sh
echo x >> count
bad=0; [ "$(wc -l < count)" -eq ${String(failing)} ] && bad=1
echo "{\\"numTotalTests\\": 3, \\"numFailedTests\\": $bad, \\"numPendingTests\\": 0}" > "reports/$3.json"
exit $bad
`;
  const flakes = async (failing: number, ...args: readonly string[]) => {
    const directory = await useDirectory();
    await writeFile(join(directory, 'vitest'), suites(failing), { mode: 0o755 });
    const { code, stderr } = await script('flakes.ts', directory, '--target', directory, ...args);
    expect(stderr).toBe('');
    const evidence = flakesSchema.parse(JSON.parse(await readFile(join(directory, 'flakes.json'), 'utf8')));
    return { code, evidence, kept: globSync('reports/flakes/*.json', { cwd: directory }) };
  };

  it('runs both suites five times and keeps every report', async () => {
    const { code, evidence, kept } = await flakes(0);
    expect([code, evidence.times, evidence.isRehearsal, evidence.runs.length, kept.length]).toEqual([
      0,
      5,
      false,
      10,
      10,
    ]);
  });

  it('fails with a single run that failed, and says which', async () => {
    const { code, evidence } = await flakes(4, '--times', '3');
    expect([code, evidence.isRehearsal]).toEqual([1, true]);
    expect(evidence.runs.filter(({ passed }) => !passed)).toMatchObject([{ suite: 'web', time: 2, failed: 1 }]);
  });
});

describe('[I.L5.3] npm run trace, the last step of npm test', () => {
  const wanted = parseList(readDocument('test/acceptance.md')).filter(({ isVerification }) => isVerification);
  const trace = async (statusOf: (id: string) => string, further = '') => {
    const directory = await useDirectory();
    const assertionResults = wanted.map(({ id }) => ({ fullName: `[${id}] holds ${further}`, status: statusOf(id) }));
    const [name] = globSync('test/unit/*.spec.ts', { cwd: ROOT });
    const report = { startTime: 1, testResults: [{ name: join(ROOT, name ?? ''), assertionResults }] };
    await writeFile(join(directory, 'reports', 'all.json'), JSON.stringify(report));
    const { code, stdout } = await script('trace.ts', directory, '--reports', join(directory, 'reports'));
    return { code, lines: stdout.split('\n') };
  };

  it('wants a passed test for every verification line, every contract and every line of phase H, and is green with them', async () => {
    const script = (JSON.parse(readDocument('package.json')) as { scripts: { test: string } }).scripts.test;
    expect(script).toMatch(/ && npm run trace$/);
    const count = (pattern: RegExp): number => wanted.filter(({ id }) => pattern.test(id)).length;
    expect([count(/^[A-I]\.L/), count(/^S\./), count(/^H\.T\./)]).toEqual([281, 31, 32]);
    expect((await trace(() => 'passed')).code).toBe(0);
  });

  it('is red when a line of the matrix failed or has no test, and when a test cites what is no line', async () => {
    const red = await trace(
      (id) => (id === 'H.T.20' ? 'failed' : id === 'C.L2.1' ? 'skipped' : 'passed'),
      '[Z.L1.1] [H.L9.9]',
    );
    expect(red.code).toBe(1);
    expect(red.lines.filter((line) => /^(FAILED|NO TEST|UNKNOWN)/.test(line))).toEqual([
      expect.stringMatching(/^NO TEST C\.L2\.1 /),
      'FAILED  H.T.20 429 rate limits',
      expect.stringMatching(/^UNKNOWN H\.L9\.9 /),
    ]);
  });
});
