import type { Readable } from 'node:stream';

import { AbstractMessageReader, type DataCallback, type Disposable, type Message } from 'vscode-jsonrpc/node';

import { OmaError } from '../../contract/errors.ts';
import { FrameDecoder } from './frame-decoder.ts';

/** What the reader needs to know of its connection, and whom it tells. */
export interface ReaderOptions {
  readonly frameBytesMax: number;
  /** Delivers a message, or throws if no peer of ours would send it. */
  accept: (message: Message, deliver: DataCallback) => void;
  /** The stream holds something else than messages. */
  onFault: (error: OmaError) => void;
}

/** Reads messages for vscode-jsonrpc from a stream: each is parsed once and delivered in the data event. */
export class FrameReader extends AbstractMessageReader {
  readonly #stream: Readable;
  readonly #options: ReaderOptions;
  #isLive = true;

  constructor(stream: Readable, options: ReaderOptions) {
    super();
    this.#stream = stream;
    this.#options = options;
  }

  /** Begins to read; called once, by the library. */
  listen(deliver: DataCallback): Disposable {
    const decoder = new FrameDecoder(this.#options.frameBytesMax);
    const onBody = (text: string): boolean => {
      this.#options.accept(parseMessage(text), deliver);
      return this.#isLive;
    };
    this.#stream.on('data', (chunk: Buffer) => {
      if (!this.#isLive) return;
      try {
        decoder.push(chunk, onBody);
      } catch (error) {
        this.#options.onFault(error instanceof OmaError ? error : notJsonRpc());
      }
    });
    return this;
  }

  /** Delivers nothing from now on. */
  override dispose(): void {
    this.#isLive = false;
    super.dispose();
  }
}

function parseMessage(text: string): Message {
  const message: unknown = JSON.parse(text);
  if (typeof message !== 'object' || message === null) throw notJsonRpc();
  return message as Message;
}

function notJsonRpc(): OmaError {
  return new OmaError(
    'INVALID_JSON',
    'The other side sent a frame that holds no JSON-RPC message, so the connection was closed. Check that both sides run the same oma.',
  );
}
