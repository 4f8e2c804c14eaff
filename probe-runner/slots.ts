/** Runs a task when it is its turn, or at once when its caller gives it up: then it has only to say so. */
export type Slots = <R>(task: () => Promise<R>, signal: AbortSignal) => Promise<R>;

/** Lets at most so many tasks run at the same instant; the others wait in order. */
export function createSlots(parallelMax: number): Slots {
  const waiting = new Set<(gotSlot: true) => void>();
  let taken = 0;

  const acquire = (signal: AbortSignal): Promise<boolean> | boolean => {
    if (signal.aborted) return false;
    if (taken < parallelMax) {
      taken += 1;
      return true;
    }
    return new Promise((resolve) => {
      const giveUp = (): void => {
        waiting.delete(resolve);
        resolve(false);
      };
      waiting.add(resolve);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  };

  const release = (): void => {
    // The slot goes to the next one in line without becoming free in between.
    const [next] = waiting;
    if (next === undefined) taken -= 1;
    else {
      waiting.delete(next);
      next(true);
    }
  };

  return async (task, signal) => {
    if (!(await acquire(signal))) return task();
    try {
      return await task();
    } finally {
      release();
    }
  };
}
