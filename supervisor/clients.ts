import type { Status } from '../contract/status.ts';

type ClientView = Status['clients'][number];

/** Who is connected to the socket and has said hello. */
export interface Clients {
  greet: (connectionId: string, client: ClientView) => void;
  gone: (connectionId: string) => void;
  /** The kind of client behind a connection, for log and audit. */
  actorOf: (connectionId: string) => string;
  list: () => ClientView[];
}

/** Creates an empty list. */
export function createClients(): Clients {
  const clients = new Map<string, ClientView>();
  return {
    greet: (connectionId, client) => clients.set(connectionId, client),
    gone: (connectionId) => clients.delete(connectionId),
    actorOf: (connectionId) => clients.get(connectionId)?.kind ?? 'unknown',
    list: () => [...clients.values()],
  };
}
