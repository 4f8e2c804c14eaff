import type { Writable } from 'node:stream';

import { AbstractMessageWriter, Message, type MessageWriter, type ResponseMessage } from 'vscode-jsonrpc/node';

/** What the writer needs to know of its connection, and whom it tells. */
export interface WriterOptions {
  readonly frameBytesMax: number;
  readonly unsentBytesMax: number;
  /** A call of the peer is being answered. */
  onAnswer: (answer: ResponseMessage) => void;
  /** The peer does not read. */
  onCongestion: () => void;
  /** Gives what is sent instead of an answer that is larger than a message may be. */
  shorten: (answer: ResponseMessage) => ResponseMessage;
}

/** Said by the writer, and by nobody else, of a call that is larger than a message may be. */
export const MESSAGE_TOO_LARGE = 'The message is too large.';

/** Writes the messages of vscode-jsonrpc to a stream: header and body in one write, nothing awaited. */
export class FrameWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #stream: Writable;
  readonly #options: WriterOptions;
  readonly #written = Promise.resolve();
  #isLive = true;

  constructor(stream: Writable, options: WriterOptions) {
    super();
    this.#stream = stream;
    this.#options = options;
  }

  /** Writes a message for the library. */
  write(message: Message): Promise<void> {
    if (isAnswer(message)) {
      this.#options.onAnswer(message);
      if (!this.send(message)) this.send(this.#options.shorten(message));
      return this.#written;
    }
    return this.send(message) ? this.#written : Promise.reject(new Error(MESSAGE_TOO_LARGE));
  }

  /** Writes a message; false if it is larger than a message may be. A message to a peer that is gone is dropped: the close tells. */
  send(message: Message): boolean {
    if (!this.#isLive) return true;
    const body = JSON.stringify(message);
    const bytes = Buffer.byteLength(body);
    if (bytes > this.#options.frameBytesMax) return false;
    this.#stream.write(`Content-Length: ${bytes}\r\n\r\n${body}`, 'utf8');
    if (this.#stream.writableLength > this.#options.unsentBytesMax) this.#options.onCongestion();
    return true;
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

function isAnswer(message: Message): message is ResponseMessage {
  return !('method' in message);
}
