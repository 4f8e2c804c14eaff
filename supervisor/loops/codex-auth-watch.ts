import type { CodexAuthSync } from '../operations/codex-auth-sync.ts';
import type { Context } from '../operations/context.ts';
import { startFileWatch } from './file-watch.ts';

/** Watches codex's own login file and takes over tokens that codex has renewed itself. */
export function startCodexAuthWatch(context: Context, sync: CodexAuthSync): () => Promise<void> {
  return startFileWatch(context, {
    file: context.addresses.codexAuthFile,
    tellsInitial: true,
    changed: () => {
      sync.adoptAny().catch((error: unknown) => {
        context.log.warn({ cause: String(error) }, "codex's login file could not be taken over");
      });
    },
    failed: (error) => {
      context.log.warn({ cause: String(error) }, "codex's login file cannot be watched");
    },
  });
}
