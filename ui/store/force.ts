import { computed, type ReadonlySignal } from '@preact/signals';

import type { ForceView } from '../../contract/force.ts';
import type { Api } from '../api.ts';
import { type ControlState, controlState, createMutation, type Mutation } from '../mutation.ts';
import { createResource } from './resource.ts';

/** The force: at most one account is pinned. */
export interface Force {
  readonly view: ReadonlySignal<ForceView | null>;
  /** The pinned alias and what is left, or null; over the instant its time is, whatever the last answer said. */
  readonly pinned: ReadonlySignal<{ readonly alias: string; readonly remainingMs: number } | null>;
  readonly state: ReadonlySignal<ControlState>;
  readonly refresh: () => Promise<void>;
  /** Pins an alias, or releases with null. */
  readonly change: Mutation<string | null>;
}

/** Creates the force store. */
export function createForce(api: Api, now: ReadonlySignal<number>, changed: () => void): Force {
  const resource = createResource<ForceView>(() => api.call('force.get', {}));
  const change = createMutation<string | null>(async (alias) => {
    resource.accept(alias === null ? await api.call('force.clear', {}) : await api.call('force.activate', { alias }));
    changed();
  });
  const pinned = computed(() => {
    const view = resource.value.value;
    if (!view?.active || view.forcedAlias === null || view.forcedUntil === null) return null;
    const remainingMs = Date.parse(view.forcedUntil) - now.value;
    return remainingMs <= 0 ? null : { alias: view.forcedAlias, remainingMs };
  });
  return {
    view: resource.value,
    pinned,
    state: computed(() => controlState(pinned.value !== null, change.phase.value)),
    refresh: resource.refresh,
    change,
  };
}
