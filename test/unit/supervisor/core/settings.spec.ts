import { describe, expect, it } from 'vitest';

import { DEFAULT_SETTINGS, type PartialSettings, partialSettingsSchema } from '../../../../contract/settings.ts';
import { presetValues } from '../../../../supervisor/core/presets.ts';
import {
  applyPreset,
  effectiveSettings,
  type Layers,
  lockedSettings,
  NO_LAYERS,
  resetSettings,
  settingsProblems,
  updateSettings,
} from '../../../../supervisor/core/settings.ts';
import type { State } from '../../../../supervisor/core/state.ts';
import { NOON, settingsWith, stateWith } from '../../../support/state.ts';

function update(state: State, values: PartialSettings, layers: Layers = NO_LAYERS): State {
  return updateSettings(state, { values, actor: 'cli', layers }, NOON)[0];
}

describe('settings', () => {
  it('[F.L1.2] [F.L1.3] [F.L1.4] [F.L7.3] [F.T.2] takes each field from the highest layer that gives it', () => {
    const layers: Layers = {
      runtime: { lowThreshold: 50, criticalThreshold: 15 },
      environment: { criticalThreshold: 25 },
    };
    const { settings, origins } = effectiveSettings(
      { lowThreshold: 40, sessionAffinity: false, criticalThreshold: 1 },
      layers,
    );
    expect(settings).toMatchObject({
      criticalThreshold: 25,
      lowThreshold: 50,
      sessionAffinity: false,
      rotationStrategy: 'round-robin',
    });
    expect(origins).toMatchObject({
      criticalThreshold: 'environment',
      lowThreshold: 'runtime',
      sessionAffinity: 'persisted',
      rotationStrategy: 'default',
    });
    expect(Object.keys(origins).toSorted()).toEqual(Object.keys(DEFAULT_SETTINGS).toSorted());
  });

  it('[F.L3.7] [F.L7.1] [F.L7.2] [S.4.3] is round-robin unless somebody says otherwise, weighted only by choice', () => {
    expect(effectiveSettings({}, NO_LAYERS).settings.rotationStrategy).toBe('round-robin');
    expect(effectiveSettings({ rotationStrategy: 'weighted-round-robin' }, NO_LAYERS).settings.rotationStrategy).toBe(
      'weighted-round-robin',
    );
  });

  it('[G.L1.1] [G.L6.1] [S.4.5] antigravity is off unless somebody switches it on', () => {
    expect(effectiveSettings({}, NO_LAYERS).settings.antigravityEnabled).toBe(false);
  });

  it.each([
    ['[F.L2.1] [F.T.6] a threshold below 0', { criticalThreshold: -1 }],
    ['[F.L2.1] a threshold above 100', { lowThreshold: 101 }],
    ['a threshold that is no number', { lowThreshold: Number.NaN }],
    ['[F.L2.3] [F.T.8] a weight of 0', { accountWeights: { a: 0 } }],
    ['[F.L2.3] a weight above 1', { accountWeights: { a: 1.01 } }],
    ['[F.L2.4] [F.T.9] a weight below the smallest', { accountWeights: { a: 0.009 } }],
    ['an unknown field', { colour: 'red' }],
    ['a field of the wrong type', { sessionAffinity: 'yes' }],
    ['a prototype key', JSON.parse('{"__proto__": {"polluted": true}}')],
  ])('%s is not a setting', (_what, values) => {
    expect(partialSettingsSchema.safeParse(values).success).toBe(false);
  });

  it('[F.L2.2] [F.T.7] [F.L2.5] refuses a critical threshold that is not below the low one, naming field and constraint', () => {
    const state = stateWith('a');
    expect(() => update(state, { criticalThreshold: 30 })).toThrow(
      expect.objectContaining({
        code: 'INVALID_SETTINGS',
        details: { problems: [expect.objectContaining({ field: 'criticalThreshold', constraint: 'critical < low' })] },
      }),
    );
    expect(settingsProblems(settingsWith({ criticalThreshold: 29.9 }))).toEqual([]);
  });

  it.each([
    ['accountWeights', { accountWeights: { a: 0.5, b: 1 } }],
    ['antigravityReserved', { antigravityReserved: ['a', 'b'] }],
  ])('[F.L2.7] refuses an account that does not exist in %s, naming that field', (field, values) => {
    expect(() => update(stateWith('a'), values)).toThrow(
      expect.objectContaining({
        code: 'INVALID_SETTINGS',
        details: { problems: [{ field, constraint: 'existing account', message: 'There is no account "b".' }] },
      }),
    );
  });

  it('a higher layer may name accounts that do not exist yet, and everything else can be changed', () => {
    const layers: Layers = { runtime: { accountWeights: { later: 0.5 } }, environment: {} };
    expect(update(stateWith('a'), { lowThreshold: 50 }, layers).settings.values).toEqual({ lowThreshold: 50 });
  });

  it.each([
    ['reset', (state: State, layers: Layers) => resetSettings(state, { actor: 'cli', layers }, NOON)],
    [
      'an update',
      (state: State, layers: Layers) =>
        updateSettings(state, { values: { lowThreshold: 40 }, actor: 'cli', layers }, NOON),
    ],
  ])('%s is refused when it would leave thresholds that contradict the environment', (_what, change) => {
    const layers: Layers = { runtime: {}, environment: { criticalThreshold: 50 } };
    const state = update(stateWith('a'), { lowThreshold: 60 }, layers);
    expect(() => change(state, layers)).toThrow(
      expect.objectContaining({
        code: 'INVALID_SETTINGS',
        details: { problems: [expect.objectContaining({ constraint: 'critical < low' })] },
      }),
    );
  });

  it('[B.L3.1] [B.T.5] [S.4.2] refuses an address that is not loopback', () => {
    for (const dashboardHost of ['0.0.0.0', '::', '192.168.1.2', 'example.com', '127.0.0.1.example.com']) {
      expect(() => update(stateWith('a'), { dashboardHost })).toThrow(
        expect.objectContaining({ code: 'NON_LOOPBACK_HOST' }),
      );
    }
    expect(update(stateWith('a'), { dashboardHost: '::1' }).settings.values.dashboardHost).toBe('::1');
  });

  it('refuses fields that a higher layer holds, and then changes nothing', () => {
    const layers: Layers = { runtime: { lowThreshold: 50 }, environment: {} };
    expect(lockedSettings(layers)).toEqual(['lowThreshold']);
    expect(() => update(stateWith('a'), { criticalThreshold: 5, lowThreshold: 40 }, layers)).toThrow(
      expect.objectContaining({ code: 'SETTING_LOCKED', details: { fields: ['lowThreshold'] } }),
    );
  });

  it('[F.L5.5] reset forgets the persisted layer', () => {
    const state = update(stateWith('a'), { lowThreshold: 50 });
    const [after, effective] = resetSettings(state, { actor: 'cli', layers: NO_LAYERS }, NOON);
    expect(after.settings).toEqual({ values: {}, revision: 2, updatedAt: NOON, updatedBy: 'cli' });
    expect(effective.settings).toEqual(DEFAULT_SETTINGS);
  });

  it('[F.L4.1] [F.T.4] balanced makes all weights equal and sets 10 and 30', () => {
    const state = update(stateWith('a', 'b'), { accountWeights: { a: 0.2 } });
    const [, effective] = applyPreset(state, { preset: 'balanced', actor: 'cli', layers: NO_LAYERS }, NOON);
    expect(effective.settings).toMatchObject({ criticalThreshold: 10, lowThreshold: 30, accountWeights: {} });
  });

  it('[F.L4.2] [F.L4.3] conservative lowers the thresholds, aggressive raises them, both keep the weights', () => {
    expect(presetValues('conservative')).toEqual({ criticalThreshold: 5, lowThreshold: 20 });
    expect(presetValues('aggressive')).toEqual({ criticalThreshold: 20, lowThreshold: 40 });
  });
});
