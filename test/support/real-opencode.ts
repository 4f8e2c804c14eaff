import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { type ProgramResult, runProgram } from './run-program.ts';

/** An OpenCode home of its own: config, data, cache and a project folder, nothing of the user's. */
export interface OpenCodeSandbox {
  readonly root: string;
  readonly configDir: string;
  readonly dataDir: string;
  readonly project: string;
  readonly env: Readonly<Record<string, string>>;
  readonly remove: () => Promise<void>;
}

export interface OpenCodeSandboxOptions {
  /** Plugin specs for opencode.json, e.g. `file:///…/plugin.mjs`. */
  readonly plugins?: readonly string[];
  /** Further keys of opencode.json. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Further environment, e.g. what points the plugin at the simulator. */
  readonly env?: Readonly<Record<string, string>>;
  /** OpenCode's auth.json; default: the placeholder login that makes it call a plugin's loader. null: no file. */
  readonly auth?: Readonly<Record<string, unknown>> | null;
}

/** A login that is none: OpenCode only looks whether there is one. */
export const PLACEHOLDER_AUTH = {
  openai: { type: 'oauth', refresh: 'oma', access: 'oma', expires: 4_102_444_800_000 },
};

const RUN_DEADLINE_MS = 90_000;

/** Finds the native OpenCode binary behind the npm launcher, the one this processor can run. */
export function opencodeBinary(): string {
  const require = createRequire(import.meta.url);
  const launcher = dirname(require.resolve('opencode-ai/package.json'));
  const base = `opencode-${process.platform}-${process.arch}`;
  const names = hasAvx2() ? [base, `${base}-baseline`] : [`${base}-baseline`, base];
  const found = names.map((name) => join(dirname(launcher), name, 'bin', 'opencode')).find((file) => existsSync(file));
  if (found === undefined) throw new Error(`No OpenCode binary for ${base}: run npm ci.`);
  return found;
}

/** Makes an isolated home in which OpenCode starts without the network. */
export async function opencodeSandbox(options: OpenCodeSandboxOptions = {}): Promise<OpenCodeSandbox> {
  const root = await mkdtemp(join(tmpdir(), 'oma-opencode-'));
  const under = (name: string) => join(root, name);
  const configDir = join(under('config'), 'opencode');
  const dataDir = join(under('data'), 'opencode');
  const project = under('project');
  // With node_modules and this lock file OpenCode believes that its own plugin package is installed, and asks no registry.
  await mkdir(join(configDir, 'node_modules'), { recursive: true });
  await Promise.all(
    [dataDir, project, under('home'), under('cache'), under('state')].map((dir) => mkdir(dir, { recursive: true })),
  );
  const lock = { packages: { '': { dependencies: { '@opencode-ai/plugin': '*' } } } };
  await writeFile(join(configDir, 'package-lock.json'), JSON.stringify(lock));
  const config = { $schema: 'https://opencode.ai/config.json', plugin: options.plugins ?? [], ...options.config };
  await writeFile(join(configDir, 'opencode.json'), JSON.stringify(config, null, 2));
  const auth = options.auth === undefined ? PLACEHOLDER_AUTH : options.auth;
  if (auth !== null) await writeFile(join(dataDir, 'auth.json'), JSON.stringify(auth), { mode: 0o600 });
  const env = { ...isolatedEnv(under), ...options.env };
  return { root, configDir, dataDir, project, env, remove: () => rm(root, { recursive: true, force: true }) };
}

/** Runs `opencode <args>` in the sandbox's project folder. */
export function opencode(
  sandbox: OpenCodeSandbox,
  args: readonly string[],
  deadlineMs = RUN_DEADLINE_MS,
): Promise<ProgramResult> {
  return runProgram({ file: opencodeBinary(), args, env: sandbox.env, cwd: sandbox.project, deadlineMs });
}

/** Runs one prompt: `opencode run "…" --model openai/…`. */
export function opencodeRun(
  sandbox: OpenCodeSandbox,
  prompt: string,
  options: { model?: string; deadlineMs?: number } = {},
): Promise<ProgramResult> {
  return opencode(sandbox, ['run', prompt, '--model', options.model ?? 'openai/gpt-5.5'], options.deadlineMs);
}

// A proxy that nobody serves keeps every request that is not for loopback on this machine.
function isolatedEnv(under: (name: string) => string): Record<string, string> {
  const nowhere = 'http://127.0.0.1:9';
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: under('home'),
    XDG_CONFIG_HOME: under('config'),
    XDG_DATA_HOME: under('data'),
    XDG_CACHE_HOME: under('cache'),
    XDG_STATE_HOME: under('state'),
    TZ: 'UTC',
    LANG: 'C.UTF-8',
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    NO_PROXY: '127.0.0.1,localhost',
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
  };
}

function hasAvx2(): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readFileSync('/proc/cpuinfo', 'utf8').includes('avx2');
  } catch {
    return true;
  }
}
