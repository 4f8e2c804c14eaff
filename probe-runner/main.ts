import { randomUUID } from 'node:crypto';

import { parseEnv } from '../contract/env.ts';
import { PROTOCOL_VERSION } from '../contract/handshake.ts';
import { PROBE_DEADLINE_MS, PROBE_OPERATIONS } from '../contract/probe-operations.ts';
import { BUILD_ID, VERSION } from '../runtime/build-info.ts';
import { createLog } from '../runtime/log.ts';
import { openConnection } from '../runtime/rpc/connection.ts';
import { serve } from '../runtime/rpc/serve.ts';
import { onShutdown } from '../runtime/shutdown.ts';
import { codexEnvironment } from './deps.ts';
import { createHandlers } from './handlers.ts';

/** Time to end every codex when the supervisor is gone, in milliseconds; longer than the step from SIGTERM to SIGKILL. */
const CLOSE_DEADLINE_MS = 5_000;

const APP_SERVER_DEADLINE_MS = 30_000;
const VERSION_DEADLINE_MS = 10_000;

const log = createLog({ level: parseEnv(process.env).LOG_LEVEL ?? 'info', file: null, name: 'probe-runner' });
const runner = createHandlers({
  hello: { protocolVersion: PROTOCOL_VERSION, buildId: BUILD_ID, version: VERSION, pid: process.pid },
  log,
  environment: codexEnvironment(process.env),
  deadlines: { execMs: PROBE_DEADLINE_MS, appServerMs: APP_SERVER_DEADLINE_MS, versionMs: VERSION_DEADLINE_MS },
  now: () => Date.now(),
});
const [, , homesDir] = process.argv;
if (homesDir !== undefined) void runner.sweep(homesDir);

// Stdout carries the protocol and nothing else: one stray line there would jam it.
const connection = openConnection(process.stdin, process.stdout);
serve(connection, PROBE_OPERATIONS, runner.handlers, {
  connectionId: 'supervisor',
  actor: 'supervisor',
  requestId: () => randomUUID(),
  onError: (error, { operation, requestId }) => log.error({ operation, requestId, err: error }, 'an operation failed'),
});
const shutdown = onShutdown({
  process,
  deadlineMs: CLOSE_DEADLINE_MS,
  close: () => runner.close(),
  failed: (error) => log.error({ err: error }, 'the probe-runner did not end in order'),
});
connection.onClose(() => void shutdown('the supervisor is gone'));
