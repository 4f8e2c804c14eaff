import { execFileSync } from 'node:child_process';

import { vi } from 'vitest';

import { PATIENCE } from './patience.ts';

/** Waits until a process is gone; one that is dead but not yet buried by its parent counts as gone. */
export async function processGone(pid: number): Promise<void> {
  await vi.waitFor(() => {
    if (isAlive(pid)) throw new Error(`Process ${String(pid)} is still there.`);
  }, PATIENCE);
}

function isAlive(pid: number): boolean {
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
}
