import { realpath, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { arch, platform } from 'node:process';

import { isSupported, parseVersion } from '../contract/codex-version.ts';
import { startGuarded } from '../runtime/guarded-child.ts';
import { isProgram } from '../runtime/is-program.ts';
import type { Deps } from './deps.ts';
import { collect } from './output.ts';

/** A codex that can be run. */
export interface Codex {
  readonly path: string;
  readonly version: string;
}

/** What became of the search for codex. Shape: `codex` is null when there is none that oma can use. */
export interface Inspection {
  readonly codex: Codex | null;
  readonly path: string | null;
  readonly version: string | null;
  readonly message: string;
}

/** Finds codex and asks it for its version. */
export type FindCodex = (codexBin: string | null) => Promise<Inspection>;

/** Makes a finder that asks a binary for its version only once, as long as the file stays the same. */
export function createFindCodex(deps: Deps): FindCodex {
  const versions = new Map<string, string | null>();
  return async (codexBin) => {
    const path = await locate(deps, codexBin);
    if (path === null) return nothing(codexBin === null ? NOT_ON_PATH : NOT_THERE, null);
    const { mtimeMs, size } = await stat(path);
    const key = `${path} ${mtimeMs} ${size}`;
    const known = versions.get(key);
    const version = known === undefined ? await askVersion(deps, path) : known;
    versions.clear();
    versions.set(key, version);
    if (version === null)
      return nothing(
        'The codex that was found does not tell its version. Reinstall it, or name another with OPENCODE_MULTI_AUTH_CODEX_BIN.',
        path,
      );
    if (!isSupported(version))
      return {
        codex: null,
        path,
        version,
        message: `codex ${version} is too old for probes; oma needs 0.155 or newer. Update it with "npm install -g @openai/codex@latest".`,
      };
    return { codex: { path, version }, path, version, message: `codex ${version} is ready for probes.` };
  };
}

const NOT_ON_PATH =
  'There is no codex on the PATH. Install it with "npm install -g @openai/codex", or name it with OPENCODE_MULTI_AUTH_CODEX_BIN.';
const NOT_THERE = 'OPENCODE_MULTI_AUTH_CODEX_BIN does not name a program. Correct or unset it.';

function nothing(message: string, path: string | null): Inspection {
  return { codex: null, path, version: null, message };
}

async function locate({ environment }: Deps, codexBin: string | null): Promise<string | null> {
  if (codexBin !== null && codexBin.includes('/')) return (await isProgram(codexBin)) ? native(codexBin) : null;
  for (const directory of (environment['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, codexBin ?? 'codex');
    if (isAbsolute(path) && (await isProgram(path))) return native(path);
  }
  return null;
}

/** The binary behind the launcher of the npm package. Why: the launcher costs one more process and does not hand on every signal. */
async function native(path: string): Promise<string> {
  const launcher = await realpath(path);
  const target = TARGETS[`${platform}-${arch}`];
  if (!launcher.endsWith('codex.js') || target === undefined) return launcher;
  const [name, triple] = target;
  const root = dirname(dirname(launcher));
  const vendors = [join(root, 'vendor')];
  try {
    vendors.unshift(join(dirname(createRequire(launcher).resolve(`@openai/${name}/package.json`)), 'vendor'));
  } catch {
    // Older packages carry their binaries themselves.
  }
  for (const vendor of vendors) {
    const binary = join(vendor, triple, 'bin', 'codex');
    if (await isProgram(binary)) return binary;
  }
  return launcher;
}

const TARGETS: Readonly<Partial<Record<string, readonly [name: string, triple: string]>>> = {
  'linux-x64': ['codex-linux-x64', 'x86_64-unknown-linux-musl'],
  'linux-arm64': ['codex-linux-arm64', 'aarch64-unknown-linux-musl'],
  'darwin-x64': ['codex-darwin-x64', 'x86_64-apple-darwin'],
  'darwin-arm64': ['codex-darwin-arm64', 'aarch64-apple-darwin'],
};

async function askVersion({ environment, deadlines }: Deps, path: string): Promise<string | null> {
  // Without a home codex finds no configuration that could stop it.
  const env = { ...environment, HOME: '/nonexistent', CODEX_HOME: '/nonexistent/.codex' };
  const child = startGuarded({ file: path, args: ['--version'], env, cwd: '/' }, 'ignore');
  const output = await collect(child, deadlines.versionMs, null);
  return output.exitCode === 0 ? parseVersion(output.stdout) : null;
}
