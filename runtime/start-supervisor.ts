import { type ChildProcess, spawn } from 'node:child_process';

import { isErrorCode, OmaError } from '../contract/errors.ts';
import { type Readiness, readinessSchema } from '../contract/handshake.ts';
import { type LastWords, openLastWords } from './last-words.ts';
import { redact } from './redact.ts';

/** The program that serves. Shape: `env` is all of its environment; nothing is inherited. */
export interface StartCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A supervisor that is being started. */
export interface Starting {
  /** Resolves when a supervisor serves: this one, or another that was started at the same time. Errors: why it does not. */
  readonly report: Promise<void>;
  /** Lets go of it: it goes on without its starter. */
  release: () => void;
}

/** Longest report in characters. */
const REPORT_LENGTH_MAX = 16_384;

/** Why: a core file of this program or its helpers would hold every login, and Node cannot set a limit itself. The program takes the place of the shell. */
const WITHOUT_CORE = 'ulimit -c 0; exec "$0" "$@"';

/**
 * Starts a supervisor that outlives this process.
 * Errors: SUPERVISOR_START_FAILED if the directory of its socket cannot be used; in its report, the code and message that it gives, or
 * SUPERVISOR_START_FAILED if it ends without any.
 */
export function startSupervisor({ command, args, env }: StartCommand, socketPath: string): Starting {
  const lastWords = openWords(socketPath);
  const child = spawn('/bin/sh', ['-c', WITHOUT_CORE, command, ...args], {
    detached: true,
    cwd: '/',
    env: { ...env },
    stdio: ['ignore', 'pipe', lastWords.descriptor],
  });
  child.unref();
  return {
    report: readReport(child).then((line) => {
      const readiness = parseReport(line);
      if (readiness === null) throw failed(endOf(lastWords.read()));
      if (!readiness.ready) throw refused(readiness);
    }),
    release() {
      child.stdout?.destroy();
      lastWords.close();
    },
  };
}

function openWords(socketPath: string): LastWords {
  try {
    return openLastWords(`${socketPath}.stderr`);
  } catch (error) {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : 'unexpected failure';
    throw failed(
      `The directory of its socket cannot be used (${errno}). Make it yours and writable, or set OPENCODE_MULTI_AUTH_SOCKET to a path in a directory of your own.`,
    );
  }
}

/** Shape: the first line of its standard output, or what there is of it when it ends. */
function readReport(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (text.includes('\n') || text.length > REPORT_LENGTH_MAX) resolve(text);
    });
    child.once('close', () => resolve(text));
    child.once('error', (error) => reject(failed(`Its program cannot be run (${redact(error.message)}).`)));
  });
}

function parseReport(text: string): Readiness | null {
  try {
    const parsed = readinessSchema.safeParse(JSON.parse(text.split('\n', 1)[0] ?? ''));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function refused({ code, message }: Extract<Readiness, { readonly ready: false }>): OmaError {
  return isErrorCode(code) ? new OmaError(code, message) : failed(message);
}

function endOf(lastWords: string): string {
  return lastWords === '' ? 'It ended without a word.' : `It ended with: ${redact(lastWords)}`;
}

function failed(why: string): OmaError {
  return new OmaError(
    'SUPERVISOR_START_FAILED',
    `The supervisor could not be started. ${why} Try "oma up" in a terminal, or "oma doctor".`,
  );
}
