import type { Readable, Writable } from 'node:stream';

import {
  createMessageConnection,
  type DataCallback,
  Message,
  type MessageConnection,
  type ResponseMessage,
} from 'vscode-jsonrpc/node';

import { errorBodySchema, OmaError } from '../../contract/errors.ts';
import { type IncomingCall, IncomingCalls } from './incoming-calls.ts';
import { answerTooLarge, connectionClosed, peerDoesNotRead, tooManyCalls } from './line-errors.ts';
import { FrameReader } from './message-reader.ts';
import { FrameWriter } from './message-writer.ts';
import { CANCEL_METHOD, OutgoingCalls, type RequestOptions } from './outgoing-calls.ts';
import { refusal } from './wire-error.ts';

/** Largest message in bytes. */
export const FRAME_BYTES_MAX = 1_048_576;
/** Bytes that may wait for a peer that does not read; beyond it the peer is given up. */
export const UNSENT_BYTES_MAX = 8 * FRAME_BYTES_MAX;
/** Calls in one direction that may be without an answer; further ones are refused. */
export const CALLS_MAX = 1_024;
/** Messages that may wait for their turn; beyond it nothing more is read for a while. */
const QUEUED_MAX = 2 * CALLS_MAX;
/** Time that a closing connection has to send what is unsent, in milliseconds. */
const FAREWELL_MS = 1_000;
/** Any limit makes vscode-jsonrpc settle answers at once instead of queueing them, which halves a round trip; CALLS_MAX is the real one. */
const PARALLELISM_MAX = 1_048_576;

/** Answers a call of the peer with its result or a `refusal`; must not throw. */
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

/** Opens a connection over two byte streams, which belong to it from now on; for a socket both are the same. */
export function openConnection(reader: Readable, writer: Writable, options: ConnectionOptions = {}): Connection {
  return new RpcConnection(reader, writer, options);
}

class RpcConnection implements Connection {
  isClosed = false;
  readonly #reader: Readable;
  readonly #writer: Writable;
  readonly #out: FrameWriter;
  readonly #rpc: MessageConnection;
  readonly #incoming: IncomingCalls;
  readonly #outgoing: OutgoingCalls;
  readonly #closeHandlers: ((reason: OmaError | null) => void)[] = [];
  /** Messages delivered to the library whose turn has not come. */
  #queued = 0;
  /** No more bytes come, but messages that came before are still queued. */
  #hasEnded = false;
  #reason: OmaError | null = null;

  constructor(reader: Readable, writer: Writable, options: ConnectionOptions) {
    const limits = { frameBytesMax: FRAME_BYTES_MAX, unsentBytesMax: UNSENT_BYTES_MAX, callsMax: CALLS_MAX, ...options };
    this.#reader = reader;
    this.#writer = writer;
    this.#out = new FrameWriter(writer, {
      ...limits,
      onAnswer: (answer) => this.#incoming.end(answer.id),
      onCongestion: () => this.#close(peerDoesNotRead(), 'at once'),
      shorten: (answer) => refusalOf(answer.id, answerTooLarge()),
    });
    const input = new FrameReader(reader, {
      ...limits,
      accept: (message, deliver) => this.#accept(message, deliver),
      onFault: (error) => this.#close(error, 'with farewell'),
    });
    this.#rpc = createMessageConnection(input, this.#out, undefined, {
      maxParallelism: PARALLELISM_MAX,
      messageStrategy: { handleMessage: (message, next) => this.#handle(message, next) },
      cancellationStrategy: {
        receiver: { kind: 'request', createCancellationTokenSource: (message) => this.#incoming.begin(message.id) },
        sender: {
          enableCancellation: (message) => this.#outgoing.number(message.id),
          sendCancellation: () => Promise.resolve(),
          cleanup: () => undefined,
        },
      },
    });
    this.#incoming = new IncomingCalls(limits.callsMax);
    this.#outgoing = new OutgoingCalls(this.#rpc, limits.callsMax);
    for (const stream of new Set([reader, writer])) this.#watch(stream);
    this.#rpc.listen();
  }

  request<T>(method: string, params: object, options: RequestOptions<T>): Promise<T> {
    return this.#outgoing.request(method, params, options);
  }

  notify(method: string, params: object): void {
    if (!this.isClosed) void this.#rpc.sendNotification(method, params);
  }

  onRequest(answer: Answer): void {
    this.#rpc.onRequest((method, params, token) => answer(method, params, token as unknown as IncomingCall));
  }

  onNotification(method: string, handle: (params: unknown) => void): void {
    this.#rpc.onNotification(method, (params: unknown) => {
      try {
        handle(params);
      } catch (error) {
        this.#close(new OmaError('INTERNAL', `The notification ${method} could not be handled.`, {}, error), 'in order');
      }
    });
  }

  onClose(handle: (reason: OmaError | null) => void): void {
    if (this.isClosed) handle(this.#reason);
    else this.#closeHandlers.push(handle);
  }

  dispose(): void {
    this.#close(null, 'in order');
  }

  #watch(stream: Readable | Writable): void {
    stream.on('error', () => this.#close(null, 'at once'));
    stream.on('end', () => this.#end());
    stream.on('close', () => this.#end());
  }

  /** Delivers a message to the library, or throws if no peer of ours would send it. */
  #accept(message: Message, deliver: DataCallback): void {
    if (Message.isResponse(message)) {
      if (message.id === null) this.#reason = farewellOf(message);
      deliver(message);
      return;
    }
    if (Message.isRequest(message)) {
      if (!this.#incoming.receive()) {
        this.#out.send(refusalOf(message.id, tooManyCalls()));
        return;
      }
    } else if (!isNotification(message)) throw new TypeError('neither call nor answer nor notification');
    this.#queued += 1;
    if (this.#queued > QUEUED_MAX) this.#reader.pause();
    deliver(message);
  }

  /** Lets the library handle the message whose turn it is. */
  #handle(message: Message, next: (message: Message) => void | Promise<void>): void | Promise<void> {
    const handled = next(message);
    this.#queued -= 1;
    if (this.#queued === QUEUED_MAX / 2) this.#reader.resume();
    if (this.#queued === 0 && this.#hasEnded) this.#close(null, 'in order');
    return handled;
  }

  #end(): void {
    this.#hasEnded = true;
    if (this.#queued === 0) this.#close(null, 'in order');
  }

  #close(reason: OmaError | null, manner: 'in order' | 'with farewell' | 'at once'): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#reason = reason ?? this.#reason;
    if (reason !== null && manner === 'with farewell') this.#out.send(refusalOf(null, reason));
    this.#outgoing.close(connectionClosed(this.#reason));
    this.#incoming.cancelAll();
    this.#rpc.dispose();
    const destroy = (): void => {
      this.#reader.destroy();
      this.#writer.destroy();
    };
    if (manner === 'at once') destroy();
    else {
      this.#reader.resume();
      this.#writer.end();
      setTimeout(destroy, FAREWELL_MS).unref();
    }
    for (const handle of this.#closeHandlers) handle(this.#reason);
  }
}

function isNotification(message: Message): boolean {
  if (!Message.isNotification(message)) return false;
  if (message.method !== CANCEL_METHOD) return true;
  const id = (message.params as { readonly id?: unknown } | undefined)?.id;
  return typeof id === 'number' || typeof id === 'string';
}

function refusalOf(id: number | string | null, error: OmaError): ResponseMessage {
  return { jsonrpc: '2.0', id, error: refusal({ code: error.code, message: error.message, requestId: '' }).toJson() };
}

/** Reads why the peer is about to close the connection. */
function farewellOf(message: ResponseMessage): OmaError | null {
  const body = errorBodySchema.safeParse(message.error?.data);
  return body.success ? new OmaError(body.data.code, body.data.message) : null;
}
