import { type AbstractCancellationTokenSource, type CancellationToken, Event } from 'vscode-jsonrpc/node';

/** A call of the peer that is being answered. */
export interface IncomingCall {
  /** Aborts when the peer cancels the call or is gone. Why: made when first asked for, since most handlers never look. */
  readonly signal: AbortSignal;
}

type CallId = number | string | null;

/** Knows the calls of the peer that have no answer yet. */
export class IncomingCalls {
  readonly #callsMax: number;
  readonly #running = new Map<CallId, CancellableCall>();
  #received = 0;

  constructor(callsMax: number) {
    this.#callsMax = callsMax;
  }

  /** Counts a call that has arrived; false if it is one too many. */
  receive(): boolean {
    if (this.#received >= this.#callsMax) return false;
    this.#received += 1;
    return true;
  }

  /** Begins a call that was received. */
  begin(id: CallId): CancellableCall {
    const call = new CancellableCall();
    this.#running.set(id, call);
    return call;
  }

  /** Forgets a call that was answered. */
  end(id: CallId): void {
    this.#received -= 1;
    this.#running.delete(id);
  }

  /** Tells every handler that its caller is gone. */
  cancelAll(): void {
    for (const call of this.#running.values()) call.cancel();
    this.#running.clear();
  }
}

/** What vscode-jsonrpc cancels a call by, and what the handler sees of it. */
class CancellableCall implements IncomingCall, AbstractCancellationTokenSource, CancellationToken {
  readonly onCancellationRequested = Event.None;
  isCancellationRequested = false;
  #controller: AbortController | null = null;

  get token(): this {
    return this;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.isCancellationRequested) this.#controller.abort();
    return this.#controller.signal;
  }

  cancel(): void {
    this.isCancellationRequested = true;
    this.#controller?.abort();
  }

  dispose(): void {
    this.cancel();
  }
}
