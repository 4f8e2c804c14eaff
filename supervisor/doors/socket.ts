import { EVENT_NOTIFICATION, type OmaEvent } from '../../contract/event.ts';
import type { Handlers } from '../../contract/operation.ts';
import { OPERATIONS, type Operations } from '../../contract/operations.ts';
import { listenOnSocket } from '../../runtime/rpc/listen.ts';
import { serve } from '../../runtime/rpc/serve.ts';

/** What the socket leads to. */
export interface SocketDoorOptions {
  readonly socketPath: string;
  readonly handlers: Handlers<Operations>;
  /** Tells of a connection, with the way to notify it. */
  connected: (connectionId: string, notify: (event: OmaEvent) => void) => void;
  gone: (connectionId: string) => void;
  /** The kind of client behind a connection, once it has said hello. */
  actorOf: (connectionId: string) => string;
  requestId: () => string;
  onError: (error: unknown, call: { readonly operation: string; readonly requestId: string }) => void;
}

/** Opens the Unix socket: every connection gets the whole table. */
export async function openSocketDoor(options: SocketDoorOptions): Promise<{ close: () => Promise<void> }> {
  const { handlers, requestId, onError } = options;
  let number = 0;
  return listenOnSocket({
    socketPath: options.socketPath,
    onConnection: (connection) => {
      number += 1;
      const connectionId = `c${String(number)}`;
      options.connected(connectionId, (event) => {
        connection.notify(EVENT_NOTIFICATION, event);
      });
      connection.onClose(() => {
        options.gone(connectionId);
      });
      serve(connection, OPERATIONS, handlers, {
        connectionId,
        get actor() {
          return options.actorOf(connectionId);
        },
        requestId,
        onError,
      });
    },
  });
}
