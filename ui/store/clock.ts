import { type ReadonlySignal, signal } from '@preact/signals';

const TICK_MS = 1_000;

/** What the clock needs of the page. */
export interface ClockHost {
  readonly now: () => number;
  readonly every: (ms: number, tick: () => void) => void;
  readonly isHidden: () => boolean;
}

/** The time as the page shows it, once a second. Why a store: everything that counts down moves together, and stands still in a hidden tab. */
export function createClock({ now, every, isHidden }: ClockHost): ReadonlySignal<number> {
  const time = signal(now());
  every(TICK_MS, () => {
    if (!isHidden()) time.value = now();
  });
  return time;
}
