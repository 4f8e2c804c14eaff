import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL_MS = 20;

/** Waits until something holds. Errors: says what was waited for when the deadline passes. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  {
    deadlineMs,
    what,
    everyMs = INTERVAL_MS,
  }: { readonly deadlineMs: number; readonly what: string; readonly everyMs?: number },
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`Waited ${String(deadlineMs)} ms in vain for ${what}.`);
    await sleep(everyMs);
  }
}
