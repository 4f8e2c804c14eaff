/** Waits for a promise at most so long, then rejects with the given error; the work itself goes on. */
export function withDeadline<T>(work: Promise<T>, deadlineMs: number, error: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(error()), deadlineMs);
    void work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
