/** A timer so late says that the whole process stood still: the machine slept, or somebody stopped it. In milliseconds. */
export const STOOD_STILL_MS = 1_000;

/** What is left to a wait after that, in milliseconds: whoever is to answer may have stood still, too, and must wake first. */
export const AWAKE_MS = 2 * 1_000;

/**
 * Calls back after so many milliseconds, and later when this process stood still meanwhile; answers how to cancel it.
 * Why: after a sleep timers run before anything is read, so that a deadline would throw away the answer that is there.
 */
export function afterAwake(delayMs: number, callback: () => void): () => void {
  const dueAt = performance.now() + delayMs;
  let timer = setTimeout(() => {
    if (performance.now() - dueAt > STOOD_STILL_MS) timer = setTimeout(callback, AWAKE_MS);
    else callback();
  }, delayMs);
  return () => clearTimeout(timer);
}
