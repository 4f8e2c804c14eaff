// The whole module by its default: a Node too old for these functions must still get as far as being told so.
import nodeModule from 'node:module';
import { isAbsolute, join } from 'node:path';

/**
 * Keeps what V8 makes of the programs for their next start, in the user's cache directory, and finds what was kept.
 * Why: compiling is a third of a start. What is imported before this call is not kept, so entry files call it before they import the rest.
 */
export function keepCompiled(environment: Readonly<Record<string, string | undefined>>, home: string): void {
  const { XDG_CACHE_HOME: cacheHome = '' } = environment;
  const base = isAbsolute(cacheHome) ? cacheHome : join(home, '.cache');
  nodeModule.enableCompileCache(join(base, 'opencode-multi-auth', 'compiled'));
}

/** Writes what was compiled so far. Why: a process that is killed never comes to write it at its end. */
export function writeCompiled(): void {
  nodeModule.flushCompileCache();
}
