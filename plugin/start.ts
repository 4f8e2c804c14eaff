import { join } from 'node:path';

import { parseEnv } from '../contract/env.ts';
import { EVENT_NOTIFICATION, eventSchema, type OmaEvent } from '../contract/event.ts';
import { PROTOCOL_VERSION } from '../contract/handshake.ts';
import { BUILD_ID, VERSION } from '../runtime/build-info.ts';
import { connectOrStart } from '../runtime/connect.ts';
import { passedOn } from '../runtime/passed-on.ts';
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

/**
 * Who asks, and how the supervisor is started. Shape: absent = Node.js from the PATH, the supervisor beside the
 * plugin.
 */
export interface LineTarget {
  readonly host: string;
  /** Default: `plugin`, what sends requests. */
  readonly kind?: 'plugin' | 'tui' | undefined;
  /** Default: true; false takes only a supervisor that runs. */
  readonly mayStart?: boolean | undefined;
  readonly node?: string | undefined;
  readonly supervisor?: string | undefined;
}

/** Starting the supervisor and saying hello may take so long, in milliseconds. */
const CONNECT_MS = 15_000;
const HOST_CHARS_MAX = 64;

/**
 * Makes the way to the supervisor.
 * Errors: each try rejects with an OmaError, CONFIG_INVALID among them, so that a wrong environment shows as an
 * answer and not as a plugin that fails to load.
 */
export function createLineFinder(facts: ProcessFacts): LineFinder {
  return async ({ node, supervisor, host, kind = 'plugin', mayStart = true }) => {
    const env = parseEnv(facts.environment);
    const command = node ?? 'node';
    const args = [supervisor ?? join(facts.pluginDir, '..', 'supervisor.js')];
    const { client, connection } = await connectOrStart({
      socketPath: resolvePaths(env, facts).socketPath,
      hello: {
        protocolVersion: PROTOCOL_VERSION,
        buildId: BUILD_ID,
        version: VERSION,
        pid: facts.pid,
        kind,
        host: host.slice(0, HOST_CHARS_MAX),
      },
      start: !mayStart || env.AUTOSTART === false ? null : { command, args, env: passedOn(facts.environment) },
      deadlineMs: CONNECT_MS,
      unref: true,
    });
    return {
      client,
      onClose: (told) => connection.onClose(told),
      onEvent: (told) => connection.onNotification(EVENT_NOTIFICATION, (params) => tellKnown(params, told)),
      dispose: () => connection.dispose(),
    };
  };
}

/** A newer supervisor may tell of things that this plugin does not know. */
function tellKnown(params: unknown, told: (event: OmaEvent) => void): void {
  const event = eventSchema.safeParse(params);
  if (event.success) told(event.data);
}
