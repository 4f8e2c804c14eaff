import { randomUUID } from 'node:crypto';

import { parseEnv } from '../contract/env.ts';
import { createServer } from './hooks.ts';
import { authPlace } from './placeholder.ts';
import { processFacts } from './process-facts.ts';
import { createLineFinder } from './start.ts';
import { waitReal } from './wait.ts';

const facts = processFacts(process, import.meta.url);

/**
 * OpenCode's entry. Not: `setup`, the entry announced for OpenCode 2; there is nothing yet to build and prove it
 * against.
 */
export default {
  id: 'oma',
  server: createServer({
    findLine: createLineFinder(facts),
    upstream: (input, init) => fetch(input, init),
    baseUrl: baseUrl(),
    auth: authPlace(facts.environment, facts.home),
    now: Date.now,
    random: Math.random,
    newId: randomUUID,
    wait: waitReal,
  }),
};

/** Why: a wrong environment must not keep the plugin from loading; the first lease says what is wrong with it. */
function baseUrl(): string | null {
  try {
    return parseEnv(facts.environment).BASE_URL ?? null;
  } catch {
    return null;
  }
}
