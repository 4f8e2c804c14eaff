import { FORCE_TTL_MS } from '../../contract/force.ts';
import { type Alias, type EpochMs, WEIGHT_MIN } from '../../contract/scalars.ts';
import { DEFAULT_SETTINGS, type PartialSettings, partialSettingsSchema } from '../../contract/settings.ts';
import { type Account, EMPTY_STATE, type Force, type PersistedSettings } from '../core/state.ts';
import { parseLenient, type UpstreamRoot, type UpstreamSettings, upstreamSettingsSchema } from './upstream-schema.ts';

/** What surrounds the migrated accounts. Shape: `aliasOf` leads from upstream's name to the alias of an account that was kept. */
export interface Surroundings {
  readonly accounts: readonly Account[];
  readonly aliasOf: ReadonlyMap<string, Alias>;
  readonly now: EpochMs;
  /** Collects a sentence for everything that is changed or left out. */
  readonly notes: string[];
}

/** Turns upstream's settings into the persisted layer of ours. */
export function migrateSettings(root: UpstreamRoot, { aliasOf, notes }: Surroundings): PersistedSettings {
  const { value: is, unusable } = parseLenient(upstreamSettingsSchema, root.settings);
  notes.push(...unusable.map((field) => `the setting "${field}" could not be used and was left out`));
  const values = given({
    rotationStrategy: is.rotationStrategy ?? root.rotationStrategy,
    ...thresholdsOf(is, notes),
    accountWeights: weightsOf(is.accountWeights ?? {}, aliasOf, notes),
    antigravityEnabled: is.featureFlags?.antigravityEnabled,
  });
  if (Object.keys(values).length === 0) return EMPTY_STATE.settings;
  return { values, revision: 1, updatedAt: is.updatedAt ?? null, updatedBy: is.updatedBy ?? null };
}

/** Leaves out what is undefined. */
function given(values: { readonly [K in keyof PartialSettings]: PartialSettings[K] | undefined }): PartialSettings {
  return partialSettingsSchema.parse(
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)),
  );
}

function thresholdsOf(
  { criticalThreshold, lowThreshold }: UpstreamSettings,
  notes: string[],
): Pick<UpstreamSettings, 'criticalThreshold' | 'lowThreshold'> {
  const { criticalThreshold: critical, lowThreshold: low } = {
    ...DEFAULT_SETTINGS,
    ...given({ criticalThreshold, lowThreshold }),
  };
  if (critical < low) return { criticalThreshold, lowThreshold };
  notes.push('the thresholds were left out, because the critical one was not below the low one');
  return {};
}

function weightsOf(
  raw: Readonly<Record<string, number>>,
  aliasOf: ReadonlyMap<string, Alias>,
  notes: string[],
): Record<Alias, number> | undefined {
  const weights = Object.entries(raw).flatMap(([name, weight]): readonly (readonly [Alias, number])[] => {
    const alias = aliasOf.get(name);
    if (alias === undefined) {
      notes.push(`the weight of "${name}" was left out, because there is no such account`);
      return [];
    }
    const bounded = Math.min(1, Math.max(WEIGHT_MIN, weight));
    if (bounded !== weight) notes.push(`the weight of "${alias}" was ${String(weight)} and is ${String(bounded)} now`);
    return [[alias, bounded]];
  });
  return weights.length === 0 ? undefined : Object.fromEntries(weights);
}

/** Turns upstream's force into ours; one that is over or cannot stand is left out. */
export function migrateForce(
  root: UpstreamRoot,
  settings: PersistedSettings,
  { accounts, aliasOf, now, notes }: Surroundings,
): Force | null {
  const { forcedAlias: name, forcedUntil } = root;
  if (name === undefined) return null;
  const account = accounts.find(({ alias }) => alias === aliasOf.get(name));
  if (forcedUntil === undefined || forcedUntil <= now || account?.availability.enabled !== true) {
    notes.push(`the force on "${name}" was left out, because it is over or its account cannot be forced`);
    return null;
  }
  return {
    forcedAlias: account.alias,
    forcedUntil: Math.min(forcedUntil, now + FORCE_TTL_MS),
    previousRotationStrategy:
      root.previousRotationStrategy ?? settings.values.rotationStrategy ?? DEFAULT_SETTINGS.rotationStrategy,
    forcedBy: root.forcedBy ?? 'upstream',
  };
}
