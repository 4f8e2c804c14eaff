import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { codexAuthFile, type SeatCredentials } from '../../cli/simulator/credentials.ts';
import { modelsBody } from '../../cli/simulator/models.ts';
import type { Simulator } from '../../cli/simulator/server.ts';
import { removeTree } from './remove-tree.ts';
import { type ProgramResult, runProgram } from './run-program.ts';

/** A codex home of its own that talks to the simulator and to nothing else. */
export interface CodexSandbox {
  readonly root: string;
  readonly home: string;
  readonly codexHome: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly remove: () => Promise<void>;
}

export interface CodexExec {
  readonly model?: string;
  readonly effort?: string;
  readonly prompt?: string;
  readonly deadlineMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** What one `codex exec --json` left behind. */
export interface CodexExecResult extends ProgramResult {
  /** stdout, one event per line. */
  readonly events: readonly Record<string, unknown>[];
  /** Lines of the rollout that belongs to the printed thread. */
  readonly rollout: readonly Record<string, unknown>[];
}

const EXEC_DEADLINE_MS = 60_000;

/** Finds the native codex binary behind the npm launcher. */
export function codexBinary(): string {
  const require = createRequire(import.meta.url);
  const name = `@openai/codex-${process.platform}-${process.arch}`;
  const vendor = join(
    dirname(
      require.resolve(`${name}/package.json`, { paths: [dirname(require.resolve('@openai/codex/package.json'))] }),
    ),
    'vendor',
  );
  const [target] = readdirSync(vendor);
  if (target === undefined) throw new Error(`${name} has no binary: run npm ci.`);
  return join(vendor, target, 'bin', 'codex');
}

/** Makes an isolated home with a login of this seat, in the mode that never refreshes unless asked otherwise. */
export async function codexSandbox(
  simulator: Simulator,
  login: SeatCredentials,
  mode: 'managed' | 'external' = 'external',
): Promise<CodexSandbox> {
  const root = await mkdtemp(join(tmpdir(), 'oma-codex-'));
  const home = join(root, 'home');
  const codexHome = join(home, '.codex');
  const cwd = join(root, 'work');
  await mkdir(codexHome, { recursive: true, mode: 0o700 });
  await mkdir(cwd);
  await writeFile(join(codexHome, 'auth.json'), JSON.stringify(codexAuthFile(login, mode)), { mode: 0o600 });
  await writeFile(join(codexHome, 'models.json'), JSON.stringify(modelsBody(null)));
  await writeFile(join(codexHome, 'config.toml'), configToml(simulator, join(codexHome, 'models.json')));
  return {
    root,
    home,
    codexHome,
    cwd,
    env: isolatedEnv(simulator, { home, codexHome }),
    remove: () => removeTree(root),
  };
}

/** Runs `codex exec --json` once and reads its rollout. */
export async function codexExec(sandbox: CodexSandbox, exec: CodexExec = {}): Promise<CodexExecResult> {
  const effort = `model_reasoning_effort="${exec.effort ?? 'low'}"`;
  const args = [
    'exec',
    '--json',
    '--skip-git-repo-check',
    '--sandbox',
    'read-only',
    '-m',
    exec.model ?? 'gpt-5.5',
    '-c',
    effort,
    '-C',
    sandbox.cwd,
    exec.prompt ?? 'Reply with OK.',
  ];
  const env = { ...sandbox.env, ...exec.env };
  const result = await runProgram({
    file: codexBinary(),
    args,
    env,
    cwd: sandbox.cwd,
    deadlineMs: exec.deadlineMs ?? EXEC_DEADLINE_MS,
  });
  const events = jsonLines(result.stdout);
  const threadId = events.find((event) => event['type'] === 'thread.started')?.['thread_id'];
  return { ...result, events, rollout: typeof threadId === 'string' ? await readRollout(sandbox, threadId) : [] };
}

/** Reads the rollout lines of one thread; none when there is no file. */
export async function readRollout(
  sandbox: CodexSandbox,
  threadId: string,
): Promise<readonly Record<string, unknown>[]> {
  const sessions = join(sandbox.codexHome, 'sessions');
  const names = await readdir(sessions, { recursive: true }).catch(() => []);
  const name = names.find((file) => file.endsWith(`${threadId}.jsonl`));
  return name === undefined ? [] : jsonLines(await readFile(join(sessions, name), 'utf8'));
}

/** Picks the payloads of one kind of event out of a rollout. */
export function rolloutPayloads(
  rollout: readonly Record<string, unknown>[],
  type: string,
): readonly Record<string, unknown>[] {
  return rollout
    .map((line) => line['payload'] as Record<string, unknown>)
    .filter((payload) => payload['type'] === type);
}

function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

// A proxy that nobody serves keeps every request that is not for loopback on this machine.
function isolatedEnv(simulator: Simulator, at: { home: string; codexHome: string }): Record<string, string> {
  const nowhere = 'http://127.0.0.1:9';
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: at.home,
    CODEX_HOME: at.codexHome,
    TZ: 'UTC',
    LANG: 'C.UTF-8',
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    NO_PROXY: '127.0.0.1,localhost',
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuerUrl}/oauth/token`,
    CODEX_REVOKE_TOKEN_URL_OVERRIDE: `${simulator.issuerUrl}/oauth/revoke`,
  };
}

function configToml(simulator: Simulator, catalog: string): string {
  const off = [
    'apps',
    'plugins',
    'remote_plugin',
    'tool_suggest',
    'shell_snapshot',
    'hooks',
    'goals',
    'image_generation',
    'daemon_auto_start',
    'browser_use',
    'computer_use',
    'in_app_browser',
    'workspace_dependencies',
    'skill_mcp_dependency_install',
    'enable_request_compression',
  ];
  return `chatgpt_base_url = "${simulator.chatgptBaseUrl}"
model_provider = "probe"
model_catalog_json = "${catalog}"
cli_auth_credentials_store = "file"
check_for_update_on_startup = false
web_search = "disabled"

[model_providers.probe]
name = "OpenAI"
base_url = "${simulator.baseUrl}/codex"
wire_api = "responses"
requires_openai_auth = true
supports_websockets = false
request_max_retries = 0
stream_max_retries = 0
stream_idle_timeout_ms = 20000

[analytics]
enabled = false

[feedback]
enabled = false

[otel]
exporter = "none"
trace_exporter = "none"
metrics_exporter = "none"

[agents]
enabled = false

[features]
${off.map((feature) => `${feature} = false`).join('\n')}
`;
}
