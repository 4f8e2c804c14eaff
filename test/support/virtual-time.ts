import { setImmediate as turn } from 'node:timers/promises';

/** A clock that moves when it is told to, and the timers that hang on it. */
export interface VirtualTime {
  readonly clock: { now: number };
  /** What the supervisor takes as its timer. */
  later: (delayMs: number, callback: () => void) => () => void;
  /** Moves the clock; every timer that falls due is called at its own instant. */
  advance: (ms: number) => Promise<void>;
}

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/** Rounds of the event loop after a timer, in which what it began gets ahead. */
const TURNS = 4;

/** Starts a virtual time. */
export function virtualTime(startMs: number): VirtualTime {
  const clock = { now: startMs };
  const timers = new Set<Timer>();
  const due = (untilMs: number): Timer | null => {
    let first: Timer | null = null;
    for (const timer of timers) if (timer.atMs <= untilMs && (first === null || timer.atMs < first.atMs)) first = timer;
    return first;
  };
  return {
    clock,
    later: (delayMs, callback) => {
      const timer = { atMs: clock.now + delayMs, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance: async (ms) => {
      const untilMs = clock.now + ms;
      for (let timer = due(untilMs); timer !== null; timer = due(untilMs)) {
        timers.delete(timer);
        clock.now = Math.max(clock.now, timer.atMs);
        timer.callback();
        for (let count = 0; count < TURNS; count += 1) await turn();
      }
      clock.now = untilMs;
    },
  };
}
