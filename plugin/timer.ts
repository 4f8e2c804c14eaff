import type { EpochMs } from '../contract/scalars.ts';
import type { Timing } from './outcome.ts';

/** Takes the times of one sending. */
export interface Timer {
  readonly now: () => EpochMs;
  /** Notes the first byte of the answer; later calls change nothing. */
  readonly firstByte: () => void;
  readonly read: () => Timing;
}

/** Starts now. */
export function startTimer(now: () => EpochMs): Timer {
  const startedAt = now();
  let firstByteAt: EpochMs | null = null;
  return {
    now,
    firstByte: () => {
      firstByteAt ??= now();
    },
    read: () => ({ startedAt, firstByteAt, endedAt: now() }),
  };
}
