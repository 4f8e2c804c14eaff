import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL_MS = 20;

/** Waits until something holds. Errors: says what was waited for when the deadline passes. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  { deadlineMs, what }: { readonly deadlineMs: number; readonly what: string },
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`Waited ${String(deadlineMs)} ms in vain for ${what}.`);
    await sleep(INTERVAL_MS);
  }
}
