import { describe, expect, it } from 'vitest';

import { FAILURES, type OutcomeKind } from '../../../../contract/failure.ts';
import { standing } from '../../../../supervisor/core/eligibility.ts';
import { healthAt, recordOutcome } from '../../../../supervisor/core/health.ts';
import type { State } from '../../../../supervisor/core/state.ts';
import { accountOf, HOUR, MINUTE, NOON, outcome, SECOND, settingsWith, stateWith } from '../../../support/state.ts';

function report(state: State, kind: OutcomeKind, now: number, change = {}): State {
  return recordOutcome(state, { alias: 'a', model: 'gpt-x', outcome: outcome(kind, change) }, now)[0];
}

function status(state: State, now: number): string {
  return healthAt(accountOf(state, 'a').health, now);
}

function canServe(state: State, now: number, model: string | null = null): boolean {
  return (
    standing(accountOf(state, 'a'), { needs: { model, exclude: [] }, settings: settingsWith(), now }) !== 'blocked'
  );
}

describe('health', () => {
  it('[B.L4.2] respects the cooldown to its last millisecond', () => {
    const state = report(stateWith('a'), 'rate-limited', NOON);
    expect(canServe(state, NOON + 5 * MINUTE - 1)).toBe(false);
    expect(canServe(state, NOON + 5 * MINUTE)).toBe(true);
  });

  it('[B.L4.1] [B.T.13] goes healthy, cooldown, probation, and is healthy only after two successes', () => {
    const cooled = report(stateWith('a'), 'rate-limited', NOON);
    expect(status(cooled, NOON)).toBe('cooldown');
    const later = NOON + 5 * MINUTE;
    expect(status(cooled, later)).toBe('probation');
    const once = report(cooled, 'success', later);
    expect(status(once, later)).toBe('probation');
    const twice = report(once, 'success', later + 1);
    expect(status(twice, later)).toBe('healthy');
    expect(accountOf(twice, 'a').health.cooldownMs).toBe(0);
  });

  it('[B.L1.5] a failure on probation doubles the cooldown, up to the cap', () => {
    let state = stateWith('a');
    let now = NOON;
    const lengths: number[] = [];
    for (let turn = 0; turn < 6; turn += 1) {
      state = report(state, 'rate-limited', now);
      const { until } = accountOf(state, 'a').health;
      lengths.push(((until ?? 0) - now) / MINUTE);
      now = until ?? 0;
    }
    expect(lengths).toEqual([5, 10, 20, 40, 60, 60]);
  });

  it('does not double for failures of requests that were under way together', () => {
    const state = report(report(stateWith('a'), 'rate-limited', NOON), 'rate-limited', NOON + SECOND);
    expect(accountOf(state, 'a').health.until).toBe(NOON + 5 * MINUTE);
  });

  it('cools a rate-limited account to the reset that the answer names, also beyond an hour', () => {
    const state = report(stateWith('a'), 'rate-limited', NOON, { retryAtMs: NOON + 3 * HOUR });
    expect(accountOf(state, 'a').health.until).toBe(NOON + 3 * HOUR);
  });

  it('believes a reset at most 35 days ahead and never one in the past', () => {
    expect(
      accountOf(report(stateWith('a'), 'rate-limited', NOON, { retryAtMs: NOON + 9_999 * HOUR }), 'a').health.until,
    ).toBe(NOON + 35 * 24 * HOUR);
    expect(accountOf(report(stateWith('a'), 'rate-limited', NOON, { retryAtMs: NOON - HOUR }), 'a').health.until).toBe(
      NOON + 5 * MINUTE,
    );
  });

  it('lets a late success of another request leave a cooldown alone', () => {
    const cooled = report(stateWith('a'), 'rate-limited', NOON);
    expect(report(cooled, 'success', NOON + MINUTE)).toBe(cooled);
  });

  it('blames nobody for what is not the account’s fault', () => {
    const state = stateWith('a');
    for (const kind of ['network', 'aborted', 'bad-request', 'stream-broken'] as const)
      expect(report(state, kind, NOON)).toBe(state);
  });

  it('cools a failing server for at most 30 seconds, however often it fails', () => {
    let state = stateWith('a');
    let now = NOON;
    for (let turn = 0; turn < 8; turn += 1) {
      state = report(state, 'server-error', now);
      const { until } = accountOf(state, 'a').health;
      expect((until ?? 0) - now).toBeLessThanOrEqual(30 * SECOND);
      now = until ?? 0;
    }
  });

  it('cools the pair of account and model, not the account, when a model is not supported', () => {
    const state = report(stateWith('a'), 'model-unsupported', NOON);
    expect(canServe(state, NOON, 'gpt-x')).toBe(false);
    expect(canServe(state, NOON, 'gpt-y')).toBe(true);
    expect(status(state, NOON)).toBe('healthy');
  });

  it('cools only the model when the meter of one model is exhausted', () => {
    const state = report(stateWith('a'), 'rate-limited', NOON, { limitId: 'codex_bengalfox', retryAtMs: NOON + HOUR });
    expect(canServe(state, NOON, 'gpt-x')).toBe(false);
    expect(canServe(state, NOON + HOUR, 'gpt-x')).toBe(true);
    expect(canServe(state, NOON, 'gpt-y')).toBe(true);
  });

  it('has a row for every outcome but success, each with a cooldown exactly when something is blamed', () => {
    for (const [kind, row] of Object.entries(FAILURES))
      expect([kind, row.cooldownMs > 0]).toEqual([kind, row.blame !== 'none']);
  });

  it('ignores an account that was removed meanwhile', () => {
    const state = stateWith('b');
    expect(report(state, 'rate-limited', NOON)).toBe(state);
  });

  it('does not keep a cooldown that a wrong clock put further ahead than any can be', () => {
    const YEAR = 365 * 24 * HOUR;
    const state = report(report(stateWith('a'), 'rate-limited', NOON + YEAR), 'model-unsupported', NOON + YEAR);
    expect([status(state, NOON), canServe(state, NOON), canServe(state, NOON, 'gpt-x')]).toEqual([
      'probation',
      true,
      true,
    ]);
  });
});
