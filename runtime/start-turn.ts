import { open, rm, stat, utimes } from 'node:fs/promises';

/** A start takes a fraction of this; whoever has waited so long for another's makes its own, in milliseconds. */
export const TURN_MS = 1_000;

/**
 * Takes the turn to start the supervisor of a socket; false if another process took it just now.
 * Why: when twenty programs find no supervisor at the same moment, one start is enough, and nineteen more would keep the processor from it.
 * Not: a lock. Whoever has the turn may die with it, so it runs out by itself; that only one supervisor serves is up to the instance lock.
 */
export async function takeTurn(socketPath: string): Promise<boolean> {
  const file = fileOf(socketPath);
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.close();
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (isThere && (await isTurnTaken(socketPath))) return false;
    const now = new Date();
    // Where no such file can be written everybody starts for itself.
    await utimes(file, now, now).catch(() => undefined);
  }
  return true;
}

/** Tells whether a process has the turn and may still be at it. */
export async function isTurnTaken(socketPath: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(fileOf(socketPath));
    return Math.abs(Date.now() - mtimeMs) < TURN_MS;
  } catch {
    return false;
  }
}

/** Gives the turn back. */
export async function endTurn(socketPath: string): Promise<void> {
  await rm(fileOf(socketPath), { force: true }).catch(() => undefined);
}

/** The file that says since when somebody has the turn. */
function fileOf(socketPath: string): string {
  return `${socketPath}.starting`;
}
