import { describe, expect, it } from 'vitest';

import { parseList, traced } from '../acceptance.ts';
import type { Evidence } from '../soak/evidence.ts';
import type { Line } from '../soak/journal.ts';
import { barsOf, unproven } from '../soak/slo.ts';
import { evidenceOf, summarise } from '../soak/summary.ts';
import { problemsOf } from '../soak/verdict.ts';

const MINUTE = 60_000;
const MIB = 1_048_576;

/** An hour of soak: a sample and two requests a minute; the supervisor has `rss` MiB in that minute. */
function hour(rss: (minute: number) => number, further: readonly Line[] = []): readonly Line[] {
  const minutes = Array.from({ length: 61 }, (_, minute) => minute);
  const request = { kind: 'request', client: 'node', ok: true, excused: false, ms: 10, detail: null } as const;
  return [
    { kind: 'start', atMs: 0, elapsedMs: 0, hours: 1, seed: 1 },
    ...minutes.flatMap((minute): Line[] => [
      {
        ...{ kind: 'sample', atMs: minute * MINUTE, elapsedMs: minute * MINUTE, supervisorPid: 7 },
        ...{ eligible: 2, forcedAlias: null },
        processes: [{ role: 'supervisor', pid: 7, rssBytes: rss(minute) * MIB, descriptors: 30 }],
      },
      { ...request, atMs: minute * MINUTE, alias: 'a' },
      { ...request, atMs: minute * MINUTE, alias: 'b' },
    ]),
    ...further,
  ];
}

const FAILED = { kind: 'request', client: 'node', ok: false, alias: null, ms: 1, detail: '500', atMs: 1 } as const;

describe('the summary of a soak', () => {
  it('passes an even hour, and says so as evidence', () => {
    const summary = summarise(hour(() => 100));
    expect(problemsOf(summary)).toEqual([]);
    expect(evidenceOf(summary)).toMatchObject({ requests: { total: 122, failed: 0 }, unhandledExceptions: 0 });
  });

  it('finds growth, failed requests, a forgotten account, a doubled process and a soak cut short', () => {
    expect(problemsOf(summarise(hour((minute) => 100 + minute)))).toEqual([expect.stringMatching(/^supervisor grows/)]);
    expect(problemsOf(summarise(hour(() => 100, [{ ...FAILED, excused: false }])))).toEqual([
      expect.stringMatching(/^success rate 0.99/),
    ]);
    expect(problemsOf(summarise(hour(() => 100, [{ ...FAILED, excused: true }])))).toEqual([]);
    const forgotten: Line = { ...FAILED, ok: true, alias: 'c', excused: false };
    expect(problemsOf(summarise(hour(() => 100, [forgotten])))).toEqual([expect.stringMatching(/^c served only 1/)]);
    expect(problemsOf(summarise(hour(() => 100).slice(0, 90)))).toEqual([expect.stringMatching(/of 1 hours/)]);
  });
});

describe('[I.L7.2] the report on the promises', () => {
  const good: Evidence = {
    source: 'soak',
    requests: { total: 10_000, failed: 10 },
    unhandledExceptions: 0,
    p95Ratio: 2.2,
    probes: { failed: 5, failedThatChangedLimits: 0 },
  };
  const missed = (change: Partial<Evidence>) =>
    barsOf({ ...good, ...change }, { p95Ratio: { soak: 2 } }).filter(({ holds }) => !holds).length;

  it('[H.T.37] [H.T.38] [H.T.39] [H.T.40] holds at the bars and is missed just beyond each', () => {
    expect(missed({})).toBe(0);
    expect(missed({ requests: { total: 10_000, failed: 11 } })).toBe(1);
    expect(missed({ unhandledExceptions: 1 })).toBe(1);
    expect(missed({ p95Ratio: 2.21 })).toBe(1);
    expect(missed({ probes: { failed: 5, failedThatChangedLimits: 1 } })).toBe(1);
  });

  it('takes a promise without evidence for unproven', () => {
    const bars = barsOf({ ...good, p95Ratio: null, probes: null }, { p95Ratio: {} });
    expect(unproven(bars)).toEqual(['p95 regression', 'failed probes']);
  });
});

describe('the trace of the acceptance list', () => {
  const list = parseList('## Phase B\n- `B.L1.1` Unit test: bounded\n- `B.T.1` Replace\n- `S.1.1` Contract\nno line');

  it('reads ids with their wording, and knows which want a test', () => {
    expect(list.map(({ id, isVerification }) => [id, isVerification])).toEqual([
      ['B.L1.1', true],
      ['B.T.1', false],
      ['S.1.1', false],
    ]);
  });

  it('finds citing tests; one that did not pass spoils the line', () => {
    const passed = { fullName: 'retries [B.L1.1] three at most', status: 'passed' };
    const verdicts = (...results: Parameters<typeof traced>[1]) => traced(list, results).map(({ verdict }) => verdict);
    expect(verdicts(passed)).toEqual(['passed', 'none', 'none']);
    expect(verdicts(passed, { fullName: '[B.L1.1] [S.1.1]', status: 'failed' })).toEqual(['failed', 'none', 'failed']);
  });
});
