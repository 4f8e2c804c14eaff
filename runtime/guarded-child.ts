import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { kill } from 'node:process';
import type { Readable, Writable } from 'node:stream';

/** Why we ended a program ourselves. */
export type StopReason = 'deadline' | 'cancel' | 'output';

/** How a program ended. Shape: `killedFor` null = it was not our doing. */
export interface Ending {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly killedFor: StopReason | null;
}

/** A program to run. Shape: `env` is its whole environment. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** A running program, first of its own process group. */
export interface GuardedChild {
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the whole group is gone. Errors: rejects if the program could not be started. */
  readonly ended: Promise<Ending>;
  /** Ends the group: SIGTERM, and SIGKILL if that is not enough. Only the first reason counts. */
  stop: (reason: NonNullable<Ending['killedFor']>) => void;
}

/** A group gets so long between SIGTERM and SIGKILL, in milliseconds. */
export const KILL_AFTER_MS = 3_000;

/**
 * Starts a program that cannot outlive this process, not even when this process is killed.
 * Why: a watcher in the program's group reads a pipe whose other end only we hold. When we end it, or the kernel does because we died, the watcher kills
 * the group. The program itself takes the place of the shell, so its exit code and signals are seen as they are.
 */
export function startGuarded({ file, args, env, cwd }: Program, stdin: 'ignore' | 'pipe'): GuardedChild {
  const child = spawn('/bin/sh', ['-c', GUARD, 'oma-probe', file, ...args], {
    cwd,
    env,
    detached: true,
    stdio: [stdin, 'pipe', 'pipe', 'pipe'],
  });
  const { stdout, stderr } = child;
  const guard = child.stdio[3];
  if (stdout === null || stderr === null) throw new Error('Node gave the child no pipes.');
  let killedFor: StopReason | null = null;
  let lastResort: NodeJS.Timeout | undefined;
  child.once('exit', () => {
    clearTimeout(lastResort);
    guard?.destroy();
  });
  const closed = once(child, 'close');
  const ended = closed.then((): Ending => ({ exitCode: child.exitCode, signal: child.signalCode, killedFor }));
  return {
    stdin: child.stdin,
    stdout,
    stderr,
    ended,
    stop: (reason) => {
      if (killedFor !== null || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      killedFor = reason;
      const { pid } = child;
      signalGroup(pid, 'SIGTERM');
      lastResort = setTimeout(() => signalGroup(pid, 'SIGKILL'), KILL_AFTER_MS);
    },
  };
}

/** The watcher must survive what ends the program politely, and must not hold its output open. */
const GUARD = `{ trap '' HUP INT TERM; read -r line <&3; kill -KILL 0; } </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-`;

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    kill(-group, signal);
  } catch {
    // The group is gone already, which is what was wanted.
  }
}
