import { parseEnv } from '../contract/env.ts';
import { resolvePaths } from '../runtime/paths.ts';
import type { Context, ProcessFacts } from './context.ts';
import { openSession } from './open-session.ts';
import { colourful, colourless } from './render/paint.ts';

/** Makes the context of one command from the facts of the process. */
export function createContext(facts: ProcessFacts): Context {
  const env = once(() => parseEnv(facts.environment));
  const paths = once(() => resolvePaths(env(), pathFacts(facts)));
  const context: Context = {
    ...facts,
    paint: wantsColour(facts) ? colourful : colourless,
    now: Date.now,
    env,
    paths,
    connect: (options) => openSession(context, options),
  };
  return context;
}

/** What of a process decides where everything lies. */
export function pathFacts({ environment, home, uid, platform }: ProcessFacts): Parameters<typeof resolvePaths>[1] {
  return {
    home,
    uid,
    platform,
    xdgRuntimeDir: environment['XDG_RUNTIME_DIR'],
    xdgStateHome: environment['XDG_STATE_HOME'],
    xdgConfigHome: environment['XDG_CONFIG_HOME'],
    xdgDataHome: environment['XDG_DATA_HOME'],
  };
}

// NO_COLOR counts when it is not empty (no-color.org).
function wantsColour({ stdout, environment }: ProcessFacts): boolean {
  const forbidden = environment['NO_COLOR'] !== undefined && environment['NO_COLOR'] !== '';
  return stdout.isTTY === true && !forbidden && environment['TERM'] !== 'dumb';
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
