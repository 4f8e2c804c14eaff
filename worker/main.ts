import { randomBytes, randomUUID } from 'node:crypto';
import http from 'node:http';

import { parseEnv } from '../contract/env.ts';
import { PROTOCOL_VERSION } from '../contract/handshake.ts';
import { WORKER_OPERATIONS } from '../contract/worker-operations.ts';
import { BUILD_ID, VERSION } from '../runtime/build-info.ts';
import { createLog } from '../runtime/log.ts';
import { openConnection } from '../runtime/rpc/connection.ts';
import { serve } from '../runtime/rpc/serve.ts';
import { onShutdown } from '../runtime/shutdown.ts';
import { CALLBACK_PORTS } from './deps.ts';
import { createHandlers } from './handlers.ts';
import { proxyOf } from './proxy.ts';

/** Time to free the ports when the supervisor is gone, in milliseconds. */
const CLOSE_DEADLINE_MS = 2_000;

const log = createLog({ level: parseEnv(process.env).LOG_LEVEL ?? 'info', file: null, name: 'worker' });
useProxy();
const worker = createHandlers({
  fetch: (input, init) => fetch(input, init),
  hello: { protocolVersion: PROTOCOL_VERSION, buildId: BUILD_ID, version: VERSION, pid: process.pid },
  callbackPorts: CALLBACK_PORTS,
  now: () => Date.now(),
  randomBytes: (size) => randomBytes(size),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
});
// Stdout carries the protocol and nothing else: one stray line there would jam it.
const connection = openConnection(process.stdin, process.stdout);
serve(connection, WORKER_OPERATIONS, worker.handlers, {
  connectionId: 'supervisor',
  actor: 'supervisor',
  requestId: () => randomUUID(),
  onError: (error, { operation, requestId }) => log.error({ operation, requestId, err: error }, 'an operation failed'),
});
const shutdown = onShutdown({
  process,
  deadlineMs: CLOSE_DEADLINE_MS,
  close: async () => {
    await worker.close();
    log.close();
  },
  failed: (error) => {
    log.error({ err: error }, 'the worker did not end in order');
    log.close();
  },
});
connection.onClose(() => void shutdown('the supervisor is gone'));

function useProxy(): void {
  const proxy = proxyOf(process.env);
  if (proxy === null) return;
  try {
    http.setGlobalProxyFromEnv(proxy);
  } catch {
    // What went wrong may quote the address, and that may hold a password.
    log.error(
      {},
      'the proxy of HTTP_PROXY or HTTPS_PROXY cannot be used: the address is not valid, or this Node is too old for proxies',
    );
  }
}
