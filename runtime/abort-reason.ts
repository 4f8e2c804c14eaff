import type { CancelSignal } from '../contract/operation.ts';

/** Gives the error that a call rejects with when its caller gives it up. */
export function abortReason(signal: CancelSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new DOMException('The call was given up.', 'AbortError');
}
