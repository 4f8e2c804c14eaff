import { spawn } from 'node:child_process';

import { splitLines } from './split-lines.ts';

/** A program that nobody attends. Shape: `env` is all of its environment; nothing is inherited. */
export interface DetachedCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A program that goes on without its starter. */
export interface Detached {
  /** The first line it writes on standard output; null if it ends without one. */
  readonly firstLine: Promise<string | null>;
  /** Its exit code; null if it could not be run or a signal ended it. Never rejects. */
  readonly exited: Promise<number | null>;
  /** Lets go of it: its output is no longer read. */
  release: () => void;
}

/** Starts a program in a session of its own; it does not keep this process alive. */
export function spawnDetached({ command, args, env }: DetachedCommand): Detached {
  const child = spawn(command, [...args], { detached: true, env: { ...env }, stdio: ['ignore', 'pipe', 'ignore'] });
  child.unref();
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
    child.once('error', () => resolve(null));
  });
  const firstLine = new Promise<string | null>((resolve) => {
    splitLines(child.stdout, resolve);
    child.stdout.once('close', () => resolve(null));
    child.once('error', () => resolve(null));
  });
  return { firstLine, exited, release: () => child.stdout.destroy() };
}
