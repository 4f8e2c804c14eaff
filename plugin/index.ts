import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parseEnv } from '../contract/env.ts';
import { createServer } from './hooks.ts';
import { authPlace } from './placeholder.ts';
import { createLineFinder } from './start.ts';
import { waitReal } from './wait.ts';

const { env: environment } = process;
const home = environment['HOME'] || homedir();

/**
 * OpenCode's entry. Not: `setup`, the entry announced for OpenCode 2; there is nothing yet to build and prove it
 * against.
 */
export default {
  id: 'oma',
  server: createServer({
    findLine: createLineFinder({
      environment,
      home,
      uid: process.getuid?.() ?? -1,
      platform: process.platform,
      xdgRuntimeDir: environment['XDG_RUNTIME_DIR'],
      xdgStateHome: environment['XDG_STATE_HOME'],
      xdgConfigHome: environment['XDG_CONFIG_HOME'],
      xdgDataHome: environment['XDG_DATA_HOME'],
      pid: process.pid,
      pluginDir: dirname(fileURLToPath(import.meta.url)),
    }),
    upstream: (input, init) => fetch(input, init),
    baseUrl: baseUrl(),
    auth: authPlace(environment, home),
    now: Date.now,
    random: Math.random,
    newId: randomUUID,
    wait: waitReal,
  }),
};

/** Why: a wrong environment must not keep the plugin from loading; the first lease says what is wrong with it. */
function baseUrl(): string | null {
  try {
    return parseEnv(environment).BASE_URL ?? null;
  } catch {
    return null;
  }
}
