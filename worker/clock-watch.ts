import type { ClockSkew } from '../contract/diagnosis.ts';
import type { EpochMs } from '../contract/scalars.ts';

/** A Date header names whole seconds, so the true time lies half a second later on average, in milliseconds. */
const HALF_SECOND_MS = 500;

/** Compares this machine's clock with that of whoever answers. */
export interface ClockWatch {
  /** Takes the Date header of an answer that came just now; one that is no date is passed over. */
  saw: (date: string | null) => void;
  /** What the last such header said. */
  skew: () => ClockSkew | null;
}

/** Creates a watch that has seen nothing yet. Why: a clock that is wrong makes tokens look expired, or alive when they are dead. */
export function createClockWatch(now: () => EpochMs): ClockWatch {
  let last: ClockSkew | null = null;
  return {
    saw: (date) => {
      const theirs = Date.parse(date ?? '');
      const ours = now();
      if (!Number.isNaN(theirs)) last = { skewMs: ours - (theirs + HALF_SECOND_MS), at: new Date(ours).toISOString() };
    },
    skew: () => last,
  };
}
