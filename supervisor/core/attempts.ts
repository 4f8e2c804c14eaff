import { ATTEMPTS_MAX } from '../../contract/failure.ts';

/** Attempts one request may make: three, but never more than there are accounts that could serve it, and at least one. */
export function attemptsMax(eligible: number): number {
  return Math.max(1, Math.min(ATTEMPTS_MAX, eligible));
}
