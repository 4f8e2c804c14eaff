import { randomUUID } from 'node:crypto';

import { OPERATIONS } from '../contract/operations.ts';
import type { Secret } from '../contract/scalars.ts';
import { createDispatcher } from '../runtime/rpc/dispatch.ts';
import type { Clients } from './clients.ts';
import type { Composed } from './compose.ts';
import { createGuard } from './doors/guard.ts';
import { openHttpDoor } from './doors/http.ts';
import { openSocketDoor } from './doors/socket.ts';
import type { EventBus } from './event-bus.ts';
import { metricsText } from './metrics.ts';
import type { StartOptions } from './start-options.ts';

/** What the doors lead to. */
export interface DoorOptions {
  readonly options: StartOptions;
  readonly operations: Composed;
  readonly clients: Clients;
  readonly bus: EventBus;
  readonly token: Secret;
  readonly host: string;
  readonly port: number;
}

/** The open doors. Shape: `url` is the dashboard's address without a token. */
export interface Doors {
  readonly url: string;
  close: () => Promise<void>;
}

/** Opens the dashboard, then the socket: whoever finds the socket finds everything ready. */
export async function openDoors({ options, operations, clients, bus, token, host, port }: DoorOptions): Promise<Doors> {
  const { log, now, paths } = options;
  const { handlers, leases, subscribers } = operations;
  const requestId = (): string => randomUUID();
  const onError = (error: unknown, call: object): void => {
    log.error({ ...call, err: error }, 'an operation failed for a reason nobody foresaw');
  };
  let boundPort = port;
  const http = await openHttpDoor({
    host,
    port,
    uiDirectory: options.uiDirectory,
    guard: createGuard({ token, now, port: () => boundPort }),
    dispatch: createDispatcher(OPERATIONS, handlers),
    subscribe: bus.subscribe,
    requestId,
    metrics: () => {
      const [status, accounts, tallied] = [operations.status(), operations.accounts(), operations.tallied()];
      return metricsText({ status, accounts, tallied, now: now() });
    },
    health: () => ({ ok: true, version: options.version }),
    onError: (error, id) => {
      onError(error, { requestId: id });
    },
  });
  boundPort = http.port;
  const socket = await openSocketDoor({
    socketPath: paths.socketPath,
    handlers,
    connected: subscribers.connected,
    gone: (connectionId) => {
      leases.endConnection(connectionId);
      clients.gone(connectionId);
      subscribers.gone(connectionId);
    },
    actorOf: clients.actorOf,
    requestId,
    onError,
  }).catch(async (error: unknown) => {
    await http.close();
    throw error;
  });
  return {
    url: http.url,
    close: async () => {
      await socket.close();
      await http.close();
    },
  };
}
