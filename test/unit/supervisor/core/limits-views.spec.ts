import { describe, expect, it } from 'vitest';

import { DEFAULT_SETTINGS } from '../../../../contract/settings.ts';
import {
  applyReport,
  confidence,
  exhaustedUntil,
  fiveHourView,
  level,
  tightestRemaining,
  weeklyView,
  windowViews,
} from '../../../../supervisor/core/limits.ts';
import { type Limits, UNKNOWN_LIMITS } from '../../../../supervisor/core/state.ts';
import { complete, failed, fiveHour, HOUR, MINUTE, NOW, SECOND, weekly } from '../../../support/probe-reports.ts';

describe('confidence', () => {
  const success = applyReport(UNKNOWN_LIMITS, complete({}), NOW);
  const error = applyReport(success, failed('cut'), NOW + SECOND);

  it('[C.L3.1] is fresh up to 5 minutes after a success', () => {
    expect(confidence(success, NOW)).toBe('fresh');
    expect(confidence(success, NOW + 5 * MINUTE)).toBe('fresh');
  });

  it('[C.L3.2] is stale from 5 to 60 minutes after a success', () => {
    expect(confidence(success, NOW + 5 * MINUTE + 1)).toBe('stale');
    expect(confidence(success, NOW + 60 * MINUTE)).toBe('stale');
  });

  it('[C.L3.3] is error when the last probe failed and the last success is at most 60 minutes old', () => {
    expect(confidence(error, NOW + SECOND)).toBe('error');
    expect(confidence(error, NOW + 59 * MINUTE)).toBe('error');
  });

  it('[C.L3.4] [H.T.13] is unknown without any success, and more than 60 minutes after the last one', () => {
    expect(confidence(UNKNOWN_LIMITS, NOW)).toBe('unknown');
    expect(confidence(applyReport(UNKNOWN_LIMITS, failed('cut'), NOW), NOW)).toBe('unknown');
    expect(confidence(success, NOW + 60 * MINUTE + 1)).toBe('unknown');
    expect(confidence(error, NOW + 60 * MINUTE + 1)).toBe('unknown');
  });

  it('[S.3.3] a success after a failure is fresh again, and a probe under way does not change confidence', () => {
    const again = applyReport(error, complete({ observedAtMs: NOW + MINUTE }), NOW + MINUTE);
    expect(confidence(again, NOW + MINUTE)).toBe('fresh');
    expect(again).toMatchObject({ error: null, lastErrorAt: NOW + SECOND });
    expect(confidence({ ...error, status: 'running' }, NOW + MINUTE)).toBe('error');
    expect(confidence({ ...success, status: 'queued' }, NOW + MINUTE)).toBe('fresh');
  });

  it('trusts nothing from a time that lies more than an hour ahead, because the clock was set back', () => {
    expect(confidence(success, NOW - 61 * MINUTE)).toBe('unknown');
    expect(tightestRemaining(success, NOW - 61 * MINUTE)).toBeNull();
  });
});

describe('figures', () => {
  const limits = applyReport(UNKNOWN_LIMITS, complete({ windows: [fiveHour(12), weekly(34)] }), NOW);

  it('[S.3.4] are unknown, never 0 %, when there was no success', () => {
    expect(fiveHourView(UNKNOWN_LIMITS, NOW)).toBeNull();
    expect(weeklyView(UNKNOWN_LIMITS, NOW)).toBeNull();
    expect(windowViews(UNKNOWN_LIMITS, NOW)).toEqual([]);
    expect(tightestRemaining(UNKNOWN_LIMITS, NOW)).toBeNull();
    expect(level(UNKNOWN_LIMITS, DEFAULT_SETTINGS, NOW)).toBe('unknown');
  });

  it('[S.7.4] a window that the report does not hold is unknown', () => {
    const weeklyOnly = applyReport(UNKNOWN_LIMITS, complete({ windows: [weekly(34)] }), NOW);
    expect(fiveHourView(weeklyOnly, NOW)).toBeNull();
    expect(weeklyView(weeklyOnly, NOW)).toMatchObject({ usedPercent: 34, remainingPercent: 66 });
  });

  it('five-hour and weekly are found by their length on the main meter, wherever they stand', () => {
    const shuffled = applyReport(
      UNKNOWN_LIMITS,
      complete({ windows: [{ ...fiveHour(99), limitId: 'codex_bengalfox' }, weekly(34), fiveHour(12)] }),
      NOW,
    );
    expect(fiveHourView(shuffled, NOW)).toEqual({
      usedPercent: 12,
      remainingPercent: 88,
      lastKnownUsedPercent: 12,
      resetsAt: '2026-11-23T14:00:00.000Z',
      observedAt: '2026-11-23T12:00:00.000Z',
      source: 'codex-exec',
    });
    expect(weeklyView(shuffled, NOW)).toMatchObject({ usedPercent: 34 });
    expect(windowViews(shuffled, NOW).map(({ limitId, kind, usedPercent }) => [limitId, kind, usedPercent])).toEqual([
      ['codex_bengalfox', 'five-hour', 99],
      ['codex', 'weekly', 34],
      ['codex', 'five-hour', 12],
    ]);
  });

  it('[S.2.3] a figure ends with its reset, and its last value stays visible as such', () => {
    const atReset = NOW + 30 * MINUTE;
    const short = applyReport(
      UNKNOWN_LIMITS,
      complete({ windows: [{ ...fiveHour(80), resetsAtMs: atReset }, weekly(34)] }),
      NOW,
    );
    expect(fiveHourView(short, atReset - 1)).toMatchObject({ usedPercent: 80, remainingPercent: 20 });
    expect(fiveHourView(short, atReset)).toMatchObject({
      usedPercent: null,
      remainingPercent: null,
      lastKnownUsedPercent: 80,
    });
    expect(weeklyView(short, atReset)).toMatchObject({ usedPercent: 34 });
    expect(tightestRemaining(short, atReset - 1)).toBe(20);
    expect(tightestRemaining(short, atReset)).toBe(66);
  });

  it('a figure older than 60 minutes counts as unknown and is still shown as the last known', () => {
    const late = NOW + 60 * MINUTE + 1;
    expect(weeklyView(limits, late)).toMatchObject({
      usedPercent: null,
      remainingPercent: null,
      lastKnownUsedPercent: 34,
    });
    expect(tightestRemaining(limits, late)).toBeNull();
    expect(level(limits, DEFAULT_SETTINGS, late)).toBe('unknown');
  });

  it('[C.L6.2] five-hour and weekly stay those of one and the same probe, whatever fails after it', () => {
    const after = Array.from({ length: 5 }, (_, index) => index).reduce<Limits>(
      (before, index) => applyReport(before, failed('no'), NOW + index),
      limits,
    );
    expect(fiveHourView(after, NOW + MINUTE)).toEqual(fiveHourView(limits, NOW + MINUTE));
    expect(weeklyView(after, NOW + MINUTE)).toEqual(weeklyView(limits, NOW + MINUTE));
    expect(fiveHourView(after, NOW)?.observedAt).toBe(weeklyView(after, NOW)?.observedAt);
  });

  it('more than 100 percent used leaves 0, not less', () => {
    const over = applyReport(UNKNOWN_LIMITS, complete({ windows: [fiveHour(104)] }), NOW);
    expect(fiveHourView(over, NOW)).toMatchObject({ usedPercent: 104, remainingPercent: 0 });
  });

  it.each([
    [70, 'ok'],
    [70.5, 'low'],
    [90, 'low'],
    [90.5, 'critical'],
    [100, 'critical'],
  ] as const)('%d percent used is %s with the thresholds 30 and 10', (used, expected) => {
    expect(
      level(
        applyReport(UNKNOWN_LIMITS, complete({ windows: [weekly(0), fiveHour(used)] }), NOW),
        DEFAULT_SETTINGS,
        NOW,
      ),
    ).toBe(expected);
  });

  it('a meter of one model says nothing about the level of the account', () => {
    const spark = applyReport(
      UNKNOWN_LIMITS,
      complete({ windows: [fiveHour(10), { ...fiveHour(100), limitId: 'codex_bengalfox' }] }),
      NOW,
    );
    expect(level(spark, DEFAULT_SETTINGS, NOW)).toBe('ok');
  });
});

describe('exhaustion', () => {
  it('blocks until the last reset of the full windows of the main meter', () => {
    const full = applyReport(UNKNOWN_LIMITS, complete({ windows: [fiveHour(100), weekly(100)] }), NOW);
    expect(exhaustedUntil(full, 'gpt-5.5', NOW)).toBe(NOW + 48 * HOUR);
    expect(exhaustedUntil(full, null, NOW)).toBe(NOW + 48 * HOUR);
    expect(
      exhaustedUntil(applyReport(UNKNOWN_LIMITS, complete({ windows: [fiveHour(100), weekly(99)] }), NOW), null, NOW),
    ).toBe(NOW + 2 * HOUR);
  });

  it('does not block when nothing is full, when the reset has come or is not known, and when the figure is too old', () => {
    expect(
      exhaustedUntil(applyReport(UNKNOWN_LIMITS, complete({ windows: [fiveHour(99.9)] }), NOW), null, NOW),
    ).toBeNull();
    const full = applyReport(
      UNKNOWN_LIMITS,
      complete({ windows: [{ ...fiveHour(100), resetsAtMs: NOW + 10 * MINUTE }] }),
      NOW,
    );
    expect(exhaustedUntil(full, null, NOW + 10 * MINUTE - 1)).toBe(NOW + 10 * MINUTE);
    expect(exhaustedUntil(full, null, NOW + 10 * MINUTE)).toBeNull();
    expect(
      exhaustedUntil(
        applyReport(UNKNOWN_LIMITS, complete({ windows: [{ ...fiveHour(100), resetsAtMs: null }] }), NOW),
        null,
        NOW,
      ),
    ).toBeNull();
    expect(
      exhaustedUntil(
        applyReport(UNKNOWN_LIMITS, complete({ windows: [weekly(100)] }), NOW),
        null,
        NOW + 60 * MINUTE + 1,
      ),
    ).toBeNull();
  });

  it('a model with a meter of its own is blocked by that meter alone', () => {
    const spark = { limitId: 'codex_bengalfox', limitName: 'GPT-5.3-Codex-Spark' };
    const mainFull = applyReport(
      UNKNOWN_LIMITS,
      complete({ windows: [fiveHour(100), { ...fiveHour(3), ...spark }] }),
      NOW,
    );
    expect(exhaustedUntil(mainFull, 'gpt-5.3-codex-spark', NOW)).toBeNull();
    expect(exhaustedUntil(mainFull, 'gpt-5.5', NOW)).toBe(NOW + 2 * HOUR);
    const sparkFull = applyReport(
      UNKNOWN_LIMITS,
      complete({ windows: [fiveHour(10), { ...fiveHour(100), ...spark }] }),
      NOW,
    );
    expect(exhaustedUntil(sparkFull, 'gpt-5.3-codex-spark', NOW)).toBe(NOW + 2 * HOUR);
    expect(exhaustedUntil(sparkFull, 'gpt-5.5', NOW)).toBeNull();
  });
});
