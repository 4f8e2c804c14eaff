import { describe, expect, it } from 'vitest';

import type { Migrated } from '../../../../supervisor/store/migrate.ts';
import { migrated } from '../../../support/migrated.ts';
import { accountOf, HOUR, MINUTE, NOON } from '../../../support/state.ts';
import { accountV1, accountV2, seatToken, storeV1, storeV2 } from '../../../support/upstream-store.ts';

describe('limits of upstream', () => {
  const limitsOf = (change: Record<string, unknown>): Migrated['state']['accounts'][number]['limits'] =>
    accountOf(migrated(storeV2({ work: accountV2('work', change) })).state, 'work').limits;

  it('keep the age they had', () => {
    expect(limitsOf({}).windows.map(({ observedAt }) => NOON - observedAt)).toEqual([10 * MINUTE, 20 * MINUTE]);
  });

  it('are left out when they have no age', () => {
    const raw = storeV2({
      work: accountV2('work', { lastLimitProbeAt: undefined, rateLimits: { weekly: { limit: 100, remaining: 5 } } }),
    });
    const { state, report } = migrated(raw);
    expect(accountOf(state, 'work').limits.windows).toEqual([]);
    expect(report.notes).toContain('"work" its weekly figure has no age and was left out');
  });

  it('are left out when their reset proves that upstream mislabelled them', () => {
    const fiveHour = { limit: 100, remaining: 60, resetAt: NOON + 90 * HOUR, updatedAt: NOON - MINUTE };
    const { state, report } = migrated(
      storeV2({ work: accountV2('work', { rateLimits: { fiveHour }, rateLimitHistory: [{ at: NOON, fiveHour }] }) }),
    );
    expect(accountOf(state, 'work').limits).toMatchObject({ windows: [], history: [] });
    expect(report.notes).toContain('"work" its five-hour figure resets later than such a window can and was left out');
  });

  it('are turned into percent used, also when they were counted', () => {
    const rateLimits = {
      fiveHour: { limit: 40, remaining: 10, updatedAt: NOON },
      weekly: { limit: 100, remaining: 130, updatedAt: NOON },
    };
    expect(limitsOf({ rateLimits }).windows.map(({ usedPercent }) => usedPercent)).toEqual([75, 0]);
  });

  it('that cannot be used are named, and the others kept', () => {
    const { state, report } = migrated(
      storeV2({
        work: accountV2('work', {
          rateLimits: { fiveHour: { remaining: 3 }, weekly: { limit: 100, remaining: 5, updatedAt: NOON } },
        }),
      }),
    );
    expect(accountOf(state, 'work').limits.windows.map(({ durationMinutes }) => durationMinutes)).toEqual([10_080]);
    expect(report.notes).toContain('"work" its limit "fiveHour" could not be used and was left out');
  });

  it.each(['queued', 'running', 'stopped'])('forget that a probe of upstream was %s', (limitStatus) => {
    expect(limitsOf({ limitStatus }).status).toBe('idle');
  });

  it('never count as probed later than the figures were seen', () => {
    expect(limitsOf({ lastLimitProbeAt: NOON + HOUR }).lastProbeAt).toBe(NOON - 10 * MINUTE);
    expect(limitsOf({ lastLimitProbeAt: undefined }).lastProbeAt).toBeNull();
  });

  it('lose what looks like a secret in the error text', () => {
    expect(limitsOf({ limitError: `401 for Bearer abc and rt_0123456789abc and ${seatToken('x')}` }).error).toBe(
      '401 for [removed] and [removed] and [removed]',
    );
  });
});

describe('force, cooldowns and settings of upstream', () => {
  it('that are over are left out', () => {
    const { state, report } = migrated(
      storeV2(
        { work: accountV2('work', { rateLimitedUntil: NOON, modelUnsupportedUntil: NOON }) },
        { forcedAlias: 'work', forcedUntil: NOON },
      ),
    );
    expect([accountOf(state, 'work').health.status, accountOf(state, 'work').modelCooldowns, state.force]).toEqual([
      'healthy',
      [],
      null,
    ]);
    expect(report.notes).toContain(
      'the force on "work" was left out, because it is over or its account cannot be forced',
    );
  });

  it('never force a disabled account', () => {
    expect(migrated(storeV2({ work: accountV2('work') }, { forcedAlias: 'work' })).state.force).toBeNull();
  });

  it('never last longer than ours may', () => {
    const { state } = migrated(
      storeV2(
        { work: accountV1('work', { rateLimitedUntil: NOON + 9_000 * HOUR }) },
        { forcedAlias: 'work', forcedUntil: NOON + 9_000 * HOUR },
      ),
    );
    expect([accountOf(state, 'work').health.until, state.force?.forcedUntil]).toEqual([
      NOON + 35 * 24 * HOUR,
      NOON + 24 * HOUR,
    ]);
  });

  it('call a deactivated workspace by its name', () => {
    const { health } = accountOf(
      migrated(storeV1({ work: accountV1('work', { workspaceDeactivatedUntil: NOON + 30 * MINUTE }) })).state,
      'work',
    );
    expect(health).toEqual({
      status: 'cooldown',
      until: NOON + 30 * MINUTE,
      reason: 'workspace-deactivated',
      cooldownMs: 30 * MINUTE,
      successes: 0,
    });
  });

  it('keep weights within bounds and drop thresholds the wrong way round, and say both', () => {
    const { state, report } = migrated(
      storeV2(undefined, {
        settings: { criticalThreshold: 40, lowThreshold: 20, accountWeights: { work: 0, home: 3 } },
      }),
    );
    expect(state.settings.values).toEqual({ rotationStrategy: 'round-robin', accountWeights: { work: 0.01, home: 1 } });
    expect(report.notes).toEqual([
      'the thresholds were left out, because the critical one was not below the low one',
      'the weight of "work" was 0 and is 0.01 now',
      'the weight of "home" was 3 and is 1 now',
    ]);
  });
});
