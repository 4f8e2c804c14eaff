import { globSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { parseList } from '../acceptance.ts';
import type { Evidence } from '../soak/evidence.ts';
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

describe('[I.L5.1] [I.L5.2] [I.L5.3] [I.L5.4] [I.L5.5] npm run trace, the last step of npm test', () => {
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

  it('is red when a line of any phase, of a contract or of the matrix failed or has no test, and when a test cites what is no line', async () => {
    const failing = ['S.3.2', 'A.L1.3', 'B.L2.5', 'D.L3.2', 'E.L2.6', 'F.L3.1', 'G.L5.1', 'H.T.20', 'I.L4.8'];
    const red = await trace(
      (id) => (failing.includes(id) ? 'failed' : id === 'C.L2.1' ? 'skipped' : 'passed'),
      '[Z.L1.1] [H.L9.9]',
    );
    expect(red.code).toBe(1);
    const said = red.lines.flatMap((line) => /^(FAILED|NO TEST|UNKNOWN) +(\S+) /.exec(line)?.slice(1).join(' ') ?? []);
    expect(said.toSorted()).toEqual(
      [...failing.map((id) => `FAILED ${id}`), 'NO TEST C.L2.1', 'UNKNOWN H.L9.9'].toSorted(),
    );
  });
});

describe('[I.L7.2] [H.T.37] [H.T.38] [H.T.39] [H.T.40] npm run slo', () => {
  const good: Evidence = {
    source: 'soak',
    requests: { total: 10_000, failed: 10 },
    unhandledExceptions: 0,
    p95Ratio: 2.2,
    probes: { failed: 5, failedThatChangedLimits: 0 },
  };
  const slo = async (evidence: Evidence) => {
    const directory = await useDirectory();
    await mkdir(join(directory, 'docs'));
    await writeFile(join(directory, 'docs', 'slo-baseline.json'), '{"p95Ratio": {"soak": 2}}');
    await writeFile(join(directory, 'reports', 'evidence-soak.json'), JSON.stringify(evidence));
    const { code, stdout } = await script('slo.ts', directory);
    return { code, lines: stdout.split('\n').filter((line) => /^(MISSED|NO EVIDENCE)/.test(line)) };
  };

  it('passes on what a run left that kept every promise', async () => {
    expect(await slo(good)).toEqual({ code: 0, lines: [] });
  });

  it('fails, and names each promise that was missed or about which no run says anything', async () => {
    expect(await slo({ ...good, unhandledExceptions: 1, p95Ratio: 2.3, probes: null })).toEqual({
      code: 1,
      lines: [
        expect.stringMatching(/^MISSED +unhandled exceptions = 0 +soak +1$/),
        expect.stringMatching(/^MISSED +p95 regression <= 10 % +soak +2\.30x past oma, recorded 2\.00x$/),
        expect.stringMatching(/^NO EVIDENCE +failed probes: run npm run test:soak:48h/),
      ],
    });
  });
});
