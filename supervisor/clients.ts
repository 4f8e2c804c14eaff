import type { Diagnosis } from '../contract/diagnosis.ts';
import type { Status } from '../contract/status.ts';

type ClientView = Status['clients'][number];

/** Who is connected to the socket and has said hello. */
export interface Clients {
  greet: (connectionId: string, client: ClientView) => void;
  gone: (connectionId: string) => void;
  /** The kind of client behind a connection, for log and audit. */
  actorOf: (connectionId: string) => string;
  list: () => ClientView[];
  /** The plugin that said hello last, also when it is gone. */
  lastPlugin: () => Diagnosis['lastPluginHello'];
}

/** Creates an empty list. */
export function createClients(): Clients {
  const clients = new Map<string, ClientView>();
  let lastPlugin: Diagnosis['lastPluginHello'] = null;
  return {
    greet: (connectionId, client) => {
      clients.set(connectionId, client);
      const { kind, host, version, since } = client;
      if (kind === 'plugin') lastPlugin = { host, version, at: since };
    },
    gone: (connectionId) => clients.delete(connectionId),
    actorOf: (connectionId) => clients.get(connectionId)?.kind ?? 'unknown',
    list: () => [...clients.values()],
    lastPlugin: () => lastPlugin,
  };
}
