import { computed, type ReadonlySignal, signal } from '@preact/signals';

import type { ForceView } from '../../contract/force.ts';
import type { Api } from '../api.ts';
import { type ControlState, controlState, createMutation, type Mutation } from '../mutation.ts';
import { createResource } from './resource.ts';

/** A change of the force: the alias to pin, or null to release; and in whose row it was asked for, null = in the strip. */
export interface ForceChange {
  readonly alias: string | null;
  readonly row: string | null;
}

/** The force: at most one account is pinned. */
export interface Force {
  readonly view: ReadonlySignal<ForceView | null>;
  /** The pinned alias and what is left, or null; over the instant its time is, whatever the last answer said. */
  readonly pinned: ReadonlySignal<{ readonly alias: string; readonly remainingMs: number } | null>;
  readonly state: ReadonlySignal<ControlState>;
  readonly refresh: () => Promise<void>;
  readonly change: Mutation<ForceChange>;
  /** The change under way, or the last one; where it was asked for is where its failure is told. */
  readonly wanted: ReadonlySignal<ForceChange | null>;
}

/** Creates the force store. */
export function createForce(api: Api, now: ReadonlySignal<number>, changed: () => void): Force {
  const resource = createResource<ForceView>(() => api.call('force.get', {}));
  const wanted = signal<ForceChange | null>(null);
  const change = createMutation<ForceChange>(async (asked) => {
    wanted.value = asked;
    const { alias } = asked;
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
    wanted,
  };
}
