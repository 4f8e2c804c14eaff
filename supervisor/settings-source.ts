import type { Env } from '../contract/env.ts';
import type { PartialSettings } from '../contract/settings.ts';
import { type Effective, effectiveSettings, type Layers } from './core/settings.ts';
import type { PersistedSettings, State } from './core/state.ts';
import type { SettingsSource } from './operations/context.ts';

/** The settings source, with a runtime layer that can be exchanged while it is in use. */
export interface ReloadableSettings extends SettingsSource {
  setRuntime: (runtime: PartialSettings) => void;
  /** Remembers why a changed configuration file was not taken, until one is. */
  refuseFile: (problem: string) => void;
}

/** Creates the source over the persisted layer of a state; the merge is done again only when a layer changed. */
export function createSettingsSource(
  read: () => State,
  environment: PartialSettings,
  firstRuntime: PartialSettings,
): ReloadableSettings {
  let layers: Layers = { runtime: firstRuntime, environment };
  let seen: PersistedSettings | null = null;
  let merged: Effective | null = null;
  let fileProblem: string | null = null;
  return {
    layers: () => layers,
    fileProblem: () => fileProblem,
    refuseFile: (problem) => {
      fileProblem = problem;
    },
    effective: () => {
      const persisted = read().settings;
      if (merged === null || persisted !== seen) {
        seen = persisted;
        merged = effectiveSettings(persisted.values, layers);
      }
      return merged;
    },
    setRuntime: (runtime) => {
      layers = { runtime, environment };
      merged = null;
      fileProblem = null;
    },
  };
}

/** The settings that the environment holds. */
export function settingsFromEnv(env: Env): PartialSettings {
  return {
    ...(env.ROTATION_STRATEGY === undefined ? {} : { rotationStrategy: env.ROTATION_STRATEGY }),
    ...(env.CRITICAL_THRESHOLD === undefined ? {} : { criticalThreshold: env.CRITICAL_THRESHOLD }),
    ...(env.LOW_THRESHOLD === undefined ? {} : { lowThreshold: env.LOW_THRESHOLD }),
    ...(env.SESSION_AFFINITY === undefined ? {} : { sessionAffinity: env.SESSION_AFFINITY }),
    ...(env.ANTIGRAVITY_ENABLED === undefined ? {} : { antigravityEnabled: env.ANTIGRAVITY_ENABLED }),
    ...(env.PROBE_EFFORT === undefined ? {} : { probeEffort: env.PROBE_EFFORT }),
    ...(env.PROBE_MODELS === undefined ? {} : { probeModels: env.PROBE_MODELS }),
    ...(env.HOST === undefined ? {} : { dashboardHost: env.HOST }),
  };
}
