import type { OmaEvent } from '../contract/event.ts';
import type { EventBus } from './event-bus.ts';

/** Connections that asked for events. */
export interface Subscribers {
  /** Makes a connection known, with the way to notify it. */
  connected: (connectionId: string, notify: (event: OmaEvent) => void) => void;
  /** Starts events for a connection. */
  add: (connectionId: string) => void;
  gone: (connectionId: string) => void;
}

/** Creates the list over the event bus. */
export function createSubscribers(bus: EventBus): Subscribers {
  const lines = new Map<string, (event: OmaEvent) => void>();
  const ends = new Map<string, () => void>();
  return {
    connected: (connectionId, notify) => lines.set(connectionId, notify),
    add: (connectionId) => {
      const notify = lines.get(connectionId);
      if (notify !== undefined && !ends.has(connectionId)) ends.set(connectionId, bus.subscribe(notify));
    },
    gone: (connectionId) => {
      ends.get(connectionId)?.();
      ends.delete(connectionId);
      lines.delete(connectionId);
    },
  };
}
