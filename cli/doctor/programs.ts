import { delimiter, isAbsolute, join } from 'node:path';

import { isSupported, parseVersion } from '../../contract/codex-version.ts';
import { isOmaError } from '../../contract/errors.ts';
import { isProgram } from '../../runtime/is-program.ts';
import type { Context } from '../context.ts';
import { runTool } from '../run-tool.ts';
import { type Finding, finding, fine } from './finding.ts';

/** A program that has not told its version by then is broken or the machine is very busy, in milliseconds. */
const VERSION_MAX_MS = 20_000;

/** Looks at the programs that oma works with: which version, and where. */
export async function examinePrograms(context: Context): Promise<readonly Finding[]> {
  const { build, nodeVersion, programs } = context;
  const [openCode, codex] = await Promise.all([examineOpenCode(context), examineCodex(context)]);
  return [
    fine('oma', `oma ${build.version}, build ${build.buildId}`),
    fine('node', `Node ${nodeVersion}: ${programs.node}`),
    openCode,
    codex,
  ];
}

async function examineOpenCode(context: Context): Promise<Finding> {
  const path = await locate(context, 'opencode');
  if (path === null)
    return finding('warning', {
      id: 'opencode',
      what: 'There is no opencode on the PATH.',
      advice: 'Install OpenCode (npm install -g opencode-ai), or add its directory to the PATH.',
    });
  const { code, stdout } = await runTool(context, { command: path, args: ['--version'], deadlineMs: VERSION_MAX_MS });
  const version = /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0];
  if (code === 0 && version !== undefined) return fine('opencode', `OpenCode ${version}: ${path}`);
  return finding('warning', {
    id: 'opencode',
    what: `The opencode that was found does not tell its version: ${path}`,
    advice: 'Run `opencode --version` yourself; reinstall it if that fails.',
  });
}

async function examineCodex(context: Context): Promise<Finding> {
  const named = namedCodex(context);
  const path = await locate(context, named ?? 'codex');
  if (path === null)
    return finding('warning', {
      id: 'codex',
      what:
        named === null ? 'There is no codex on the PATH.' : `OPENCODE_MULTI_AUTH_CODEX_BIN names no program: ${named}`,
      advice: `Limits are then read from the usage endpoint only. ${named === null ? 'Install codex with "npm install -g @openai/codex".' : 'Correct the variable, or unset it if codex is on the PATH.'}`,
    });
  const { stdout } = await runTool(context, { command: path, args: ['--version'], deadlineMs: VERSION_MAX_MS });
  const version = parseVersion(stdout);
  if (version !== null && isSupported(version)) return fine('codex', `codex ${version}: ${path}`);
  return finding('warning', {
    id: 'codex',
    what: `The codex that was found is ${version === null ? 'broken' : `${version}, too old for probes`}: ${path}`,
    advice: 'Update it with "npm install -g @openai/codex@latest".',
  });
}

function namedCodex(context: Context): string | null {
  try {
    return context.env().CODEX_BIN ?? null;
  } catch (error) {
    if (isOmaError(error, 'CONFIG_INVALID')) return null;
    throw error;
  }
}

async function locate({ environment, cwd }: Context, name: string): Promise<string | null> {
  const candidates = name.includes('/')
    ? [isAbsolute(name) ? name : join(cwd, name)]
    : (environment['PATH'] ?? '').split(delimiter).map((directory) => join(directory, name));
  for (const path of candidates) if (isAbsolute(path) && (await isProgram(path))) return path;
  return null;
}
