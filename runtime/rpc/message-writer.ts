import type { Writable } from 'node:stream';

import { AbstractMessageWriter, type Message, type MessageWriter } from 'vscode-jsonrpc/node';

import type { CallId } from './incoming-calls.ts';

/** Limits of a writer, and whom it tells. Units: bytes. */
export interface WriterOptions {
  readonly frameBytesMax: number;
  readonly unsentBytesMax: number;
  /** The peer does not read. */
  readonly onCongestion: () => void;
}

/** Said by the writer, and by nobody else, of a call that is larger than a message may be. */
export const MESSAGE_TOO_LARGE = 'The message is too large.';

/**
 * Writes the messages of vscode-jsonrpc and ours to a stream.
 * Why: header and body, and all messages of one turn of the event loop, go out in one write, and nothing is awaited; the writer of the
 * library makes two writes a message and waits in between, which is a third of the cost of a call.
 */
export class FrameWriter extends AbstractMessageWriter implements MessageWriter {
  /** Number of the call that the library wrote last. */
  lastCallId: CallId = 0;
  readonly #stream: Writable;
  readonly #options: WriterOptions;
  readonly #written = Promise.resolve();
  readonly #flush = (): void => this.flush();
  #unsent = '';
  #isLive = true;

  constructor(stream: Writable, options: WriterOptions) {
    super();
    this.#stream = stream;
    this.#options = options;
  }

  /** Writes a message of the library. */
  write(message: Message & { readonly id?: CallId }): Promise<void> {
    if (message.id !== undefined) this.lastCallId = message.id;
    return this.send(message) ? this.#written : Promise.reject(new Error(MESSAGE_TOO_LARGE));
  }

  /** Writes a message; false if it is larger than a message may be. What is written to a peer that is gone is dropped: the close tells. */
  send(message: object): boolean {
    const body = JSON.stringify(message);
    const bytes = Buffer.byteLength(body);
    if (bytes > this.#options.frameBytesMax) return false;
    // A settled promise costs less than queueMicrotask, which makes an async resource each time.
    if (this.#unsent === '') void this.#written.then(this.#flush);
    this.#unsent += `Content-Length: ${bytes}\r\n\r\n${body}`;
    if (this.#unsent.length > this.#options.frameBytesMax) this.flush();
    return true;
  }

  /** Hands everything written so far to the stream. */
  flush(): void {
    const text = this.#unsent;
    this.#unsent = '';
    if (!this.#isLive || text === '') return;
    this.#stream.write(text, 'utf8');
    if (this.#stream.writableLength > this.#options.unsentBytesMax) this.#options.onCongestion();
  }

  /** Does nothing: the connection ends its streams itself. */
  end(): void {
    return undefined;
  }

  /** Writes nothing from now on. */
  override dispose(): void {
    this.#isLive = false;
    super.dispose();
  }
}
