import { dirname, join } from 'node:path';

import { isOmaError } from '../../contract/errors.ts';
import { isProgram } from '../../runtime/is-program.ts';
import type { Context } from '../context.ts';
import { type OpenAiLogin, openAiLogin } from '../opencode-auth.ts';
import { globalDirectory } from '../opencode-lists.ts';
import { isPure, type Places } from '../opencode-places.ts';
import { apply, findLoaded, type Installed, isInTerminal, planInstall } from '../opencode-plugin.ts';
import type { Rival } from '../opencode-rivals.ts';
import { isThere, readText } from '../text-file.ts';
import { type Finding, finding, fine, type Fix } from './finding.ts';

/** The unit by which the former plugin ran its dashboard. */
const FORMER_SERVICE = 'codex-soft.service';

/** Looks at OpenCode's side: what it loads when it is started here, whose login it holds, and who else answers for OpenAI. */
export async function examineOpenCode(context: Context): Promise<readonly Finding[]> {
  return [
    ...(await examineLoaded(context)),
    ...(await examineLogin(context)),
    ...(await examineFormerService(context)),
  ];
}

async function examineLoaded(context: Context): Promise<readonly Finding[]> {
  try {
    const { omas, rivals, broken } = await findLoaded(context);
    return [
      ...broken.map(brokenList),
      ...(isPure(context) ? [pure()] : []),
      await examinePlugin(context, omas),
      ...(await examineTerminal(context, omas)),
      ...rivals.map((found) => rival(context, found)),
    ];
  } catch (error) {
    if (!isOmaError(error, 'CONFIG_INVALID')) throw error;
    return [finding('problem', { id: 'plugin', what: error.message, advice: 'Then `oma plugin install`.' })];
  }
}

function brokenList({ where, because }: Places['broken'][number]): Finding {
  return finding('problem', {
    id: 'opencode-config',
    what: `OpenCode does not start: ${because.includes(where) ? because : `${because} (${where})`}`,
    advice: 'Correct it by hand; oma does not touch what it cannot read.',
  });
}

function pure(): Finding {
  return finding('problem', {
    id: 'opencode-pure',
    what: 'OPENCODE_PURE is set here, and with it OpenCode loads no plugin at all, oma neither.',
    advice: 'unset OPENCODE_PURE, and start OpenCode without --pure.',
  });
}

async function examineTerminal(context: Context, omas: readonly Installed[]): Promise<readonly Finding[]> {
  if (omas.length === 0 || (await isInTerminal(context))) return [];
  return [
    finding('note', {
      id: 'plugin-terminal',
      what: "OpenCode's terminal does not know oma, so /oma and its status line are missing.",
      advice: '`oma plugin install`, then restart OpenCode.',
      fix: register(context),
    }),
  ];
}

async function examinePlugin(context: Context, omas: readonly Installed[]): Promise<Finding> {
  if (!(await isThere(context.programs.plugin)))
    return finding('problem', {
      id: 'plugin',
      what: `The program of the plugin is missing: ${context.programs.plugin}`,
      advice: 'Reinstall oma.',
    });
  const [first] = omas;
  if (first === undefined)
    return finding('problem', {
      id: 'plugin',
      what: "The plugin is not in OpenCode's configuration, so OpenCode does not use oma.",
      advice: '`oma plugin install`, then restart OpenCode.',
      fix: register(context),
    });
  const foreign = omas.find(({ isThisOma }) => !isThisOma);
  return foreign === undefined ? examineNode(context, first) : foreignOma(context, foreign);
}

async function examineNode(context: Context, { file, node }: Installed): Promise<Finding> {
  if (node === null || (await isProgram(node))) return fine('plugin', `OpenCode knows the plugin: ${file}`);
  return finding('problem', {
    id: 'plugin',
    what: `OpenCode is to start oma with a Node that is gone: ${node}`,
    ...renewed(context, file, 'names the one that oma runs on now'),
  });
}

function foreignOma(context: Context, { file, spec }: Installed): Finding {
  return finding('problem', {
    id: 'plugin',
    what: `OpenCode loads the plugin of another oma: ${spec} (${file})`,
    ...renewed(context, file, 'names this one'),
  });
}

/** Only what lies in the user's own configuration is mended without asking. */
function renewed(context: Context, file: string, does: string): { readonly advice: string; readonly fix: Fix | null } {
  if (dirname(file) === globalDirectory(context))
    return { advice: `\`oma plugin install\` ${does}; then restart OpenCode.`, fix: register(context) };
  return {
    advice: `Take that entry out of ${file}, then \`oma plugin install\`, which ${does} for every project; restart OpenCode.`,
    fix: null,
  };
}

/** The variable that OpenCode takes in place of its auth.json. */
const LOGINS_VARIABLE = 'OPENCODE_AUTH_CONTENT';

async function examineLogin(context: Context): Promise<readonly Finding[]> {
  const { openCodeAuthFile } = context.paths();
  const content = context.environment[LOGINS_VARIABLE] ?? '';
  const where = content === '' ? openCodeAuthFile : LOGINS_VARIABLE;
  try {
    const login = openAiLogin(content === '' ? await readText(openCodeAuthFile) : content);
    return content === '' || login !== 'none' ? judgeLogin(context, login) : [noLoginInVariable()];
  } catch (error) {
    if (!isOmaError(error, 'CONFIG_INVALID')) throw error;
    const [what = '', advice = null] = error.message.split(' — ');
    return [finding('problem', { id: 'opencode-login', what: `${what} (${where})`, advice })];
  }
}

function noLoginInVariable(): Finding {
  return finding('warning', {
    id: 'opencode-login',
    what: `${LOGINS_VARIABLE} is set here and names no login for OpenAI, so OpenCode does not ask oma.`,
    advice: `unset ${LOGINS_VARIABLE}, then OpenCode takes the logins of its auth.json.`,
  });
}

function judgeLogin(context: Context, login: OpenAiLogin): readonly Finding[] {
  switch (login) {
    case 'placeholder':
      return [];
    case 'none':
      return [
        finding('warning', {
          id: 'opencode-login',
          what: 'OpenCode has no login for OpenAI, not even the placeholder, so it does not ask oma.',
          advice: '`oma plugin install` writes the placeholder.',
          fix: register(context),
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

function register(context: Context): Fix {
  return {
    done: "Named the plugin in OpenCode's configuration; restart OpenCode.",
    run: async () => apply((await planInstall(context, globalDirectory(context))).changes),
  };
}

/** By what name a plugin's logins are imported. */
const RIVAL_SOURCES = { 'oc-codex-multi-auth': 'oc-codex-multi-auth', 'opencode-multi-auth-codex': 'upstream' };

function rival(context: Context, { spec, where }: Rival): Finding {
  const source = Object.entries(RIVAL_SOURCES).find(([plugin]) => spec.includes(plugin))?.[1];
  const { storeFile, defaultStoreFile } = context.paths();
  const isTakenOver = source === 'upstream' && storeFile === defaultStoreFile;
  const command = source === undefined ? 'oma import' : `oma import ${source}`;
  const logins = isTakenOver ? 'oma takes its logins over at its first start' : `Import its logins (\`${command}\`)`;
  return finding('problem', {
    id: 'rival-plugin',
    what: `Another plugin answers for OpenAI logins beside oma: ${spec}${where === null ? '' : ` (${where})`}`,
    advice: `Two refreshers of one login log each other out. ${logins}; take it out ${where === null ? 'of that directory' : `of ${where}`}, then restart OpenCode.`,
  });
}

async function examineFormerService({ home, environment }: Context): Promise<readonly Finding[]> {
  const base = environment['XDG_CONFIG_HOME'];
  const configHome = base === undefined || base === '' ? join(home, '.config') : base;
  const unit = join(configHome, 'systemd', 'user', FORMER_SERVICE);
  if (!(await isThere(unit))) return [];
  return [
    finding('problem', {
      id: 'former-service',
      what: `The service of the former plugin is installed and may refresh the same logins: ${unit}`,
      advice: `systemctl --user disable --now ${FORMER_SERVICE}, then delete that file.`,
    }),
  ];
}
