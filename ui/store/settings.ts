import { type ReadonlySignal, signal } from '@preact/signals';

import type { PartialSettings, Preset, SettingsView } from '../../contract/settings.ts';
import type { Api } from '../api.ts';
import { createMutation, type Mutation } from '../mutation.ts';
import { createResource, type Resource } from './resource.ts';

/** The settings in force and the ways to change them. */
export interface SettingsStore {
  readonly view: ReadonlySignal<SettingsView | null>;
  readonly error: Resource<unknown>['error'];
  readonly refresh: () => Promise<void>;
  /** Counts what makes a form that is being filled in out of date: a preset, a reset. */
  readonly generation: ReadonlySignal<number>;
  readonly saving: Mutation<PartialSettings>;
  readonly presetting: Mutation<Preset>;
  readonly resetting: Mutation<null>;
}

/** Creates the settings store. */
export function createSettings(api: Api, changed: () => void): SettingsStore {
  const resource = createResource<SettingsView>(() => api.call('settings.get', {}));
  const take = (view: SettingsView): void => {
    resource.accept(view);
    changed();
  };
  const generation = signal(0);
  const replace = (view: SettingsView): void => {
    take(view);
    generation.value += 1;
  };
  return {
    view: resource.value,
    error: resource.error,
    generation,
    refresh: resource.refresh,
    saving: createMutation(async (change) => take(await api.call('settings.update', change))),
    presetting: createMutation(async (preset) => replace(await api.call('settings.preset', { preset }))),
    resetting: createMutation<null>(async () => replace(await api.call('settings.reset', {}))),
  };
}
