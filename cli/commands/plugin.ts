import { access } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { Status } from '../../contract/status.ts';
import { command, type Flags } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import { openAiLogin } from '../opencode-auth.ts';
import { globalDirectory } from '../opencode-lists.ts';
import { apply, type Change, findInstalled, findInstalledTui, planInstall, planUninstall } from '../opencode-plugin.ts';
import { usage } from '../parse.ts';
import { dryRunText, installText, pluginStatusText, type PluginView, uninstallText } from '../render/plugin.ts';
import { connectIfRunning } from '../running.ts';
import { BACKUP_SUFFIX, readText } from '../text-file.ts';

const PLACE = {
  global: { summary: 'Your own configuration of OpenCode, for every project (the default).' },
  project: { summary: 'The configuration of this project instead.', value: 'DIR' },
} as const satisfies Flags;
const DRY_RUN = { 'dry-run': { summary: 'Shows the change and makes none.' } } as const satisfies Flags;

const install = command({
  name: 'plugin install',
  summary: 'Lets OpenCode use oma: names the plugin in its configuration.',
  flags: { ...PLACE, ...DRY_RUN },
  fails: ['CONFIG_INVALID'],
  more: `Comments and everything else in the file stay as they are; what it held before is kept beside it (${BACKUP_SUFFIX}).\nOpenCode asks oma only if it has some login for OpenAI, so a placeholder is written where there is none; a real login stays.`,
  run: async (context, input) => {
    const plan = await planInstall(context, directoryOf(context, input.has('global'), input.value('project')));
    const { file, terminalFile, spec, login, changes, warnings } = plan;
    const dryRun = input.has('dry-run');
    if (!dryRun) await apply(changes);
    const json = { installed: !dryRun, dryRun, file, terminalFile, spec, login, changed: namesOf(changes), warnings };
    return { json, text: dryRun ? dryRunText(changes, context.paint) : installText(plan, context.paint) };
  },
});

const uninstall = command({
  name: 'plugin uninstall',
  summary: "Takes the plugin out of OpenCode's configuration.",
  flags: { ...PLACE, ...DRY_RUN },
  fails: ['CONFIG_INVALID'],
  run: async (context, input) => {
    const changes = await planUninstall(context, directoryOf(context, input.has('global'), input.value('project')));
    const dryRun = input.has('dry-run');
    if (!dryRun) await apply(changes);
    return {
      json: { dryRun, changed: namesOf(changes) },
      text: dryRun ? dryRunText(changes, context.paint) : uninstallText(changes),
    };
  },
});

const status = command({
  name: 'plugin status',
  summary: 'Shows whether OpenCode knows the plugin, and who is connected.',
  flags: PLACE,
  uses: ['status.get'],
  startsNothing: true,
  unwell: 'the plugin is not installed, or its program is missing',
  run: async (context, input) => {
    const directory = directoryOf(context, input.has('global'), input.value('project'));
    const view: PluginView = {
      installed: await findInstalled(context, directory),
      terminal: await findInstalledTui(context, directory),
      built: await access(context.programs.plugin).then(
        () => true,
        () => false,
      ),
      login: openAiLogin(await readText(context.paths().openCodeAuthFile)),
      connected: await connectedPlugins(context),
    };
    const isWell = view.installed !== null && view.built;
    return { json: view, text: pluginStatusText(view, context.paint), exit: isWell ? EXIT.ok : EXIT.unwell };
  },
});

/** Everything about OpenCode's side. */
export const pluginCommands = [install, uninstall, status] as const;

function directoryOf(context: Context, isGlobal: boolean, project: string | undefined): string {
  if (isGlobal && project !== undefined) throw usage('--global and --project exclude each other', 'choose one');
  return project === undefined ? globalDirectory(context) : resolve(context.cwd, project);
}

function namesOf(changes: readonly Change[]): string[] {
  return changes.map(({ file }) => file);
}

/** The plugins that talk to the supervisor now; null when none runs. */
async function connectedPlugins(context: Context): Promise<Status['clients'] | null> {
  const session = await connectIfRunning(context);
  if (session === null) return null;
  try {
    const { clients } = await session.client['status.get']({});
    return clients.filter(({ kind }) => kind === 'plugin');
  } finally {
    session.close();
  }
}
