import { spawn } from 'node:child_process';

import { splitLines } from './split-lines.ts';

/** A program that is to go on without its starter. Shape: `env` is all of its environment; nothing is inherited. */
export interface DetachedCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A program that says one line when it is ready. */
export interface Announcing {
  /** The first line it writes on standard output; null if it ends without one. */
  readonly firstLine: Promise<string | null>;
  /** Lets go of it: it must not write any more. */
  release: () => void;
}

/**
 * Starts a program in a session of its own, its output thrown away; it does not keep this process alive.
 * Shape: its exit code, should it end; null if it could not be run or a signal ended it. Never rejects.
 */
export function spawnDetached({ command, args, env }: DetachedCommand): Promise<number | null> {
  const child = spawn(command, [...args], { detached: true, env: { ...env }, stdio: 'ignore' });
  child.unref();
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', () => resolve(null));
  });
}

/** Starts such a program and listens for its first line. */
export function spawnAnnouncing({ command, args, env }: DetachedCommand): Announcing {
  const child = spawn(command, [...args], { detached: true, env: { ...env }, stdio: ['ignore', 'pipe', 'ignore'] });
  child.unref();
  const firstLine = new Promise<string | null>((resolve) => {
    splitLines(child.stdout, resolve);
    child.stdout.once('close', () => resolve(null));
    child.once('error', () => resolve(null));
  });
  return { firstLine, release: () => child.stdout.destroy() };
}
