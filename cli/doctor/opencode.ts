import { constants } from 'node:fs';
import { access, lstat } from 'node:fs/promises';
import { join } from 'node:path';

import { isOmaError } from '../../contract/errors.ts';
import type { Context } from '../context.ts';
import { type OpenAiLogin, openAiLogin } from '../opencode-auth.ts';
import {
  apply,
  findInstalled,
  findInstalledTui,
  globalDirectory,
  planInstall,
  rivalPlugins,
} from '../opencode-plugin.ts';
import { readText } from '../text-file.ts';
import { type Finding, finding, fine, type Fix } from './finding.ts';

/** The unit by which the former plugin ran its dashboard. */
const FORMER_SERVICE = 'codex-soft.service';

/** Looks at OpenCode's side: whether it knows the plugin, whose login it holds, and who else answers for OpenAI. */
export async function examineOpenCode(context: Context): Promise<readonly Finding[]> {
  const directory = globalDirectory(context);
  try {
    return [
      await examinePlugin(context, directory),
      ...(await examineTerminal(context, directory)),
      ...(await examineLogin(context, directory)),
      ...(await rivalPlugins(context, directory)).map((spec) => rival(context, spec)),
      ...(await examineFormerService(context)),
    ];
  } catch (error) {
    if (!isOmaError(error, 'CONFIG_INVALID')) throw error;
    return [finding('problem', { id: 'opencode-config', what: error.message, advice: 'Correct that file by hand.' })];
  }
}

async function examineTerminal(context: Context, directory: string): Promise<readonly Finding[]> {
  const isServerThere = (await findInstalled(context, directory)) !== null;
  if (!isServerThere || (await findInstalledTui(context, directory)) !== null) return [];
  return [
    finding('note', {
      id: 'plugin-terminal',
      what: "OpenCode's terminal does not know oma, so /oma and its status line are missing.",
      advice: '`oma plugin install`, then restart OpenCode.',
      fix: register(context, directory),
    }),
  ];
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function examinePlugin(context: Context, directory: string): Promise<Finding> {
  const isBuilt = await access(context.programs.plugin).then(
    () => true,
    () => false,
  );
  if (!isBuilt)
    return finding('problem', {
      id: 'plugin',
      what: `The program of the plugin is missing: ${context.programs.plugin}`,
      advice: 'Reinstall oma.',
    });
  const installed = await findInstalled(context, directory);
  if (installed?.isThisOma === true) {
    if (installed.node === null || (await isExecutable(installed.node)))
      return fine('plugin', `OpenCode knows the plugin: ${installed.file}`);
    return finding('problem', {
      id: 'plugin',
      what: `OpenCode is to start oma with a Node that is gone: ${installed.node}`,
      advice: '`oma plugin install` names the one that oma runs on now; then restart OpenCode.',
      fix: register(context, directory),
    });
  }
  return finding('problem', {
    id: 'plugin',
    what:
      installed === null
        ? "The plugin is not in OpenCode's configuration, so OpenCode does not use oma."
        : `OpenCode loads the plugin of another oma: ${installed.spec}`,
    advice: '`oma plugin install`, then restart OpenCode.',
    fix: register(context, directory),
  });
}

async function examineLogin(context: Context, directory: string): Promise<readonly Finding[]> {
  const login: OpenAiLogin = openAiLogin(await readText(context.paths().openCodeAuthFile));
  switch (login) {
    case 'placeholder':
      return [];
    case 'none':
      return [
        finding('warning', {
          id: 'opencode-login',
          what: 'OpenCode has no login for OpenAI, not even the placeholder, so it does not ask oma.',
          advice: '`oma plugin install` writes the placeholder.',
          fix: register(context, directory),
        }),
      ];
    case 'login':
      return [
        finding('warning', {
          id: 'opencode-login',
          what: 'OpenCode has a login of its own for OpenAI. Should the plugin not load, OpenCode refreshes it itself, and one of the two is logged out.',
          advice: '`oma import opencode`, then `opencode auth logout` for OpenAI and `oma plugin install`.',
        }),
      ];
  }
}

function register(context: Context, directory: string): Fix {
  return {
    done: "Named the plugin in OpenCode's configuration; restart OpenCode.",
    run: async () => apply((await planInstall(context, directory)).changes),
  };
}

/** By what name a plugin's logins are imported. */
const RIVAL_SOURCES = { 'oc-codex-multi-auth': 'oc-codex-multi-auth', 'opencode-multi-auth-codex': 'upstream' };

function rival(context: Context, spec: string): Finding {
  const source = Object.entries(RIVAL_SOURCES).find(([plugin]) => spec.includes(plugin))?.[1];
  const { storeFile, defaultStoreFile } = context.paths();
  const isTakenOver = source === 'upstream' && storeFile === defaultStoreFile;
  const command = source === undefined ? 'oma import' : `oma import ${source}`;
  const logins = isTakenOver ? 'oma takes its logins over at its first start' : `Import its logins (\`${command}\`)`;
  return finding('problem', {
    id: 'rival-plugin',
    what: `Another plugin answers for OpenAI logins beside oma: ${spec}`,
    advice: `Two refreshers of one login log each other out. ${logins}; take it out of OpenCode’s configuration.`,
  });
}

async function examineFormerService({ home, environment }: Context): Promise<readonly Finding[]> {
  const base = environment['XDG_CONFIG_HOME'];
  const configHome = base === undefined || base === '' ? join(home, '.config') : base;
  const unit = join(configHome, 'systemd', 'user', FORMER_SERVICE);
  if ((await lstat(unit).catch(() => null)) === null) return [];
  return [
    finding('problem', {
      id: 'former-service',
      what: `The service of the former plugin is installed and may refresh the same logins: ${unit}`,
      advice: `systemctl --user disable --now ${FORMER_SERVICE}, then delete that file.`,
    }),
  ];
}
