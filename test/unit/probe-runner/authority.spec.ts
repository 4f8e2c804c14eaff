import { describe, expect, it } from 'vitest';

import type { ExecEvidence } from '../../../probe-runner/evidence.ts';
import { judge } from '../../../probe-runner/judge.ts';
import type { RecordedRun } from '../../support/recorded-codex.ts';
import { recordedRuns } from '../../support/recorded-codex.ts';

const runs = recordedRuns();

/** The only recorded runs that prove figures, chosen by reading them: one turn that succeeded, alone in its session, with the main meter. */
const COMPLETE: Readonly<Record<string, readonly (readonly [minutes: number, used: number])[]>> = {
  '0.155.1/success': [
    [300, 12],
    [10_080, 34],
  ],
  '0.169.0/401-then-success': [
    [300, 12],
    [10_080, 34],
  ],
  '0.169.0/config-xhigh': [
    [300, 12],
    [10_080, 34],
  ],
  '0.169.0/success': [
    [300, 12],
    [10_080, 34],
  ],
  '0.169.0/success-primary-only': [[300, 12]],
  '0.169.0/success-slow': [
    [300, 12],
    [10_080, 34],
  ],
  '0.169.0/success-weekly-in-primary': [[10_080, 37]],
  '0.169.0/ws--success': [
    [300, 12],
    [10_080, 34],
  ],
};

/** Those that completed and were told nothing about the main meter. */
const NO_DATA = ['0.169.0/success-event-limits', '0.169.0/success-no-limits', '0.169.0/ws--success-no-limits'];

const completed = new Set([...Object.keys(COMPLETE), ...NO_DATA]);

describe('the authority rule over every recorded session', () => {
  it('has the recorded runs of four versions to judge', () => {
    expect(runs).toHaveLength(135);
    expect(new Set(runs.map(({ name }) => name.split('/')[0]))).toEqual(
      new Set(['0.60.1', '0.120.0', '0.155.1', '0.169.0']),
    );
    expect(
      runs.filter(({ evidence }) => evidence.sessions.some(({ text }) => text.includes('"token_count"'))).length,
    ).toBeGreaterThan(80);
  });

  it('[C.L1.1] accepts the whole completed sessions, with exactly their figures', () => {
    const accepted = runs.flatMap(({ name, evidence }) => {
      const verdict = judge(evidence);
      return verdict.kind === 'complete'
        ? [[name, verdict.windows.map(({ durationMinutes, usedPercent }) => [durationMinutes, usedPercent])]]
        : [];
    });
    expect(Object.fromEntries(accepted)).toEqual(COMPLETE);
    expect(runs.filter(({ evidence }) => judge(evidence).kind === 'no_data').map(({ name }) => name)).toEqual(NO_DATA);
  });

  it('[C.L1.2] rejects every session that holds figures and failed', () => {
    const failedWithFigures = runs.filter(
      ({ name, evidence }) =>
        !completed.has(name) && evidence.sessions.some(({ text }) => /"token_count".*"used_percent"/.test(text)),
    );
    expect(failedWithFigures.length).toBeGreaterThan(45);
    for (const { name, evidence } of failedWithFigures) expect([name, judge(evidence).kind]).toEqual([name, 'failed']);
  });

  it('[C.L1.2] rejects them also when the exit code is lost and says success', () => {
    for (const run of runs) {
      if (!completed.has(run.name)) expect([run.name, judge(asIfItSucceeded(run)).kind]).toEqual([run.name, 'failed']);
    }
  });

  it(
    '[C.L1.3] rejects every prefix of every session file, at each byte, even if the exit code says success',
    { timeout: 120_000 },
    () => {
      const believed: string[] = [];
      let judged = 0;
      for (const run of runs) {
        const evidence = asIfItSucceeded(run);
        const [session] = evidence.sessions;
        const bytes = Buffer.from(session?.text ?? '');
        for (let length = 0; session !== undefined && length < bytes.length; length += 1) {
          judged += 1;
          const verdict = judge({ ...evidence, sessions: [{ ...session, text: bytes.toString('utf8', 0, length) }] });
          if (verdict.kind !== 'failed') believed.push(`${run.name}: ${String(length)} bytes`);
        }
      }
      // These went on, by a resume that oma never does, in the file of a run that had succeeded: cut there, it is the whole session of that run.
      expect(believed).toEqual(
        ['resume-ok-429-nolimits', 'resume-ok-429-nolimits-3', 'resume-ok-then-429'].map(
          (name) => `0.169.0/${name}: 8659 bytes`,
        ),
      );
      expect(judged).toBeGreaterThan(600_000);
    },
  );

  it(
    '[C.L1.3] rejects every prefix of every output, at each byte, whatever the exit code says',
    { timeout: 120_000 },
    () => {
      let judged = 0;
      for (const [name, evidence] of temptations()) {
        const bytes = Buffer.from(evidence.stdout);
        for (let length = 0; length < bytes.length; length += 1) {
          judged += 1;
          expectNoBelief(`${name}: ${String(length)} bytes of the output`, {
            ...evidence,
            stdout: bytes.toString('utf8', 0, length),
          });
        }
      }
      expect(judged).toBeGreaterThan(100_000);
    },
  );

  it('[C.L1.3] rejects every pair of prefixes of output and session file, at each line', { timeout: 120_000 }, () => {
    let judged = 0;
    for (const [name, evidence] of temptations()) {
      const [session] = evidence.sessions;
      const texts = linePrefixes(session?.text ?? '');
      const cut = linePrefixes(evidence.stdout).filter((stdout) => stdout !== evidence.stdout);
      for (const [stdout, text] of cut.flatMap((output) => texts.map((file) => [output, file] as const))) {
        judged += 1;
        expectNoBelief(`${name}: ${String(stdout.length)} and ${String(text.length)} characters`, {
          ...evidence,
          stdout,
          sessions: [{ ...session!, text }],
        });
      }
    }
    expect(judged).toBeGreaterThan(5_000);
  });

  it('[C.L1.3] rejects every session file with a line missing, doubled, moved or joined to the next', () => {
    for (const run of runs) {
      const evidence = asIfItSucceeded(run);
      const [session] = evidence.sessions;
      if (session === undefined) continue;
      for (const [how, text] of damaged(session.text))
        expectNoBelief(`${run.name}: ${how}`, { ...evidence, sessions: [{ ...session, text }] });
    }
  });

  it('[C.L1.3] rejects every output with a line missing, doubled, moved or joined to the next', () => {
    for (const run of runs) {
      const evidence = asIfItSucceeded(run);
      for (const [how, stdout] of damaged(evidence.stdout))
        expectNoBelief(`${run.name}: ${how}`, { ...evidence, stdout });
    }
  });

  it('[C.L1.3] rejects a session file of another run, two files, and two sessions in one file', () => {
    const whole = runs.filter(({ name }) => completed.has(name));
    for (const run of whole) {
      for (const other of runs) {
        if (other === run) continue;
        const [mine] = run.evidence.sessions;
        const [theirs] = other.evidence.sessions;
        if (mine === undefined || theirs === undefined) continue;
        expectNoBelief(`${run.name} with the file of ${other.name}`, { ...run.evidence, sessions: [theirs] });
        expectNoBelief(`${run.name} with the text of ${other.name}`, {
          ...run.evidence,
          sessions: [{ ...mine, text: theirs.text }],
        });
        expectNoBelief(`${run.name} with both files`, { ...run.evidence, sessions: [mine, theirs] });
        expectNoBelief(`${run.name} joined to ${other.name}`, {
          ...run.evidence,
          sessions: [{ ...mine, text: mine.text + theirs.text }],
        });
        expectNoBelief(`${other.name} joined to ${run.name}`, {
          ...run.evidence,
          sessions: [{ ...mine, text: theirs.text + mine.text }],
        });
      }
    }
  });
});

/** Every run as it was and as it would look if its exit code were lost. */
function temptations(): readonly (readonly [string, ExecEvidence])[] {
  return runs.flatMap((run) => [
    [run.name, run.evidence] as const,
    [`${run.name} with exit code 0`, asIfItSucceeded(run)] as const,
  ]);
}

/** The strongest temptation: the exit code says success, and the version is one that oma believes. */
function asIfItSucceeded({ evidence }: RecordedRun): ExecEvidence {
  const isOld = !['0.155.1', '0.169.0'].includes(evidence.codexVersion);
  return {
    ...evidence,
    exitCode: 0,
    signal: null,
    killedFor: null,
    codexVersion: isOld ? '0.155.1' : evidence.codexVersion,
    sessions: isOld
      ? evidence.sessions.map((session) => ({ ...session, text: modernized(session.text) }))
      : evidence.sessions,
  };
}

/** Makes an old session file look as new as possible. */
function modernized(text: string): string {
  return text
    .split('\n')
    .map((line, ordinal) =>
      line
        .replace(/^\{"timestamp":"([^"]+)",/, `{"timestamp":"$1","ordinal":${String(ordinal)},`)
        .replace(/"cli_version":"[^"]+"/, '"cli_version":"0.155.1"'),
    )
    .join('\n');
}

function damaged(text: string): readonly (readonly [string, string])[] {
  const lines = text.split('\n').slice(0, -1);
  const joined = (changed: readonly string[]): string => changed.map((line) => `${line}\n`).join('');
  return lines.flatMap((line, index) => [
    [`line ${String(index)} missing`, joined(lines.toSpliced(index, 1))] as const,
    [`line ${String(index)} twice`, joined(lines.toSpliced(index, 0, line))] as const,
    [
      `line ${String(index)} at the end`,
      index === lines.length - 1 ? '' : joined([...lines.toSpliced(index, 1), line]),
    ] as const,
    [
      `line ${String(index)} joined to the next`,
      joined(lines.toSpliced(index, 2, line + (lines[index + 1] ?? '{}'))),
    ] as const,
  ]);
}

function linePrefixes(text: string): readonly string[] {
  return [...text.matchAll(/\n/g)].map(({ index }) => text.slice(0, index + 1));
}

function expectNoBelief(what: string, evidence: ExecEvidence): void {
  const verdict = judge(evidence);
  if (verdict.kind !== 'failed') expect.unreachable(`${what} was believed`);
}
