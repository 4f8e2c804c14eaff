import type { Message, MessageConnection } from 'vscode-jsonrpc/node';

import type { OmaError } from '../../contract/errors.ts';
import type { CancelSignal } from '../../contract/operation.ts';
import { abortReason } from '../abort-reason.ts';
import { DeadlineQueue, type Expiring } from './deadline-queue.ts';
import type { CallId } from './incoming-calls.ts';
import { deadlineExceeded, tooManyCalls } from './line-errors.ts';
import type { FrameReader } from './message-reader.ts';
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

/** What the calls go out by. */
export interface OutgoingLine {
  readonly rpc: MessageConnection;
  readonly input: Pick<FrameReader, 'deliver'>;
  readonly output: Pick<FrameWriter, 'lastCallId'>;
}

/** Knows the calls that this side has sent and whose callers still wait. */
export class OutgoingCalls {
  readonly #line: OutgoingLine;
  readonly #callsMax: number;
  readonly #deadlines = new DeadlineQueue();
  #closed: OmaError | null = null;

  constructor(line: OutgoingLine, callsMax: number) {
    this.#line = line;
    this.#callsMax = callsMax;
  }

  /** Calls the peer. Errors: OmaError, or the reason of the aborted signal. */
  request<T>(method: string, params: object, { deadlineMs, signal, decode }: RequestOptions<T>): Promise<T> {
    const refused = this.#refuse(signal);
    if (refused !== null) return Promise.reject(refused);
    const answered = this.#line.rpc.sendRequest(method, params);
    const call = new OutgoingCall(this.#line.output.lastCallId, performance.now() + deadlineMs, () =>
      this.#giveUp(call, deadlineExceeded(method, deadlineMs)),
    );
    this.#deadlines.add(call);
    if (signal !== undefined) this.#heed(signal, call);
    return answered.then(
      (answer) => {
        this.#settle(call);
        return decode(answer);
      },
      (error: unknown) => {
        this.#settle(call);
        throw call.failure ?? this.#closed ?? fromWire(error, method);
      },
    );
  }

  /** Makes every call that is under way, and every later one, fail with this error. */
  close(error: OmaError): void {
    this.#closed = error;
    this.#deadlines.clear();
  }

  #refuse(signal: CancelSignal | undefined): Error | null {
    if (this.#closed !== null) return this.#closed;
    if (signal?.aborted === true) return abortReason(signal);
    return this.#deadlines.size >= this.#callsMax ? tooManyCalls() : null;
  }

  #heed(signal: CancelSignal, call: OutgoingCall): void {
    const onAbort = (): void => this.#giveUp(call, abortReason(signal));
    signal.addEventListener('abort', onAbort);
    call.letGo = () => signal.removeEventListener('abort', onAbort);
  }

  #settle(call: OutgoingCall): void {
    this.#deadlines.delete(call);
    call.letGo?.();
  }

  #giveUp(call: OutgoingCall, failure: Error): void {
    if (this.#closed !== null) return;
    call.failure = failure;
    // The library forgets the call as if the peer had refused it; what the peer answers later is ignored.
    this.#line.input.deliver({ jsonrpc: '2.0', id: call.id, error: { code: 0, message: '' } } as Message);
    void this.#line.rpc.sendNotification(CANCEL_METHOD, { id: call.id });
  }
}

/** One call whose caller waits. */
class OutgoingCall implements Expiring {
  readonly id: CallId;
  readonly deadlineAt: number;
  readonly expire: () => void;
  /** Why it was given up on this side. */
  failure: Error | null = null;
  letGo: (() => void) | null = null;

  constructor(id: CallId, deadlineAt: number, expire: () => void) {
    this.id = id;
    this.deadlineAt = deadlineAt;
    this.expire = expire;
  }
}
