import { chmod, mkdir, unlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { platform } from 'node:os';
import { dirname } from 'node:path';

import { assertSocketPath } from '../paths.ts';
import { checkPrivateDirectory, checkSocketOwner } from '../socket-owner.ts';
import { type Connection, openConnection } from './connection.ts';

/** Clients that may be connected at once; further ones are turned away. */
export const CONNECTIONS_MAX = 256;

/** Where to listen, and who gets the connections. */
export interface ListenOptions {
  readonly socketPath: string;
  onConnection: (connection: Connection) => void;
  readonly connectionsMax?: number;
  /** Units: a user id; our own if it is absent. */
  readonly uid?: number;
}

/** An open Unix socket. */
export interface Listener {
  /** Takes no further connections, ends those that are there, and removes the socket. */
  close: () => Promise<void>;
}

/**
 * Listens on a Unix socket, mode 0600 in a directory of mode 0700.
 * Shape: a socket that a dead process left is replaced, so the caller must own the instance lock, and keep it until `close` is done.
 * Errors: SOCKET_PATH_TOO_LONG, SOCKET_FOREIGN.
 */
export async function listenOnSocket(options: ListenOptions): Promise<Listener> {
  const { socketPath } = options;
  assertSocketPath(socketPath, platform());
  await mkdir(dirname(socketPath), { recursive: true, mode: 0o700 });
  const state = await checkSocketOwner(socketPath, options.uid);
  await checkPrivateDirectory(socketPath);
  if (state === 'ours') await unlink(socketPath);
  const connections = new Set<Connection>();
  const server = createServer((socket) => {
    const connection = openConnection(socket, socket);
    connections.add(connection);
    connection.onClose(() => connections.delete(connection));
    options.onConnection(connection);
  });
  server.maxConnections = options.connectionsMax ?? CONNECTIONS_MAX;
  await listen(server, socketPath);
  await chmod(socketPath, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const connection of [...connections]) connection.dispose();
      }),
  };
}

function listen(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path: socketPath }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
