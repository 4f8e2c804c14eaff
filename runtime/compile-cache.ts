// The whole module by its default: a Node too old for these functions must still get as far as being told so.
import nodeModule from 'node:module';
import { isAbsolute, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Keeps what V8 makes of the programs for their next start, in the user's cache directory, and finds what was kept.
 * Why: compiling is a third of a start. What is imported before this call is not kept, so entry files call it before they import the rest.
 */
export function keepCompiled(environment: Environment, home: string): void {
  nodeModule.enableCompileCache(join(cacheDirectory(environment, home), 'compiled'));
}

/** Where all of it lies; whoever removes oma removes this. */
export function cacheDirectory({ XDG_CACHE_HOME: cacheHome = '' }: Environment, home: string): string {
  return join(isAbsolute(cacheHome) ? cacheHome : join(home, '.cache'), 'opencode-multi-auth');
}

/** Writes what was compiled so far. Why: a process that is killed never comes to write it at its end. */
export function writeCompiled(): void {
  nodeModule.flushCompileCache();
}
