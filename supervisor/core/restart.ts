import type { EpochMs } from '../../contract/scalars.ts';

/** Failures older than this no longer count, in milliseconds. */
const FAILURE_WINDOW_MS = 60 * 1_000;
const DELAY_FIRST_MS = 100;
const DELAY_MAX_MS = 30 * 1_000;

/** When a child failed lately. Shape: ascending. */
export interface RestartHistory {
  readonly failures: readonly EpochMs[];
}

/** A child that never failed. */
export const NO_FAILURES: RestartHistory = { failures: [] };

/**
 * Decides how long to wait before a failed child is started again.
 * Units: milliseconds; doubles with each failure of the last minute from 0.1 s up to 30 s.
 * Why: it never gives up, because a supervisor without its worker only waits longer, while one that gave up needs a person.
 */
export function delayAfterFailure({ failures }: RestartHistory, now: EpochMs): readonly [RestartHistory, number] {
  const recent = [...failures.filter((at) => now - at < FAILURE_WINDOW_MS), now];
  const delayMs = Math.min(DELAY_FIRST_MS * 2 ** (recent.length - 1), DELAY_MAX_MS);
  return [{ failures: recent }, delayMs];
}
