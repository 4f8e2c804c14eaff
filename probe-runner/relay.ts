import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as plainRequest, type ServerResponse } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { pipeline } from 'node:stream';

import { DEFAULT_BASE_URL } from '../contract/env.ts';

/** A door to a backend on loopback, for one probe. */
export interface Relay {
  /** The address of the backend behind the door. */
  readonly baseUrl: string;
  close: () => Promise<void>;
}

/**
 * Tells whether codex must not know the address of a backend.
 * Why: it sends model requests for an https origin to the origin that the backend names for the workspace, past a gateway; for a plain one on loopback it does not.
 */
export function needsRelay(baseUrl: string): boolean {
  const { protocol, origin } = new URL(baseUrl);
  return protocol === 'https:' && origin !== new URL(DEFAULT_BASE_URL).origin;
}

/** Opens a door on loopback that passes everything on to the backend as it comes. */
export async function openRelay(baseUrl: string): Promise<Relay> {
  const backend = new URL(baseUrl);
  // Other users of this machine can reach the port, but do not know the path.
  const prefix = `/${randomBytes(SECRET_BYTES).toString('hex')}`;
  const server = createServer((request, reply) => {
    const path = request.url ?? '';
    if (path.startsWith(`${prefix}/`)) passOn(new URL(backend.origin + path.slice(prefix.length)), request, reply);
    else reply.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    baseUrl: `http://127.0.0.1:${String(port)}${prefix}${backend.pathname}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const SECRET_BYTES = 16;

function passOn(url: URL, request: IncomingMessage, reply: ServerResponse): void {
  const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
  const onward = send(url, { method: request.method, headers: { ...request.headers, host: url.host } }, (answer) => {
    reply.writeHead(answer.statusCode ?? 502, answer.headers);
    pipeline(answer, reply, () => undefined);
  });
  // Whatever breaks on one side breaks on the other, so codex sees what it would see without us.
  onward.on('error', () => reply.destroy());
  reply.on('close', () => onward.destroy());
  pipeline(request, onward, () => undefined);
}
