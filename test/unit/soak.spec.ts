import { appendFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { Evidence } from '../soak/evidence.ts';
import { type Line, openJournal, readJournal, type Sample } from '../soak/journal.ts';
import { elapsedOf, firstDue } from '../soak/schedule.ts';
import { barsOf, unproven } from '../soak/slo.ts';
import { evidenceOf, summarise } from '../soak/summary.ts';
import { problemsOf } from '../soak/verdict.ts';
import { removeTree } from '../support/remove-tree.ts';

const MINUTE = 60_000;
const MIB = 1_048_576;

/** An hour of soak: a sample and two requests a minute; the supervisor has `rss` MiB in that minute. */
function hour(
  rss: (minute: number) => number,
  further: readonly Line[] = [],
  sampled: Partial<Sample> = {},
): readonly Line[] {
  const minutes = Array.from({ length: 61 }, (_, minute) => minute);
  const request = { kind: 'request', client: 'node', ok: true, excused: false, ms: 10, detail: null } as const;
  return [
    { kind: 'start', atMs: 0, elapsedMs: 0, hours: 1, seed: 1 },
    ...minutes.flatMap((minute): Line[] => [
      {
        ...{ kind: 'sample', atMs: minute * MINUTE, elapsedMs: minute * MINUTE, supervisorPid: 7 },
        ...{ eligible: ['a', 'b'], forcedAlias: null },
        processes: [{ role: 'supervisor', pid: 7, rssBytes: rss(minute) * MIB, descriptors: 30 }],
        ...sampled,
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

  it('finds growth, failed requests, a doubled process and a soak cut short', () => {
    expect(problemsOf(summarise(hour((minute) => 100 + minute)))).toEqual([expect.stringMatching(/^supervisor grows/)]);
    expect(problemsOf(summarise(hour(() => 100, [{ ...FAILED, excused: false }])))).toEqual([
      expect.stringMatching(/^success rate 0.99/),
    ]);
    expect(problemsOf(summarise(hour(() => 100, [{ ...FAILED, excused: true }])))).toEqual([]);
    expect(problemsOf(summarise(hour(() => 100).slice(0, 90)))).toEqual([expect.stringMatching(/of 1 hours/)]);
  });
});

describe('an account that the rotation forgot', () => {
  const problems = (sampled: Partial<Sample>) => problemsOf(summarise(hour(() => 100, [], sampled)));

  it('is one that could serve and did not, be it not once', () => {
    expect(problems({ eligible: ['a', 'b', 'c'] })).toEqual(['c served only 0 requests, an even part is 41']);
  });

  it('is not one that could not serve, nor one that waited while another was pinned', () => {
    expect(problems({ eligible: ['a', 'b'] })).toEqual([]);
    expect(problems({ eligible: ['a', 'b', 'c'], forcedAlias: 'a' })).toEqual([]);
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

describe('a soak that was cut off', () => {
  const sample = (elapsedMs: number, atMs: number): Line => ({
    ...{ kind: 'sample', atMs, elapsedMs, supervisorPid: 7, eligible: [], forcedAlias: null },
    processes: [],
  });
  const event = (name: string, atMs: number): Line => ({ kind: 'event', atMs, name, detail: '' });
  const start = (elapsedMs: number, atMs: number): Line => ({ kind: 'start', atMs, elapsedMs, hours: 1, seed: 1 });

  it('leaves out the line that was being written, and every line of the next run can be read', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'oma-journal-'));
    onTestFinished(() => removeTree(directory));
    const file = join(directory, 'journal.jsonl');
    const lines = [start(0, 1), sample(0, 2), event('a', 3), start(0, 4), event('b', 5)];
    for (const line of lines.slice(0, 3)) openJournal(file).add(line);
    appendFileSync(file, '{"kind":"event","atMs":4,"na');
    const resumed = openJournal(file);
    for (const line of lines.slice(3)) resumed.add(line);
    expect(readJournal(file)).toEqual(lines);
    expect(summarise(readJournal(file))).toMatchObject({ runs: 2, events: { a: 1, b: 1 } });
  });

  it('goes on where its last line says, and counts neither its own start nor the time in between', () => {
    expect(elapsedOf([])).toBe(0);
    const cut = [start(0, 0), sample(0, 9_000), sample(MINUTE, 69_000), event('kill', 99_000)];
    expect(elapsedOf(cut)).toBe(90_000);
    const tomorrow = 99_000 + 24 * 60 * MINUTE;
    expect(elapsedOf([...cut, start(90_000, tomorrow), event('probe', tomorrow + 5_000)])).toBe(90_000);
    expect(elapsedOf([...cut, event('awake', tomorrow)])).toBe(2 * MINUTE);
  });

  it('does again what comes again, and nothing that is done once', () => {
    const due = (firstMinute: number, everyMinutes: number | null, soakedMinutes: number) =>
      firstDue({ firstMinute, everyMinutes }, soakedMinutes * MINUTE) / MINUTE;
    expect([due(5, null, 0), due(5, null, 4), due(5, null, 6)]).toEqual([5, 5, Infinity]);
    expect([due(2, 10, 0), due(2, 10, 3), due(2, 10, 12.5)]).toEqual([2, 12, 22]);
  });
});
