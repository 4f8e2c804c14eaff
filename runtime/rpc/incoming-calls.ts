/** A call of the peer that is being answered. */
export interface IncomingCall {
  /** Aborts when the peer cancels the call or is gone. Why: made when first asked for, since most handlers never look. */
  readonly signal: AbortSignal;
}

/** Number that the peer gave its call. */
export type CallId = number | string;

/** Knows the calls of the peer that have no answer yet. */
export class IncomingCalls {
  readonly #callsMax: number;
  readonly #running = new Map<CallId, CancellableCall>();

  constructor(callsMax: number) {
    this.#callsMax = callsMax;
  }

  /** Begins a call; null if it is one too many. */
  begin(id: CallId): IncomingCall | null {
    if (this.#running.size >= this.#callsMax) return null;
    const call = new CancellableCall();
    this.#running.set(id, call);
    return call;
  }

  /** Tells whether a call with this number has no answer yet. */
  has(id: CallId): boolean {
    return this.#running.has(id);
  }

  /** Forgets a call that is answered. */
  end(id: CallId): void {
    this.#running.delete(id);
  }

  /** Tells the handler that nobody waits for this answer. */
  cancel(id: CallId): void {
    this.#running.get(id)?.cancel();
  }

  /** Tells every handler that its caller is gone. */
  cancelAll(): void {
    for (const call of this.#running.values()) call.cancel();
    this.#running.clear();
  }
}

class CancellableCall implements IncomingCall {
  #isCancelled = false;
  #controller: AbortController | null = null;

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isCancelled) this.#controller.abort();
    return this.#controller.signal;
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#controller?.abort();
  }
}
