import { parseEnv } from '../contract/env.ts';
import { PROTOCOL_VERSION } from '../contract/handshake.ts';
import { PROBE_DEADLINE_MS, PROBE_OPERATIONS } from '../contract/probe-operations.ts';
import { BUILD_ID, VERSION } from '../runtime/build-info.ts';
import { createLog } from '../runtime/log.ts';
import { useProxy } from '../runtime/proxy.ts';
import { serveSupervisor } from '../runtime/serve-supervisor.ts';
import { codexEnvironment } from './deps.ts';
import { createHandlers } from './handlers.ts';

/** Time to end every codex when the supervisor is gone, in milliseconds; longer than the step from SIGTERM to SIGKILL. */
const CLOSE_DEADLINE_MS = 5_000;

const APP_SERVER_DEADLINE_MS = 30_000;
const VERSION_DEADLINE_MS = 10_000;

const log = createLog({ level: parseEnv(process.env).LOG_LEVEL ?? 'info', file: null, name: 'probe-runner' });
useProxy(process.env, log);
const runner = createHandlers({
  hello: { protocolVersion: PROTOCOL_VERSION, buildId: BUILD_ID, version: VERSION, pid: process.pid },
  log,
  environment: codexEnvironment(process.env),
  deadlines: { execMs: PROBE_DEADLINE_MS, appServerMs: APP_SERVER_DEADLINE_MS, versionMs: VERSION_DEADLINE_MS },
  now: () => Date.now(),
});
const [, , homesDir] = process.argv;
if (homesDir !== undefined) void runner.sweep(homesDir);

serveSupervisor(process, {
  name: 'probe-runner',
  table: PROBE_OPERATIONS,
  handlers: runner.handlers,
  closeDeadlineMs: CLOSE_DEADLINE_MS,
  log,
  close: () => runner.close(),
});
