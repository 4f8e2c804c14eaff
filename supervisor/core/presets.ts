import type { PartialSettings, Preset, Settings } from '../../contract/settings.ts';

interface PresetRow {
  readonly criticalThreshold: number;
  readonly lowThreshold: number;
}

/** Units: remaining percent. `aggressive` leaves an account early, `conservative` late. */
const PRESETS: Readonly<Record<Preset, PresetRow>> = {
  balanced: { criticalThreshold: 10, lowThreshold: 30 },
  conservative: { criticalThreshold: 5, lowThreshold: 20 },
  aggressive: { criticalThreshold: 20, lowThreshold: 40 },
};

/** The settings a preset gives; `balanced` also makes all weights equal, the others keep the weights. */
export function presetValues(preset: Preset): PartialSettings {
  return preset === 'balanced' ? { ...PRESETS.balanced, accountWeights: {} } : PRESETS[preset];
}

/** The preset whose thresholds (and equal weights, for `balanced`) the settings have, if any. */
export function matchingPreset(settings: Settings): Preset | null {
  const isEqualWeights = new Set(Object.values(settings.accountWeights)).size <= 1;
  const names: readonly Preset[] = ['balanced', 'conservative', 'aggressive'];
  return names.find((name) => matches(settings, PRESETS[name]) && (name !== 'balanced' || isEqualWeights)) ?? null;
}

function matches(settings: Settings, row: PresetRow): boolean {
  return settings.criticalThreshold === row.criticalThreshold && settings.lowThreshold === row.lowThreshold;
}
