import type { OmaEvent } from '../contract/event.ts';

/** Tells events to whoever listens at that moment. */
export interface EventBus {
  emit: (event: OmaEvent) => void;
  /** Calls back for each event until the returned function is called. */
  subscribe: (listener: (event: OmaEvent) => void) => () => void;
}

/** Creates a bus nobody listens to yet. */
export function createEventBus(): EventBus {
  const listeners = new Set<(event: OmaEvent) => void>();
  return {
    emit: (event) => {
      for (const listener of listeners) listener(event);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
