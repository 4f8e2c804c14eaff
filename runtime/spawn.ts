import type { Readable, Writable } from 'node:stream';

import { execa } from 'execa';

import { splitLines } from './split-lines.ts';

/** A child that does not end when it is asked to is killed after this, in milliseconds. */
const KILL_AFTER_MS = 5_000;

/** The program of a child process. Shape: `env` is all of its environment; nothing is inherited. */
export interface SpawnOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly killAfterMs?: number;
  /** Gets each line that the child writes on standard error, cut to a bounded length. */
  onStderrLine?: (line: string) => void;
}

/** How a child ended. Shape: `failure` says why it could not be run at all. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly failure: string | null;
}

/** A child process and all its descendants, in a process group of their own. */
export interface ChildProcess {
  readonly name: string;
  /** Null if it could not be run. */
  readonly pid: number | null;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Resolves when the child itself has ended; never rejects. */
  readonly exited: Promise<ChildExit>;
  /** Ends the whole group: SIGTERM, after a while SIGKILL; resolves when the child has ended. */
  stop: () => Promise<void>;
}

/** Starts a child process to talk with over its standard input and output. */
export function spawnChild({ name, command, args, env, cwd, killAfterMs, onStderrLine }: SpawnOptions): ChildProcess {
  const child = execa(command, args, {
    env,
    extendEnv: false,
    cwd,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    killDescendants: true,
    forceKillAfterDelay: killAfterMs ?? KILL_AFTER_MS,
  });
  splitLines(child.stderr, (line) => onStderrLine?.(line));
  const exited = new Promise<ChildExit>((resolve) => {
    child.nodeChildProcess.once('exit', (code, signal) => {
      resolve({ code, signal, failure: null });
      // Whatever it left behind would go on without anybody to answer to.
      child.kill('SIGKILL');
    });
    void child.then(({ originalMessage }) => resolve({ code: null, signal: null, failure: originalMessage ?? null }));
  });
  return {
    name,
    pid: child.pid ?? null,
    stdin: child.stdin,
    stdout: child.stdout,
    exited,
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}
