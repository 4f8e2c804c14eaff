import { randomBytes } from 'node:crypto';

import { parseEnv } from '../contract/env.ts';
import { PROTOCOL_VERSION } from '../contract/handshake.ts';
import { WORKER_OPERATIONS } from '../contract/worker-operations.ts';
import { afterAwake } from '../runtime/awake.ts';
import { BUILD_ID, VERSION } from '../runtime/build-info.ts';
import { createLog } from '../runtime/log.ts';
import { useProxy } from '../runtime/proxy.ts';
import { serveSupervisor } from '../runtime/serve-supervisor.ts';
import { createClockWatch } from './clock-watch.ts';
import { CALLBACK_PORTS } from './deps.ts';
import { createHandlers } from './handlers.ts';

/** Time to free the ports when the supervisor is gone, in milliseconds. */
const CLOSE_DEADLINE_MS = 2_000;

const log = createLog({ level: parseEnv(process.env).LOG_LEVEL ?? 'info', file: null, name: 'worker' });
useProxy(process.env, log);
const worker = createHandlers({
  fetch: (input, init) => fetch(input, init),
  hello: { protocolVersion: PROTOCOL_VERSION, buildId: BUILD_ID, version: VERSION, pid: process.pid },
  callbackPorts: CALLBACK_PORTS,
  clock: createClockWatch(Date.now),
  now: () => Date.now(),
  randomBytes: (size) => randomBytes(size),
  after: afterAwake,
});
serveSupervisor(process, {
  name: 'worker',
  table: WORKER_OPERATIONS,
  handlers: worker.handlers,
  closeDeadlineMs: CLOSE_DEADLINE_MS,
  log,
  close: () => worker.close(),
});
