import { isLoopbackHost } from '../../contract/address.ts';
import { OmaError } from '../../contract/errors.ts';
import type { EpochMs } from '../../contract/scalars.ts';
import {
  DEFAULT_SETTINGS,
  type PartialSettings,
  type Preset,
  type SettingName,
  type SettingOrigin,
  type Settings,
  settingsSchema,
} from '../../contract/settings.ts';
import { presetValues } from './presets.ts';
import type { State } from './state.ts';

/** The layers above the persisted one. */
export interface Layers {
  readonly runtime: PartialSettings;
  readonly environment: PartialSettings;
}

/** The settings in force and where each comes from. */
export interface Effective {
  readonly settings: Settings;
  /** Shape: one entry for each setting, keyed by its name. */
  readonly origins: Readonly<Record<string, SettingOrigin>>;
}

/** A change of the persisted layer and who makes it. */
export interface SettingsInput {
  readonly values: PartialSettings;
  readonly actor: string;
  readonly layers: Layers;
}

/** One violated constraint, for people and for forms. */
export interface Problem {
  readonly field: string;
  readonly constraint: string;
  readonly message: string;
}

const NAMES: readonly SettingName[] = settingsSchema.keyof().options;

/** No layer above the persisted one. */
export const NO_LAYERS: Layers = { runtime: {}, environment: {} };

/** Merges the layers field by field: defaults < persisted < runtime < environment. */
export function effectiveSettings(persisted: PartialSettings, { runtime, environment }: Layers): Effective {
  const settings: Settings = { ...DEFAULT_SETTINGS, ...persisted, ...runtime, ...environment };
  const origins = Object.fromEntries(NAMES.map((name) => [name, originOf(name, persisted, { runtime, environment })]));
  return { settings, origins };
}

/** Fields that the runtime configuration or the environment holds. */
export function lockedSettings({ runtime, environment }: Layers): readonly SettingName[] {
  return NAMES.filter((name) => runtime[name] !== undefined || environment[name] !== undefined);
}

/** Checks what no single field can: thresholds against each other. Shape: empty = valid. */
export function settingsProblems({ criticalThreshold, lowThreshold }: Settings): readonly Problem[] {
  if (criticalThreshold < lowThreshold) return [];
  const message = `The critical threshold (${String(criticalThreshold)}) must be below the low threshold (${String(lowThreshold)}).`;
  return [{ field: 'criticalThreshold', constraint: 'critical < low', message }];
}

/** Values that name accounts which do not exist. Why: only where a person gives them; a name in a file may belong to an account that is added later. */
function unknownNames({ accountWeights, antigravityReserved }: PartialSettings, state: State): readonly Problem[] {
  const unknown = (field: SettingName, aliases: readonly string[]): readonly Problem[] =>
    aliases
      .filter((alias) => !state.accounts.some((account) => account.alias === alias))
      .map((alias) => ({ field, constraint: 'existing account', message: `There is no account "${alias}".` }));
  return [
    ...unknown('accountWeights', Object.keys(accountWeights ?? {})),
    ...unknown('antigravityReserved', antigravityReserved ?? []),
  ];
}

/**
 * Changes the persisted layer, all fields or none. While an account is forced, a new strategy is what the force returns to.
 * Errors: SETTING_LOCKED naming the fields, INVALID_SETTINGS naming field and constraint, NON_LOOPBACK_HOST.
 */
export function updateSettings(
  state: State,
  { values, actor, layers }: SettingsInput,
  now: EpochMs,
): readonly [State, Effective] {
  const locked = lockedSettings(layers).filter((name) => values[name] !== undefined);
  if (locked.length > 0) {
    throw new OmaError(
      'SETTING_LOCKED',
      `${locked.join(', ')} cannot be changed here: the environment or the runtime configuration holds it. Change it there.`,
      { fields: locked },
    );
  }
  if (values.dashboardHost !== undefined && !isLoopbackHost(values.dashboardHost)) {
    throw new OmaError(
      'NON_LOOPBACK_HOST',
      'The dashboard listens on loopback only. Use 127.0.0.1, ::1 or localhost.',
      { field: 'dashboardHost' },
    );
  }
  return persistValid(
    state,
    { values: { ...state.settings.values, ...values }, actor, layers },
    {
      problems: unknownNames(values, state),
      now,
    },
  );
}

/** Forgets the persisted layer. Errors: INVALID_SETTINGS when a higher layer contradicts the defaults. */
export function resetSettings(
  state: State,
  { actor, layers }: Omit<SettingsInput, 'values'>,
  now: EpochMs,
): readonly [State, Effective] {
  return persistValid(state, { values: {}, actor, layers }, { problems: [], now });
}

/** Applies a preset of thresholds and weights. Errors: SETTING_LOCKED, INVALID_SETTINGS. */
export function applyPreset(
  state: State,
  { preset, actor, layers }: Omit<SettingsInput, 'values'> & { readonly preset: Preset },
  now: EpochMs,
): readonly [State, Effective] {
  return updateSettings(state, { values: presetValues(preset), actor, layers }, now);
}

/** Why: settings that contradict each other would keep the next supervisor from starting. */
function persistValid(
  state: State,
  { values, actor, layers }: SettingsInput,
  { problems: found, now }: { readonly problems: readonly Problem[]; readonly now: EpochMs },
): readonly [State, Effective] {
  const effective = effectiveSettings(values, layers);
  const problems = [...settingsProblems(effective.settings), ...found];
  if (problems.length === 0) return [persistSettings(state, { values, actor }, now), effective];
  const text = problems.map(({ message }) => message).join(' ');
  throw new OmaError('INVALID_SETTINGS', `${text} Nothing was changed.`, { problems });
}

/** Replaces the persisted layer. While an account is forced, a new strategy is what the force returns to. */
export function persistSettings(
  state: State,
  { values, actor }: { readonly values: PartialSettings; readonly actor: string },
  now: EpochMs,
): State {
  const strategy = values.rotationStrategy ?? DEFAULT_SETTINGS.rotationStrategy;
  const changed = strategy !== (state.settings.values.rotationStrategy ?? DEFAULT_SETTINGS.rotationStrategy);
  const force = state.force !== null && changed ? { ...state.force, previousRotationStrategy: strategy } : state.force;
  return {
    ...state,
    force,
    settings: { values, revision: state.settings.revision + 1, updatedAt: now, updatedBy: actor },
  };
}

function originOf(name: SettingName, persisted: PartialSettings, { runtime, environment }: Layers): SettingOrigin {
  if (environment[name] !== undefined) return 'environment';
  if (runtime[name] !== undefined) return 'runtime';
  return persisted[name] === undefined ? 'default' : 'persisted';
}
