import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { ProbeReport } from '../../../contract/limits.ts';
import { confidence, fiveHourView, weeklyView } from '../../../supervisor/core/limits.ts';
import { replayedCodex } from '../../support/fake-codex.ts';
import { type Belief, createBelief, useProbeBench } from '../../support/probe-bench.ts';
import { recordedRun, recordedRuns } from '../../support/recorded-codex.ts';

/** Recorded runs of the supported versions; older ones are refused before they run. */
const runs = recordedRuns().filter(({ evidence }) => ['0.155.1', '0.169.0'].includes(evidence.codexVersion));

describe('what replayed codex sessions do to stored limits', () => {
  it('[C.L2.1] [S.2.2] [S.3.2] no recorded session that failed changes a stored figure, all one after the other', async () => {
    const belief = await knownBelief();
    const before = belief.figures();
    const reports = await replayAll(belief, ({ kind }) => kind === 'failed');
    expect(reports.length).toBeGreaterThan(60);
    expect(belief.figures()).toBe(before);
    expect(belief.limits()).toMatchObject({
      status: 'error',
      error: expect.stringMatching(/./) as string,
      windows: [{ usedPercent: 12 }, { usedPercent: 34 }],
    });
  });

  it.each([
    ['[C.L2.2] HTTP 200 with an error body', 'http-200-json-error', 'INCOMPLETE'],
    ['[C.L2.3] figures noted before the turn failed', 'tool-then-429', 'RATE_LIMITED'],
    ['[C.L2.3] figures of a stream that was cut', 'stream-cut', 'INCOMPLETE'],
    ['[C.L2.4] SIGTERM in the middle', 'slow-stream', 'INTERRUPTED'],
    ['[C.L2.4] SIGKILL in the middle, after figures', 'tool-then-hang-sigkill', 'INTERRUPTED'],
    ['[C.L6.1] a usage limit with headers that say 0 %', 'usage-limit-429-stale-headers', 'RATE_LIMITED'],
    ['[C.L6.1] a usage limit with headers that say 100 %', 'usage-limit-429', 'RATE_LIMITED'],
    ['[C.L6.1] an upstream error with figures in its headers', 'http-500-with-limits', 'UPSTREAM_ERROR'],
  ] as const)('%s leaves every stored figure as it was, to the byte, and says why', async (_, scenario, code) => {
    const belief = await knownBelief();
    const { limits } = belief;
    const before = limits();
    const figures = belief.figures();
    const report = await replay(`0.169.0/${scenario}`);
    belief.accept(report);
    expect(report).toMatchObject({ kind: 'failed', code });
    expect(belief.figures()).toBe(figures);
    expect(limits()).toEqual({
      ...before,
      status: 'error',
      error: (report as { message: string }).message,
      lastErrorAt: limits().lastErrorAt,
    });
    expect(limits().lastErrorAt).toBeGreaterThan(before.lastProbeAt ?? Infinity);
    expect(confidence(limits(), AFTER)).toBe('error');
  });

  it('[C.L2.5] without any success there is nothing to show, whatever figures failed sessions held', async () => {
    const belief = createBelief(() => AFTER);
    for (const scenario of ['usage-limit-429', 'stream-cut', 'tool-then-429', 'success-no-limits'])
      belief.accept(await replay(`0.169.0/${scenario}`));
    expect(belief.limits()).toMatchObject({ windows: [], history: [], lastProbeAt: null });
    expect(fiveHourView(belief.limits(), AFTER)).toBeNull();
    expect(weeklyView(belief.limits(), AFTER)).toBeNull();
    expect(confidence(belief.limits(), AFTER)).toBe('unknown');
  });

  it('[C.L2.6] a session that completed updates the figures and appends to the history', async () => {
    const belief = createBelief(() => AFTER);
    const report = await replay('0.169.0/success');
    belief.accept(report);
    const observedAt = Date.parse('2026-11-23T11:14:38.608Z');
    expect(belief.limits()).toMatchObject({ status: 'success', error: null, lastProbeAt: observedAt });
    expect(belief.limits().windows.map(({ durationMinutes, usedPercent }) => [durationMinutes, usedPercent])).toEqual([
      [300, 12],
      [10_080, 34],
    ]);
    expect(belief.limits().history).toEqual([
      {
        at: observedAt,
        source: 'codex-exec',
        windows: [
          { limitId: 'codex', durationMinutes: 300, usedPercent: 12, resetsAtMs: 1_795_439_678_000 },
          { limitId: 'codex', durationMinutes: 10_080, usedPercent: 34, resetsAtMs: 1_795_778_078_000 },
        ],
      },
    ]);
  });

  it('[C.L4.4] the diagnostics name source, model, effort, session file, version and time', async () => {
    const belief = createBelief(() => AFTER);
    belief.accept(await replay('0.169.0/success'));
    expect(belief.limits().diagnostics).toEqual({
      source: 'codex-exec',
      model: 'gpt-5.3-codex',
      effort: 'low',
      sessionFile: 'rollout-2026-11-23T11-14-38-01a2081d-7741-7ea2-ba87-b014d4394337.jsonl',
      codexVersion: '0.169.0',
      at: Date.parse('2026-11-23T11:14:38.608Z'),
    });
  });

  it('a session that completed without figures of the main meter keeps those stored', async () => {
    const belief = await knownBelief();
    const before = belief.limits();
    belief.accept(await replay('0.169.0/success-no-limits'));
    expect(belief.limits()).toEqual({ ...before, status: 'no_data' });
  });

  it('[C.L6.2] five-hour and weekly figures stay those of one probe, whatever fails afterwards', async () => {
    const belief = await knownBelief();
    const before = [fiveHourView(belief.limits(), AFTER), weeklyView(belief.limits(), AFTER)];
    for (const scenario of ['usage-limit-429-stale-headers', 'sse-usage-limit-error', 'response-failed']) {
      belief.accept(await replay(`0.169.0/${scenario}`));
      expect([fiveHourView(belief.limits(), AFTER), weeklyView(belief.limits(), AFTER)]).toEqual(before);
    }
    expect(before[0]?.observedAt).toBe(before[1]?.observedAt);
  });

  it('[C.L2.7] of probes at the same time, in any order of arrival, the newest completed one stays', async () => {
    const names = [
      '0.169.0/success',
      '0.169.0/success-weekly-in-primary',
      '0.169.0/success-slow',
      '0.169.0/stream-cut',
    ];
    const reports = await Promise.all(names.map((name) => replay(name)));
    const newest = reports.filter(isComplete).toSorted((a, b) => b.observedAtMs - a.observedAtMs)[0];
    const orders = [reports, reports.toReversed(), [reports[2]!, reports[0]!, reports[3]!, reports[1]!]];
    for (const order of orders) {
      const belief = createBelief(() => AFTER);
      for (const report of order) belief.accept(report);
      expect(belief.limits().lastProbeAt).toBe(newest?.observedAtMs);
      const fresh = belief.limits().windows.filter(({ observedAt }) => observedAt === newest?.observedAtMs);
      expect(fresh.map(({ usedPercent }) => usedPercent)).toEqual(
        newest?.windows.map(({ usedPercent }) => usedPercent),
      );
    }
  });
});

/** Later than every recording. */
const AFTER = Date.parse('2026-11-23T11:40:00Z');

async function knownBelief(): Promise<Belief> {
  const belief = createBelief(() => AFTER);
  belief.accept(await replay('0.169.0/success'));
  expect(belief.limits().status).toBe('success');
  return belief;
}

/** Runs the whole probe over a program that leaves behind what a recorded run left. */
async function replay(name: string): Promise<ProbeReport> {
  const evidence = recordedRun(name);
  const bench = await useProbeBench({ now: () => evidence.startedAtMs });
  const codexBin = await replayedCodex(join(bench.root, 'replay'), evidence);
  return bench.probe({ codexBin, accountId: evidence.accountId, models: [evidence.model], effort: evidence.effort });
}

async function replayAll(belief: Belief, fits: (report: ProbeReport) => boolean): Promise<readonly ProbeReport[]> {
  const reports: ProbeReport[] = [];
  for (const { name } of runs) {
    const report = await replay(name);
    if (!fits(report)) continue;
    belief.accept(report);
    reports.push(report);
  }
  return reports;
}

function isComplete(report: ProbeReport): report is Extract<ProbeReport, { kind: 'complete' }> {
  return report.kind === 'complete';
}
