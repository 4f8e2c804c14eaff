import type { Readable, Writable } from 'node:stream';

import { createMessageConnection, type Message, type MessageConnection } from 'vscode-jsonrpc/node';

import { OmaError } from '../../contract/errors.ts';
import { type CallId, type IncomingCall, IncomingCalls } from './incoming-calls.ts';
import { answerTooLarge, connectionClosed, peerDoesNotRead, tooManyCalls } from './line-errors.ts';
import { FrameReader, type RawMessage } from './message-reader.ts';
import { FrameWriter } from './message-writer.ts';
import { CANCEL_METHOD, OutgoingCalls, type RequestOptions } from './outgoing-calls.ts';
import { bareRefusal, farewellReason, Refusal, refusalOf } from './wire-error.ts';

/** Largest message in bytes. */
export const FRAME_BYTES_MAX = 1_048_576;
/** Bytes that may wait for a peer that does not read; beyond it the peer is given up. */
export const UNSENT_BYTES_MAX = 8 * FRAME_BYTES_MAX;
/** Calls in one direction that may be without an answer; further ones are refused. */
export const CALLS_MAX = 1_024;
/** Time that a closing connection has to send what is unsent, in milliseconds. */
const FAREWELL_MS = 1_000;
/** Any limit makes vscode-jsonrpc settle answers at once instead of queueing them; the limit that counts is CALLS_MAX. */
const PARALLELISM_MAX = 1_048_576;

/** Answers a call of the peer with its result or a `Refusal`, now or later. */
export type Answer = (method: string, params: unknown, call: IncomingCall) => unknown;

/** Limits of one connection. Units: bytes and calls. */
export interface ConnectionOptions {
  readonly frameBytesMax?: number;
  readonly unsentBytesMax?: number;
  readonly callsMax?: number;
}

/** One end of a line between two processes that call each other. */
export interface Connection {
  readonly isClosed: boolean;
  /** Calls the peer. Errors: OmaError, or the reason of the aborted signal. */
  request: <T>(method: string, params: object, options: RequestOptions<T>) => Promise<T>;
  /** Tells the peer something that nobody answers. */
  notify: (method: string, params: object) => void;
  /** Answers every call of the peer from now on. */
  onRequest: (answer: Answer) => void;
  /** Listens to one kind of notification; a listener that throws ends the connection. */
  onNotification: (method: string, handle: (params: unknown) => void) => void;
  /** Is told once when the connection is over, with null for an ordinary end. */
  onClose: (handle: (reason: OmaError | null) => void) => void;
  /** Ends the connection: what is written is sent, calls under way reject with CONNECTION_CLOSED. */
  dispose: () => void;
}

/**
 * Opens a connection over two byte streams, which belong to it from now on; for a socket both are the same.
 * Why: vscode-jsonrpc numbers our calls and matches their answers; calls of the peer are handed on without its queue, which takes one
 * message in each turn of the event loop, so that a flood of messages grows memory and a burst of calls waits.
 */
export function openConnection(reader: Readable, writer: Writable, options: ConnectionOptions = {}): Connection {
  return new RpcConnection(reader, writer, options);
}

class RpcConnection implements Connection {
  isClosed = false;
  readonly #reader: Readable;
  readonly #writer: Writable;
  readonly #input: FrameReader;
  readonly #output: FrameWriter;
  readonly #rpc: MessageConnection;
  readonly #incoming: IncomingCalls;
  readonly #outgoing: OutgoingCalls;
  readonly #notified = new Map<string, (params: unknown) => void>();
  readonly #closeHandlers: ((reason: OmaError | null) => void)[] = [];
  #answer: Answer = () => refusalOf(nobodyAnswers());
  #reason: OmaError | null = null;

  constructor(reader: Readable, writer: Writable, options: ConnectionOptions) {
    const { frameBytesMax = FRAME_BYTES_MAX, unsentBytesMax = UNSENT_BYTES_MAX, callsMax = CALLS_MAX } = options;
    this.#reader = reader;
    this.#writer = writer;
    const onCongestion = (): void => this.#close(peerDoesNotRead(), 'at once');
    this.#output = new FrameWriter(writer, { frameBytesMax, unsentBytesMax, onCongestion });
    this.#input = new FrameReader(reader, {
      frameBytesMax,
      accept: (message) => this.#accept(message),
      onFault: (error) => this.#close(error, 'with farewell'),
    });
    this.#rpc = createMessageConnection(this.#input, this.#output, undefined, { maxParallelism: PARALLELISM_MAX });
    this.#incoming = new IncomingCalls(callsMax);
    this.#outgoing = new OutgoingCalls({ rpc: this.#rpc, input: this.#input, output: this.#output }, callsMax);
    for (const stream of new Set([reader, writer])) {
      stream.on('error', () => this.#close(null, 'at once'));
      stream.on('end', () => this.#close(null, 'in order'));
      stream.on('close', () => this.#close(null, 'in order'));
    }
    this.#rpc.listen();
  }

  request<T>(method: string, params: object, options: RequestOptions<T>): Promise<T> {
    return this.#outgoing.request(method, params, options);
  }

  notify(method: string, params: object): void {
    if (!this.isClosed) this.#output.send({ jsonrpc: '2.0', method, params });
  }

  onRequest(answer: Answer): void {
    this.#answer = answer;
  }

  onNotification(method: string, handle: (params: unknown) => void): void {
    this.#notified.set(method, handle);
  }

  onClose(handle: (reason: OmaError | null) => void): void {
    if (this.isClosed) handle(this.#reason);
    else this.#closeHandlers.push(handle);
  }

  dispose(): void {
    this.#close(null, 'in order');
  }

  /** Takes what the peer sent, or throws if no peer of ours would send it. */
  #accept(message: RawMessage): void {
    const { id, method } = message;
    if (typeof method === 'string') {
      if (id === undefined) this.#hear(method, message.params);
      else this.#serve(callId(id), method, message.params);
    } else if (id === null) this.#reason = farewellReason(message.error);
    else this.#input.deliver(answerOf(message));
  }

  #serve(id: CallId, method: string, params: unknown): void {
    if (this.#incoming.has(id)) throw new TypeError('two calls with one number');
    const call = this.#incoming.begin(id);
    if (call === null) {
      this.#send(id, refusalOf(tooManyCalls()));
      return;
    }
    try {
      const answer = this.#answer(method, params, call);
      if (answer instanceof Promise)
        answer.then(
          (result) => this.#reply(id, result),
          () => this.#reply(id, bareRefusal('')),
        );
      else this.#reply(id, answer);
    } catch {
      this.#reply(id, bareRefusal(''));
    }
  }

  #reply(id: CallId, answer: unknown): void {
    this.#incoming.end(id);
    if (this.isClosed) return;
    try {
      this.#send(id, answer);
    } catch {
      this.#send(id, bareRefusal(''));
    }
  }

  #send(id: CallId | null, answer: unknown): void {
    const isSent = this.#output.send(
      answer instanceof Refusal
        ? { jsonrpc: '2.0', id, error: answer.toWire() }
        : { jsonrpc: '2.0', id, result: answer ?? null },
    );
    if (!isSent) this.#send(id, refusalOf(answerTooLarge()));
  }

  #hear(method: string, params: unknown): void {
    if (method === CANCEL_METHOD) {
      this.#incoming.cancel((params as { readonly id: CallId }).id);
      return;
    }
    try {
      this.#notified.get(method)?.(params);
    } catch (error) {
      this.#close(new OmaError('INTERNAL', `The notification ${method} could not be handled.`, {}, error), 'in order');
    }
  }

  #close(reason: OmaError | null, manner: 'in order' | 'with farewell' | 'at once'): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#reason = reason ?? this.#reason;
    if (reason !== null && manner === 'with farewell') this.#send(null, refusalOf(reason));
    if (manner !== 'at once') this.#output.flush();
    this.#outgoing.close(connectionClosed(this.#reason));
    this.#incoming.cancelAll();
    this.#rpc.dispose();
    const destroy = (): void => {
      this.#reader.destroy();
      this.#writer.destroy();
    };
    if (manner === 'at once') destroy();
    else {
      this.#writer.end();
      setTimeout(destroy, FAREWELL_MS).unref();
    }
    for (const handle of this.#closeHandlers) handle(this.#reason);
  }
}

function callId(id: unknown): CallId {
  if (typeof id === 'number' || typeof id === 'string') return id;
  throw new TypeError('a call without a number');
}

function answerOf(message: RawMessage): Message {
  callId(message.id);
  if ('result' in message || 'error' in message) return message as Message;
  throw new TypeError('neither a call nor an answer nor a notification');
}

function nobodyAnswers(): OmaError {
  return new OmaError('NOT_FOUND', 'Nobody answers calls on this side of the connection.');
}
