import { lstat, rm } from 'node:fs/promises';
import { dirname, sep } from 'node:path';

import { cacheDirectory } from '../../runtime/compile-cache.ts';
import { command } from '../command.ts';
import type { Context } from '../context.ts';
import { globalDirectory } from '../opencode-lists.ts';
import { apply, planUninstall } from '../opencode-plugin.ts';
import { type Uninstalled, uninstalledText } from '../render/uninstall.ts';
import { connectIfRunning, stopAndWait } from '../running.ts';
import { planService } from '../service/plan.ts';
import { BACKUP_SUFFIX, readText } from '../text-file.ts';
import { removeService } from './autostart.ts';

/** Takes oma out of a home; only the store stays. */
export const uninstall = command({
  name: 'uninstall',
  summary:
    'Takes oma out of your home: the service, the plugin, logs, cache and run files. The store with your accounts stays.',
  flags: { 'dry-run': { summary: 'Shows what would be removed and removes nothing.' } },
  uses: ['supervisor.stop'],
  startsNothing: true,
  more: 'Close OpenCode first: one that still runs may start the supervisor again.\nA plugin in the configuration of a project is taken out by `oma plugin uninstall --project DIR`.\nThe program itself goes with: npm uninstall --global open-multi-auth',
  run: async (context, input) => {
    const dryRun = input.has('dry-run');
    const service = await serviceFile(context);
    const plugin = await planUninstall(context, globalDirectory(context));
    const leftovers = await existing([
      ...plugin.filter(({ isSecret }) => !isSecret).map(({ file }) => file + BACKUP_SUFFIX),
      ...ownFiles(context),
    ]);
    if (!dryRun) {
      if (service !== null) await removeService(context);
      await apply(plugin);
      const session = await connectIfRunning(context);
      if (session !== null) await stopAndWait(context, session);
      for (const file of await existing([...leftovers, ...ownFiles(context)]))
        await rm(file, { recursive: true, force: true });
    }
    const [store = null] = await existing([context.paths().storeFile]);
    const done: Uninstalled = {
      dryRun,
      removed: [...new Set([...(service === null ? [] : [service]), ...leftovers])],
      changed: plugin.map(({ file }) => file),
      store,
    };
    return { json: done, text: uninstalledText(done) };
  },
});

/** Everything that oma writes beside the store; nothing that holds the store, wherever that was put. */
function ownFiles({ environment, home, paths }: Context): readonly string[] {
  const { stateDir, socketPath, lockFile, storeFile } = paths();
  const outside = [
    cacheDirectory(environment, home),
    socketPath,
    lockFile,
    `${socketPath}.stderr`,
    `${socketPath}.starting`,
  ];
  const isApart = (file: string): boolean => !`${dirname(storeFile)}${sep}`.startsWith(`${file}${sep}`);
  return [stateDir, ...outside.filter((file) => !file.startsWith(`${stateDir}${sep}`))].filter(isApart);
}

async function serviceFile(context: Context): Promise<string | null> {
  if (context.platform !== 'linux' && context.platform !== 'darwin') return null;
  const { file } = planService(context);
  return (await readText(file)) === null ? null : file;
}

async function existing(files: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    files.map((file) =>
      lstat(file).then(
        () => [file],
        () => [],
      ),
    ),
  );
  return found.flat();
}
