/** Runs a task when it is its turn. */
export type Slots = <R>(task: () => Promise<R>) => Promise<R>;

/** Lets at most so many tasks run at the same instant; the others wait in order. */
export function createSlots(parallelMax: number): Slots {
  const waiting: (() => void)[] = [];
  let taken = 0;
  return async (task) => {
    if (taken < parallelMax) taken += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      // The slot goes to the next one in line without becoming free in between.
      const next = waiting.shift();
      if (next === undefined) taken -= 1;
      else next();
    }
  };
}
