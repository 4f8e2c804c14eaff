import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';

import { removeTree } from './remove-tree.ts';
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
  /** Where it lies; default: a temporary directory. One that exists is used again. */
  readonly root?: string;
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
  const root = options.root ?? (await mkdtemp(join(tmpdir(), 'oma-opencode-')));
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
  return { root, configDir, dataDir, project, env, remove: () => removeTree(root) };
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
    // The Node of the tests first: a plugin without options starts the supervisor with the one on the PATH.
    PATH: [dirname(process.execPath), process.env['PATH'] ?? '/usr/bin:/bin'].join(delimiter),
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

/** A running `opencode serve`: many prompts for one start. */
export interface OpenCodeServer {
  readonly url: string;
  readonly pid: number;
  /** Asks in a session (a new one without an id) and returns the answer once it is complete. */
  readonly prompt: (text: string, options?: { sessionId?: string; model?: string }) => Promise<PromptAnswer>;
  readonly close: () => Promise<void>;
}

export interface PromptAnswer {
  readonly sessionId: string;
  readonly text: string;
  /** What OpenCode says went wrong, or null. */
  readonly error: string | null;
}

const START_DEADLINE_MS = 60_000;

/** Starts `opencode serve` on a free loopback port. */
export async function opencodeServe(sandbox: OpenCodeSandbox): Promise<OpenCodeServer> {
  const child = spawn(opencodeBinary(), ['serve', '--port', '0', '--hostname', '127.0.0.1'], {
    cwd: sandbox.project,
    env: { ...sandbox.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const url = await listeningUrl(child).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return {
    url,
    pid: child.pid ?? -1,
    prompt: (text, options) => prompt({ url, directory: sandbox.project }, text, options),
    async close() {
      child.kill('SIGTERM');
      const lastResort = setTimeout(() => child.kill('SIGKILL'), 3_000);
      await exited;
      clearTimeout(lastResort);
    },
  };
}

function listeningUrl(child: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const deadline = setTimeout(() => reject(new Error(`opencode serve did not start: ${output}`)), START_DEADLINE_MS);
    const onData = (chunk: string) => {
      output = `${output}${chunk}`.slice(-10_000);
      const url = /listening on (http:\/\/\S+)/.exec(output)?.[1];
      if (url === undefined) return;
      clearTimeout(deadline);
      resolve(url);
    };
    child.stdout.setEncoding('utf8').on('data', onData);
    child.stderr.setEncoding('utf8').on('data', onData);
    child.once('exit', () => reject(new Error(`opencode serve ended: ${output}`)));
  });
}

async function prompt(
  at: { url: string; directory: string },
  text: string,
  options: { sessionId?: string; model?: string } = {},
): Promise<PromptAnswer> {
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const answer = await fetch(`${at.url}${path}?directory=${encodeURIComponent(at.directory)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  };
  const sessionId = options.sessionId ?? ((await post('/session', {})) as { id: string }).id;
  const said = (await post(`/session/${sessionId}/message`, {
    model: { providerID: 'openai', modelID: options.model ?? 'gpt-5.5' },
    parts: [{ type: 'text', text }],
  })) as { info: { error?: { data?: { message?: string }; name: string } }; parts: { type: string; text?: string }[] };
  const { error } = said.info;
  return {
    sessionId,
    text: said.parts.map((part) => (part.type === 'text' ? (part.text ?? '') : '')).join(''),
    error: error === undefined ? null : (error.data?.message ?? error.name),
  };
}
