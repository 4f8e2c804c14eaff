import { join } from 'node:path';

import { ENV_PREFIX, parseEnv } from '../contract/env.ts';
import { PROTOCOL_VERSION } from '../contract/handshake.ts';
import { BUILD_ID, VERSION } from '../runtime/build-info.ts';
import { connectOrStart } from '../runtime/connect.ts';
import { type PathFacts, resolvePaths } from '../runtime/paths.ts';
import type { Line } from './link.ts';

/** What only the entry file may ask of the process. */
export interface ProcessFacts extends PathFacts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  /** Directory of the bundled plugin, beside which the built supervisor lies. */
  readonly pluginDir: string;
}

/** Connects to the supervisor, starting it if it may; each call is one try. */
export type LineFinder = (target: LineTarget) => Promise<Line>;

/** Who asks, and how the supervisor is started. Shape: absent = Node.js from the PATH, the supervisor beside the plugin. */
export interface LineTarget {
  readonly host: string;
  readonly node?: string | undefined;
  readonly supervisor?: string | undefined;
}

/** Starting the supervisor and saying hello may take so long, in milliseconds. */
const CONNECT_MS = 15_000;
const HOST_CHARS_MAX = 64;

/** Of the environment, a supervisor that the plugin starts is given oma's own variables and these. */
const PASSED_ON = [
  ...['HOME', 'USER', 'LOGNAME', 'PATH', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'DISPLAY', 'WAYLAND_DISPLAY', 'DBUS_SESSION_BUS_ADDRESS'],
  ...['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_CACHE_HOME', 'XDG_RUNTIME_DIR', 'CODEX_HOME'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
];

/**
 * Makes the way to the supervisor.
 * Errors: each try rejects with an OmaError, CONFIG_INVALID among them, so that a wrong environment shows as an answer and not as a plugin that fails to load.
 */
export function createLineFinder(facts: ProcessFacts): LineFinder {
  return async ({ node, supervisor, host }) => {
    const env = parseEnv(facts.environment);
    const command = node ?? 'node';
    const args = [supervisor ?? join(facts.pluginDir, '..', 'supervisor.js')];
    const { client, connection } = await connectOrStart({
      socketPath: resolvePaths(env, facts).socketPath,
      hello: { protocolVersion: PROTOCOL_VERSION, buildId: BUILD_ID, version: VERSION, pid: facts.pid, kind: 'plugin', host: host.slice(0, HOST_CHARS_MAX) },
      start: env.AUTOSTART === false ? null : { command, args, env: passedOn(facts.environment) },
      deadlineMs: CONNECT_MS,
    });
    return { client, onClose: (told) => connection.onClose(told), dispose: () => connection.dispose() };
  };
}

function passedOn(environment: ProcessFacts['environment']): Record<string, string> {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && (name.startsWith(ENV_PREFIX) || PASSED_ON.includes(name))) given[name] = value;
  }
  return given;
}
