import { watch } from 'chokidar';

import type { CodexAuthSync } from '../operations/codex-auth-sync.ts';
import type { Context } from '../operations/context.ts';

/** Watches codex's own login file and takes over tokens that codex has renewed itself. */
export function startCodexAuthWatch(context: Context, sync: CodexAuthSync): () => Promise<void> {
  const watcher = watch(context.addresses.codexAuthFile, {
    ignoreInitial: false,
    awaitWriteFinish: { stabilityThreshold: 100, pollInterval: 50 },
    persistent: true,
  });
  const look = (): void => {
    sync.adoptAny().catch((error: unknown) => {
      context.log.warn({ cause: String(error) }, "codex's login file could not be taken over");
    });
  };
  watcher.on('add', look).on('change', look);
  watcher.on('error', (error) => {
    context.log.warn({ cause: String(error) }, "codex's login file cannot be watched");
  });
  return () => watcher.close();
}
