import type { MessageConnection } from 'vscode-jsonrpc/node';

import type { OmaError } from '../../contract/errors.ts';
import type { CancelSignal } from '../../contract/operation.ts';
import { abortReason } from '../abort-reason.ts';
import { DeadlineQueue, type Expiring } from './deadline-queue.ts';
import type { CallId } from './incoming-calls.ts';
import { deadlineExceeded, tooManyCalls } from './line-errors.ts';
import type { FrameWriter } from './message-writer.ts';
import { fromWire } from './wire-error.ts';

/** Tells the peer that nobody waits for an answer any more. */
export const CANCEL_METHOD = '$/cancelRequest';

/** How one call is made. Shape: `decode` turns the answer into the result or throws an OmaError. */
export interface RequestOptions<T> {
  readonly deadlineMs: number;
  readonly signal?: CancelSignal | undefined;
  readonly decode: (answer: unknown) => T;
}

/** Knows the calls that this side has sent and that the peer has not answered. */
export class OutgoingCalls {
  readonly #rpc: MessageConnection;
  readonly #writer: Pick<FrameWriter, 'lastCallId'>;
  readonly #callsMax: number;
  readonly #deadlines = new DeadlineQueue();
  /** Calls without an answer, those that their caller gave up among them. */
  #unanswered = 0;
  #closed: OmaError | null = null;

  constructor(rpc: MessageConnection, writer: Pick<FrameWriter, 'lastCallId'>, callsMax: number) {
    this.#rpc = rpc;
    this.#writer = writer;
    this.#callsMax = callsMax;
  }

  /** Calls the peer. Errors: OmaError, or the reason of the aborted signal. */
  request<T>(method: string, params: object, options: RequestOptions<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed !== null) reject(this.#closed);
      else if (options.signal?.aborted === true) reject(abortReason(options.signal));
      else if (this.#unanswered >= this.#callsMax) reject(tooManyCalls());
      else this.#send(params, new OutgoingCall(this, { ...options, method, resolve, reject }));
    });
  }

  /** Makes every call that is under way, and every later one, fail with this error. */
  close(error: OmaError): void {
    this.#closed = error;
    this.#deadlines.clear();
  }

  /** Forgets a call that its caller got an answer to, or gave up. */
  settled(call: Expiring): void {
    this.#deadlines.delete(call);
  }

  /** Tells the peer that nobody waits any more. */
  cancel(id: CallId | null): void {
    if (this.#closed === null) void this.#rpc.sendNotification(CANCEL_METHOD, { id });
  }

  #send<T>(params: object, call: OutgoingCall<T>): void {
    this.#unanswered += 1;
    this.#rpc.sendRequest(call.method, params).then(
      (answer) => {
        this.#unanswered -= 1;
        call.answer(answer);
      },
      (error: unknown) => {
        this.#unanswered -= 1;
        call.fail(this.#closed ?? fromWire(error, call.method));
      },
    );
    call.id = this.#writer.lastCallId;
    this.#deadlines.add(call);
  }
}

interface CallOptions<T> extends RequestOptions<T> {
  readonly method: string;
  readonly resolve: (result: T) => void;
  readonly reject: (error: Error) => void;
}

/** One call until it is answered, given up or over its deadline, whichever comes first. */
class OutgoingCall<T> implements Expiring {
  id: CallId | null = null;
  readonly deadlineAt: number;
  readonly #calls: OutgoingCalls;
  readonly #options: CallOptions<T>;
  #onAbort: (() => void) | null = null;
  #isSettled = false;

  constructor(calls: OutgoingCalls, options: CallOptions<T>) {
    this.#calls = calls;
    this.#options = options;
    this.deadlineAt = performance.now() + options.deadlineMs;
    if (options.signal === undefined) return;
    this.#onAbort = () => this.#abort();
    options.signal.addEventListener('abort', this.#onAbort);
  }

  get method(): string {
    return this.#options.method;
  }

  answer(answer: unknown): void {
    if (!this.#settle()) return;
    try {
      this.#options.resolve(this.#options.decode(answer));
    } catch (error) {
      this.#options.reject(error as Error);
    }
  }

  fail(error: Error): void {
    if (this.#settle()) this.#options.reject(error);
  }

  expire(): void {
    this.fail(deadlineExceeded(this.method, this.#options.deadlineMs));
    this.#calls.cancel(this.id);
  }

  #abort(): void {
    if (this.#options.signal !== undefined) this.fail(abortReason(this.#options.signal));
    this.#calls.cancel(this.id);
  }

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.#calls.settled(this);
    if (this.#onAbort !== null) this.#options.signal?.removeEventListener('abort', this.#onAbort);
    return true;
  }
}
