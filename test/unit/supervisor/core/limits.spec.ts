import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { applyReport, confidence } from '../../../../supervisor/core/limits.ts';
import { type Limits, UNKNOWN_LIMITS } from '../../../../supervisor/core/state.ts';
import {
  complete,
  failed,
  fiveHour,
  HOUR,
  MINUTE,
  noData,
  NOW,
  SECOND,
  weekly,
} from '../../../support/probe-reports.ts';

describe('what a report may change', () => {
  it('[S.3.1] a completed probe replaces the windows of the meters it reports and leaves other meters alone', () => {
    const before = applyReport(
      UNKNOWN_LIMITS,
      complete({
        windows: [
          fiveHour(10),
          weekly(20),
          { ...fiveHour(3), limitId: 'codex_bengalfox', limitName: 'GPT-5.3-Codex-Spark' },
        ],
      }),
      NOW,
    );
    const after = applyReport(before, complete({ observedAtMs: NOW + MINUTE, windows: [weekly(25)] }), NOW + MINUTE);

    expect(
      after.windows.map(({ limitId, durationMinutes, usedPercent, observedAt }) => [
        limitId,
        durationMinutes,
        usedPercent,
        observedAt,
      ]),
    ).toEqual([
      ['codex', 10_080, 25, NOW + MINUTE],
      ['codex_bengalfox', 300, 3, NOW],
    ]);
  });

  it('[C.L1.1] [H.T.13] a completed probe stamps its figures with the instant they were observed, clears the error and remembers where they come from', () => {
    const failedBefore = applyReport(UNKNOWN_LIMITS, failed('The stream broke off.'), NOW - MINUTE);
    const after = applyReport(
      failedBefore,
      complete({
        observedAtMs: NOW - 200,
        model: 'gpt-5.5',
        effort: 'low',
        codexVersion: '0.169.0',
        sessionFile: 'rollout-x.jsonl',
      }),
      NOW,
    );

    expect(after).toEqual({
      windows: [
        {
          limitId: 'codex',
          limitName: null,
          durationMinutes: 300,
          usedPercent: 12,
          resetsAt: NOW + 2 * HOUR,
          source: 'codex-exec',
          observedAt: NOW - 200,
        },
        {
          limitId: 'codex',
          limitName: null,
          durationMinutes: 10_080,
          usedPercent: 34,
          resetsAt: NOW + 48 * HOUR,
          source: 'codex-exec',
          observedAt: NOW - 200,
        },
      ],
      history: [
        {
          at: NOW - 200,
          source: 'codex-exec',
          windows: [
            { limitId: 'codex', durationMinutes: 300, usedPercent: 12, resetsAtMs: NOW + 2 * HOUR },
            { limitId: 'codex', durationMinutes: 10_080, usedPercent: 34, resetsAtMs: NOW + 48 * HOUR },
          ],
        },
      ],
      status: 'success',
      error: null,
      lastProbeAt: NOW - 200,
      lastErrorAt: NOW - MINUTE,
      diagnostics: {
        source: 'codex-exec',
        model: 'gpt-5.5',
        effort: 'low',
        sessionFile: 'rollout-x.jsonl',
        codexVersion: '0.169.0',
        at: NOW - 200,
      },
      probeModel: 'gpt-5.5',
    });
  });

  it('[S.7.3] a failed probe changes status, error and error time, and nothing else', () => {
    const before = applyReport(UNKNOWN_LIMITS, complete({}), NOW);
    const after = applyReport(before, failed('The account is at its limit.'), NOW + MINUTE);

    expect(after).toEqual({
      ...before,
      status: 'error',
      error: 'The account is at its limit.',
      lastErrorAt: NOW + MINUTE,
    });
    expect(after.windows).toBe(before.windows);
    expect(after.history).toBe(before.history);
  });

  it('[S.3.2] whatever the order of successes and failures, figures are those of the newest completed probe', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ ok: fc.boolean(), at: fc.integer({ min: 1, max: 500 }), used: fc.integer({ min: 0, max: 100 }) }),
          { minLength: 1, maxLength: 40 },
        ),
        (probes) => {
          const arrived = probes.reduce<Limits>(
            (limits, { ok, at, used }) =>
              applyReport(
                limits,
                ok ? complete({ observedAtMs: NOW + at, windows: [fiveHour(used)] }) : failed('no'),
                NOW + 1_000,
              ),
            UNKNOWN_LIMITS,
          );
          const newest = probes
            .filter(({ ok }) => ok)
            .reduce<{ at: number; used: number } | null>(
              (best, probe) => (best === null || probe.at > best.at ? probe : best),
              null,
            );
          expect(arrived.windows.map(({ usedPercent, observedAt }) => [usedPercent, observedAt])).toEqual(
            newest === null ? [] : [[newest.used, NOW + newest.at]],
          );
          expect(arrived.lastProbeAt).toBe(newest === null ? null : NOW + newest.at);
          expect(arrived.history.map(({ at }) => at)).toEqual(
            arrived.history.map(({ at }) => at).toSorted((a, b) => a - b),
          );
        },
      ),
    );
  });

  it('[C.L2.7] of two probes that overlap the older one changes nothing when it arrives last', () => {
    const newer = applyReport(UNKNOWN_LIMITS, complete({ observedAtMs: NOW - 100, windows: [fiveHour(50)] }), NOW);
    const running: Limits = { ...newer, status: 'running' };

    expect(applyReport(running, complete({ observedAtMs: NOW - 900, windows: [fiveHour(40)] }), NOW + 10)).toEqual(
      newer,
    );
    expect(applyReport(running, complete({ observedAtMs: NOW - 100, windows: [fiveHour(40)] }), NOW + 10)).toEqual(
      newer,
    );
  });

  it('a report from a clock that runs ahead does not keep later reports out', () => {
    const ahead = applyReport(UNKNOWN_LIMITS, complete({ observedAtMs: NOW + HOUR, windows: [fiveHour(50)] }), NOW);
    expect(ahead.windows[0]?.observedAt).toBe(NOW);
    expect(
      applyReport(ahead, complete({ observedAtMs: NOW + 1, windows: [fiveHour(51)] }), NOW + 1).windows[0]?.usedPercent,
    ).toBe(51);

    const clockSetBack = NOW - 24 * HOUR;
    expect(
      applyReport(ahead, complete({ observedAtMs: clockSetBack, windows: [fiveHour(52)] }), clockSetBack).windows[0]
        ?.usedPercent,
    ).toBe(52);
  });

  it('a probe that completed without data keeps figures, error and confidence, and says no_data', () => {
    const before = applyReport(applyReport(UNKNOWN_LIMITS, complete({}), NOW), failed('late'), NOW + MINUTE);
    const after = applyReport(before, noData({ model: 'gpt-5.4' }), NOW + 2 * MINUTE);

    expect(after).toEqual({ ...before, status: 'no_data', probeModel: 'gpt-5.4' });
    expect(confidence(after, NOW + 2 * MINUTE)).toBe('error');
  });

  it('[C.L2.8] the history keeps the last 100 entries, oldest out first', () => {
    const limits = Array.from({ length: 130 }, (_, index) => index).reduce<Limits>(
      (before, index) =>
        applyReport(before, complete({ observedAtMs: NOW + index, windows: [fiveHour(index / 2)] }), NOW + index),
      UNKNOWN_LIMITS,
    );
    expect(limits.history).toHaveLength(100);
    expect(limits.history[0]).toMatchObject({ at: NOW + 30, windows: [{ usedPercent: 15 }] });
    expect(limits.history.at(-1)).toMatchObject({ at: NOW + 129, windows: [{ usedPercent: 64.5 }] });
  });

  it('[C.L6.3] rapid failures leave the history as it was', () => {
    const before = Array.from({ length: 100 }, (_, index) => index).reduce<Limits>(
      (limits, index) => applyReport(limits, complete({ observedAtMs: NOW + index }), NOW + index),
      UNKNOWN_LIMITS,
    );
    const after = Array.from({ length: 500 }, (_, index) => index).reduce<Limits>(
      (limits, index) => applyReport(limits, failed(`failure ${String(index)}`), NOW + SECOND + index),
      before,
    );
    expect(after).toEqual({ ...before, status: 'error', error: 'failure 499', lastErrorAt: NOW + SECOND + 499 });
  });

  it('keeps a bounded number of windows, the latest reported first', () => {
    const many = Array.from({ length: 40 }, (_, index) => index).reduce<Limits>(
      (limits, index) =>
        applyReport(
          limits,
          complete({
            observedAtMs: NOW + index,
            windows: [
              fiveHour(1),
              { ...fiveHour(2), limitId: `meter-${String(index)}` },
              { ...weekly(2), limitId: `meter-${String(index)}` },
            ],
          }),
          NOW + index,
        ),
      UNKNOWN_LIMITS,
    );
    expect(many.windows).toHaveLength(64);
    expect(many.windows.slice(0, 3).map(({ limitId }) => limitId)).toEqual(['codex', 'meter-39', 'meter-39']);
  });
});
