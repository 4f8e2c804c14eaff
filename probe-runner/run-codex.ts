import { type GuardedChild, startGuarded } from '../runtime/guarded-child.ts';
import type { Deps } from './deps.ts';
import type { ExecEvidence } from './evidence.ts';
import type { Codex } from './find-codex.ts';
import { type Home, writeConfig } from './home.ts';
import { collect } from './output.ts';
import { skimPrinted } from './parse-report.ts';
import type { Attempt } from './plan.ts';
import { readSessions } from './read-session.ts';

/** Where and as whom codex runs. */
export interface Stage {
  readonly codex: Codex;
  readonly home: Home;
  readonly baseUrl: string;
  readonly accountId: string;
  readonly signal: AbortSignal;
}

/** Runs `codex exec` once and gathers what it left. */
export async function runExec(
  deps: Deps,
  stage: Stage,
  { model, effort, shortCatalogue }: Attempt,
): Promise<ExecEvidence> {
  const { codex, home, baseUrl, accountId, signal } = stage;
  await writeConfig(home, baseUrl, shortCatalogue ? [model] : null);
  const startedAtMs = deps.now();
  const child = startCodex(deps, stage, {
    args: [
      'exec',
      '--json',
      '--skip-git-repo-check',
      '--sandbox',
      'read-only',
      '-m',
      model,
      '-c',
      `model_reasoning_effort=${JSON.stringify(effort)}`,
      '-C',
      home.cwd,
      PROMPT,
    ],
    stdin: 'ignore',
  });
  const output = await collect(child, deps.deadlines.execMs, signal);
  const sessions = await readSessions(home, threadOf(output.stdout));
  return { ...output, sessions, model, effort, codexVersion: codex.version, accountId, startedAtMs };
}

/** What codex is asked to do. Why: with an open input `codex exec` waits for its end for ever. */
export interface Command {
  readonly args: readonly string[];
  readonly stdin: 'ignore' | 'pipe';
}

/** Starts codex in a private home with nothing of the user's environment. */
export function startCodex({ environment }: Deps, { codex, home }: Stage, { args, stdin }: Command): GuardedChild {
  const env = { ...environment, ...ISOLATION, HOME: home.root, CODEX_HOME: home.codexHome };
  return startGuarded({ file: codex.path, args, env, cwd: home.cwd }, stdin);
}

const PROMPT = 'Reply with OK.';

/** Nobody listens on port 9 of loopback: should codex ever want to refresh or revoke a login, it cannot. */
const ISOLATION = {
  TZ: 'UTC',
  CODEX_REFRESH_TOKEN_URL_OVERRIDE: 'http://127.0.0.1:9/oauth/token',
  CODEX_REVOKE_TOKEN_URL_OVERRIDE: 'http://127.0.0.1:9/oauth/revoke',
} as const;

function threadOf(stdout: string): string | null {
  return skimPrinted(stdout).find(({ type }) => type === 'thread.started')?.thread_id ?? null;
}
