import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { ProbeReport, ReportedWindow } from '../../../../contract/limits.ts';
import { secretSchema } from '../../../../contract/scalars.ts';
import { DEFAULT_SETTINGS } from '../../../../contract/settings.ts';
import {
  acceptProbe,
  applyReport,
  confidence,
  exhaustedUntil,
  fiveHourView,
  level,
  markProbe,
  probeModels,
  settle,
  settleAll,
  tightestRemaining,
  weeklyView,
  windowViews,
} from '../../../../supervisor/core/limits.ts';
import {
  type Account,
  EMPTY_STATE,
  HEALTHY,
  type Limits,
  type State,
  UNKNOWN_LIMITS,
} from '../../../../supervisor/core/state.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

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

describe('which account a report is about', () => {
  it('changes the probed account only, and takes over its plan', () => {
    const state = withAccounts(account('a'), account('b'));
    const [after, status] = acceptProbe(
      state,
      { alias: 'a', seat: seatOf('a'), report: complete({ planType: 'pro' }) },
      NOW,
    );

    expect(status).toBe('success');
    expect(after.accounts[0]).toMatchObject({
      alias: 'a',
      planType: 'pro',
      limits: { status: 'success', lastProbeAt: NOW },
    });
    expect(after.accounts[1]).toBe(state.accounts[1]);
  });

  it('keeps the plan when the report does not name one', () => {
    const [after] = acceptProbe(
      withAccounts({ ...account('a'), planType: 'plus' }),
      { alias: 'a', seat: seatOf('a'), report: complete({ planType: null }) },
      NOW,
    );
    expect(after.accounts[0]?.planType).toBe('plus');
  });

  it('ignores a report about an account that is gone, or about another seat that had the alias', () => {
    const state = withAccounts(account('a'));
    expect(acceptProbe(state, { alias: 'gone', seat: seatOf('gone'), report: complete({}) }, NOW)).toEqual([
      state,
      null,
    ]);
    expect(acceptProbe(state, { alias: 'a', seat: seatOf('somebody-else'), report: complete({}) }, NOW)).toEqual([
      state,
      null,
    ]);
  });

  it('[C.L2.1] a failed probe leaves the state of every account as it was, but for the error of the probed one', () => {
    const [known] = acceptProbe(
      withAccounts(account('a'), account('b')),
      { alias: 'a', seat: seatOf('a'), report: complete({}) },
      NOW,
    );
    const [after, status] = acceptProbe(known, { alias: 'a', seat: seatOf('a'), report: failed('cut') }, NOW + 1);
    const before = known.accounts[0];

    expect(status).toBe('error');
    expect(after).toEqual({
      ...known,
      accounts: [
        { ...before, limits: { ...before?.limits, status: 'error', error: 'cut', lastErrorAt: NOW + 1 } },
        known.accounts[1],
      ],
    });
  });
});

describe('marks of a probe under way', () => {
  it('marks queued and running without touching what is known', () => {
    const state = withAccounts({ ...account('a'), limits: applyReport(UNKNOWN_LIMITS, complete({}), NOW) });
    const known = state.accounts[0]?.limits;
    expect(markProbe(state, 'a', 'queued').accounts[0]?.limits).toEqual({ ...known, status: 'queued' });
    expect(markProbe(markProbe(state, 'a', 'queued'), 'a', 'running').accounts[0]?.limits).toEqual({
      ...known,
      status: 'running',
    });
    expect(() => markProbe(state, 'nobody', 'queued')).toThrow(expect.objectContaining({ code: 'ACCOUNT_NOT_FOUND' }));
  });

  it('settles a mark that a crash left into the last thing known', () => {
    const success = applyReport(UNKNOWN_LIMITS, complete({}), NOW);
    const error = applyReport(success, failed('cut'), NOW + 1);
    expect(settle({ ...UNKNOWN_LIMITS, status: 'running' })).toEqual(UNKNOWN_LIMITS);
    expect(settle({ ...success, status: 'queued' })).toEqual(success);
    expect(settle({ ...error, status: 'running' })).toEqual(error);
    expect(settle(applyReport(success, noData({}), NOW)).status).toBe('no_data');
  });

  it('settles every account at start and returns the same state when there is nothing to settle', () => {
    const clean = withAccounts(account('a'), account('b'));
    expect(settleAll(clean)).toBe(clean);
    const left = markProbe(clean, 'b', 'running');
    const settled = settleAll(left);
    expect(settled).toEqual(clean);
    expect(settled.accounts[0]).toBe(clean.accounts[0]);
  });

  it('[C.L1.5] the model that worked comes first, then the configured order; a model no longer configured does not come back', () => {
    const models = ['gpt-5.3-codex', 'gpt-5.5', 'gpt-5.4'];
    const learnt = applyReport(UNKNOWN_LIMITS, complete({ model: 'gpt-5.4' }), NOW);
    expect(probeModels(UNKNOWN_LIMITS, DEFAULT_SETTINGS.probeModels)[0]).toBe('gpt-5.3-codex');
    expect(probeModels(learnt, models)).toEqual(['gpt-5.4', 'gpt-5.3-codex', 'gpt-5.5']);
    expect(probeModels(learnt, ['gpt-6-sol'])).toEqual(['gpt-6-sol']);
  });

  it('only an exec probe teaches a model', () => {
    const learnt = applyReport(UNKNOWN_LIMITS, complete({ model: 'gpt-5.4' }), NOW);
    expect(
      applyReport(learnt, complete({ source: 'codex-app-server', model: null, observedAtMs: NOW + 1 }), NOW + 1)
        .probeModel,
    ).toBe('gpt-5.4');
    expect(applyReport(learnt, failed('x'), NOW + 1).probeModel).toBe('gpt-5.4');
  });
});

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

const BASE: Pick<ProbeReport, 'source' | 'model' | 'effort' | 'codexVersion' | 'sessionFile' | 'attempts'> = {
  source: 'codex-exec',
  model: 'gpt-5.5',
  effort: 'low',
  codexVersion: '0.169.0',
  sessionFile: 'rollout.jsonl',
  attempts: [],
};

function complete(fields: Partial<Extract<ProbeReport, { kind: 'complete' }>>): ProbeReport {
  return {
    kind: 'complete',
    ...BASE,
    observedAtMs: NOW,
    planType: null,
    windows: [fiveHour(12), weekly(34)],
    ...fields,
  };
}

function noData(fields: Partial<Extract<ProbeReport, { kind: 'no_data' }>>): ProbeReport {
  return { kind: 'no_data', ...BASE, observedAtMs: NOW, message: 'Nothing about the main meter.', ...fields };
}

function failed(message: string): ProbeReport {
  return { kind: 'failed', ...BASE, code: 'INCOMPLETE', message, retryAtMs: null };
}

function fiveHour(usedPercent: number): ReportedWindow {
  return { limitId: 'codex', limitName: null, durationMinutes: 300, usedPercent, resetsAtMs: NOW + 2 * HOUR };
}

function weekly(usedPercent: number): ReportedWindow {
  return { limitId: 'codex', limitName: null, durationMinutes: 10_080, usedPercent, resetsAtMs: NOW + 48 * HOUR };
}

function seatOf(name: string): Account['seat'] {
  return { accountId: `acct-${name}`, userId: `user-${name}` };
}

function account(alias: string): Account {
  const token = secretSchema.parse('fake');
  return {
    alias,
    seat: seatOf(alias),
    email: null,
    planType: null,
    addedAt: NOW,
    source: 'login',
    credentials: { accessToken: token, refreshToken: token, idToken: null, expiresAt: NOW + HOUR, lastRefreshAt: NOW },
    auth: { state: 'ok' },
    refreshIntent: null,
    availability: { enabled: true },
    health: HEALTHY,
    modelCooldowns: [],
    usage: { count: 0, lastUsedAt: null },
    limits: UNKNOWN_LIMITS,
  };
}

function withAccounts(...accounts: Account[]): State {
  return { ...EMPTY_STATE, accounts };
}
