import { spawn } from 'node:child_process';

/** What a program that has ended left behind. */
export interface ProgramResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  readonly durationMs: number;
}

export interface ProgramRun {
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

const OUTPUT_CHARS_MAX = 16_777_216;
const KILL_AFTER_MS = 3_000;

/** Runs a program with stdin closed and a deadline: SIGTERM, then SIGKILL to its whole process group. */
export function runProgram(run: ProgramRun): Promise<ProgramResult> {
  const startedAt = performance.now();
  const child = spawn(run.file, run.args, {
    cwd: run.cwd,
    env: { ...run.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const output = { stdout: '', stderr: '' };
  let timedOut = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout = append(output.stdout, text)));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr = append(output.stderr, text)));
  const kill = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // The group has gone already.
    }
  };
  const deadline = setTimeout(() => {
    timedOut = true;
    kill('SIGTERM');
  }, run.deadlineMs);
  const lastResort = setTimeout(() => kill('SIGKILL'), run.deadlineMs + KILL_AFTER_MS);
  const onAbort = () => kill('SIGTERM');
  run.signal?.addEventListener('abort', onAbort);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ code, signal, ...output, timedOut, durationMs: performance.now() - startedAt }),
    );
  }).finally(() => {
    clearTimeout(deadline);
    clearTimeout(lastResort);
    run.signal?.removeEventListener('abort', onAbort);
  }) as Promise<ProgramResult>;
}

function append(text: string, more: string): string {
  return text.length < OUTPUT_CHARS_MAX ? text + more : text;
}
