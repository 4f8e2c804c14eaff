import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { objections, P95_RATIO_MAX } from '../canary/criteria.ts';
import { PHASES } from '../canary/phases.ts';
import { lost, storedSchema } from '../rollback/lost.ts';
import { summarise } from '../soak/summary.ts';
import { readDocument, ROOT } from '../support/documents.ts';
import { canarySchema, readEvidence, rollbackSchema } from '../support/evidence.ts';
import { removeTree } from '../support/remove-tree.ts';
import { runProgram } from '../support/run-program.ts';

const EVEN = { a: 0.5, b: 0.5 };

/** A phase as a journal: so many requests by each account, and as slow as told. */
function phase({ a = 500, b = 500, ms = 100, failed = 0, violation = false }) {
  const at = { atMs: 1 };
  const request = (alias: string, client: 'node' | 'direct', took: number, ok = true) =>
    ({ ...at, kind: 'request', client, ok, excused: false, alias, ms: took, detail: null }) as const;
  return summarise([
    { ...at, kind: 'start', elapsedMs: 0, hours: 1, seed: 1 },
    ...Array.from({ length: a }, () => request('a', 'node', ms)),
    ...Array.from({ length: b }, () => request('b', 'node', ms)),
    ...Array.from({ length: failed }, () => request('b', 'node', ms, false)),
    ...Array.from({ length: 100 }, () => request('direct', 'direct', 100)),
    ...(violation ? [{ ...at, kind: 'violation', what: 'a login was lost', detail: 'a' } as const] : []),
    {
      ...at,
      kind: 'sample',
      elapsedMs: 3_600_000,
      supervisorPid: 1,
      eligible: ['a', 'b'],
      forcedAlias: null,
      processes: [],
    },
  ]);
}

describe('the criteria of the promotion', () => {
  it('[I.L3.5] [I.L3.6] let a good phase pass, and object to each thing that is not', () => {
    expect(objections(phase({}), EVEN)).toEqual([]);
    expect(objections(phase({ ms: 112 }), EVEN)).toEqual([expect.stringContaining('p95 is 1.12 times')]);
    expect(objections(phase({ failed: 2 }), EVEN)).toEqual([expect.stringContaining('success rate 0.998')]);
    expect(objections(phase({ a: 800, b: 200 }), EVEN)).toEqual([
      expect.stringContaining('a served 80 %'),
      expect.stringContaining('b served 20 %'),
    ]);
    expect(objections(phase({ violation: true }), EVEN)).toEqual(['a login was lost: a']);
  });

  it('[S.4.6] are applied to the phases that docs/PROMOTION.md names', () => {
    for (const { name, strategy, hours } of PHASES)
      expect(readDocument('docs/PROMOTION.md')).toMatch(
        new RegExp(`\\| ${name} +\\| \`${strategy}\` +\\| ${String(hours)} h`),
      );
  });
});

describe('docs/evidence/canary.json', () => {
  const { phases, isRehearsal, go } = readEvidence('canary.json', canarySchema);

  it('[I.L3.1] [I.L3.3] [I.L3.4] went from round-robin to weighted to the watch, and says whether it was a rehearsal', () => {
    expect(phases.map(({ name, strategy }) => [name, strategy])).toEqual(
      PHASES.map(({ name, strategy }) => [name, strategy]),
    );
    expect(isRehearsal).toBe(phases.some(({ hoursAsked }, index) => hoursAsked < (PHASES[index]?.hours ?? 0)));
    for (const { hours, hoursAsked } of phases) expect(hours).toBeGreaterThanOrEqual(hoursAsked * 0.98);
  });

  it('[I.L3.2] holds success rate, latency and distribution of every phase', () => {
    for (const { requests, successRate, latencyMs, directLatencyMs, served, expectedShare } of phases) {
      expect(requests).toBeGreaterThan(200);
      expect(successRate).toBeGreaterThanOrEqual(0.999);
      expect([latencyMs.p50, latencyMs.p95, directLatencyMs.p95]).not.toContain(null);
      expect(Object.keys(served).sort()).toEqual(Object.keys(expectedShare).sort());
    }
  });

  it('[I.L3.5] saw no critical error: nothing but latency was objected to', () => {
    expect(phases.flatMap(({ problems }) => problems).filter((problem) => !problem.startsWith('p95 is '))).toEqual([]);
  });

  it('[I.L3.6] [I.L5.6] says go: p95 stayed within a tenth of requests past oma in every phase, and nothing else was objected to', () => {
    for (const { p95Ratio, problems } of phases) {
      expect(p95Ratio).toBeLessThanOrEqual(P95_RATIO_MAX);
      expect(problems).toEqual([]);
    }
    expect(go).toBe(true);
  });
});

describe('docs/evidence/rollback-drill.json', () => {
  const drill = readEvidence('rollback-drill.json', rollbackSchema);
  const saw = (name: string): string | undefined => drill.steps.find((step) => step.name === name)?.saw;

  it('[I.L4.1] [I.L5.6] went from one build to another and back', () => {
    expect(drill.candidate.buildId).not.toBe(drill.knownGood.buildId);
    expect(drill.run.isClean).toBe(true);
    expect(saw('stop, install the known-good version, start')).toBe(`build ${drill.knownGood.buildId}`);
  });

  it('[I.L4.2] [I.L4.3] [I.L4.4] [I.L4.5] [I.L4.6] saw settings, list, status, switch and refresh as they were', () => {
    expect(saw('restore the snapshot')).toBe('strategy round-robin, thresholds 5/20');
    expect(saw('list')).toBe('ann on, bob off, eve on');
    expect(saw('status')).toBe('2 of 3 can serve');
    expect(saw('switch')).toBe('codex is logged in as eve');
    expect(saw('refresh')).toMatch(/^ann probed by /);
    expect(saw('OpenCode')).toMatch(/^Simulated answer from (ann|eve)$/);
  });

  it('[I.L4.7] [I.L4.8] [I.L7.3] took less than five minutes and lost nothing', () => {
    expect(drill.rollbackMs).toBeLessThan(300_000);
    expect(drill.lost).toEqual([]);
  });

  it('[I.L4.8] would have seen a loss', () => {
    const account = (alias: string, refreshToken: string, usageCount: number) => ({
      alias,
      accountId: `ws-${alias}`,
      userId: 'u',
      usageCount,
      credentials: { refreshToken },
      rateLimitHistory: [],
    });
    const store = (...accounts: unknown[]) => storedSchema.parse({ version: 2, accounts });
    const before = store(account('a', 'one', 5), account('b', 'two', 5));
    expect(lost(before, before)).toEqual([]);
    expect(lost(before, store(account('a', 'older', 4)))).toEqual([
      'the login of a',
      'the usage count of a',
      'the account b',
    ]);
  });
});

describe('the evidence as a whole', () => {
  const qa = readDocument('docs/QA.md');

  it('[I.L1.7] [I.L1.8] [I.L6.1] [I.L6.3] QA.md has what came out of every phase, and the troubleshooting matrix', () => {
    const headings = [...qa.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading).join('\n');
    for (const part of ['Phase A', 'Phase B', 'Phase C', 'Phases D to G', 'Phase H', 'Phase I'])
      expect(headings).toContain(part);
    const matrix = /### Troubleshooting matrix\n([\s\S]*?)\n#/.exec(qa)?.[1] ?? '';
    expect(matrix.split('\n').filter((line) => line.startsWith('| ')).length).toBeGreaterThanOrEqual(15);
  });

  it('[I.L6.2] `npm run archive-results` keeps what each gate said, with its commit', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'oma-results-'));
    try {
      await mkdir(join(directory, 'reports'));
      const report = {
        startTime: 1_000,
        numTotalTests: 3,
        numPassedTests: 2,
        numFailedTests: 1,
        numPendingTests: 0,
        testResults: [{ endTime: 61_000 }],
      };
      await writeFile(join(directory, 'reports', 'unit.json'), JSON.stringify(report));
      await writeFile(join(directory, 'reports', 'kills.json'), '{"other": true}');
      const args = ['scripts/archive-results.ts', '--reports', join(directory, 'reports'), '--target', directory];
      const { code, stderr } = await runProgram({
        file: process.execPath,
        args,
        env: { PATH: process.env['PATH'] ?? '' },
        cwd: ROOT,
        deadlineMs: 60_000,
      });
      expect(code, stderr).toBe(0);
      expect(JSON.parse(await readFile(join(directory, 'test-results.json'), 'utf8'))).toEqual({
        kind: 'test-results',
        commit: expect.stringMatching(/^[0-9a-f]{40}$/) as string,
        gates: [
          {
            gate: 'unit',
            at: '1970-01-01T00:00:01.000Z',
            seconds: 60,
            files: 1,
            tests: 3,
            passed: 2,
            failed: 1,
            skipped: 0,
          },
        ],
      });
    } finally {
      await removeTree(directory);
    }
  });

  it('[I.L7.1] the security review is written down, and the search for exposed credentials finds none in documents and artefacts', async () => {
    expect(qa).toContain('### Security review');
    const { code, stderr } = await runProgram({
      file: process.execPath,
      args: ['scripts/check-no-secrets.ts'],
      env: { PATH: process.env['PATH'] ?? '' },
      cwd: ROOT,
      deadlineMs: 60_000,
    });
    expect(code, stderr).toBe(0);
  });
});
