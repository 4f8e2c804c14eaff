import { setTimeout as sleep } from 'node:timers/promises';

import { abortReason } from '../runtime/abort-reason.ts';

/** Waits, or rejects with the signal's reason as soon as it aborts. */
export type Wait = (ms: number, signal: AbortSignal | null) => Promise<void>;

/** Waits on the real clock. */
export const waitReal: Wait = async (ms, signal) => {
  signal?.throwIfAborted();
  try {
    await sleep(ms, undefined, signal === null ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
};

/**
 * Settles as the promise does, or rejects with the signal's reason as soon as it aborts; the promise itself goes on.
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | null): Promise<T> {
  if (signal === null) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(abortReason(signal));
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
