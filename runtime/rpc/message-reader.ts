import type { Readable } from 'node:stream';

import { AbstractMessageReader, type DataCallback, type Disposable, type Message } from 'vscode-jsonrpc/node';

import { OmaError } from '../../contract/errors.ts';
import { FrameDecoder } from './frame-decoder.ts';

/** A message whose fields nobody has looked at. */
export interface RawMessage {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly error?: unknown;
}

/** What the reader needs to know of its connection, and whom it tells. */
export interface ReaderOptions {
  readonly frameBytesMax: number;
  /** Takes a message, or throws if no peer of ours would send it. */
  readonly accept: (message: RawMessage) => void;
  /** The stream holds something else than messages. */
  readonly onFault: (error: OmaError) => void;
}

/** Reads the messages of a stream, each of which is parsed once, in the data event; vscode-jsonrpc gets those that are delivered to it. */
export class FrameReader extends AbstractMessageReader {
  readonly #stream: Readable;
  readonly #options: ReaderOptions;
  #deliver: DataCallback | null = null;
  #isLive = true;

  constructor(stream: Readable, options: ReaderOptions) {
    super();
    this.#stream = stream;
    this.#options = options;
  }

  /** Begins to read; called once, by the library. */
  listen(deliver: DataCallback): Disposable {
    this.#deliver = deliver;
    const decoder = new FrameDecoder(this.#options.frameBytesMax);
    const onBody = (text: string): boolean => {
      this.#options.accept(parseMessage(text));
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

  /** Hands a message to the library. */
  deliver(message: Message): void {
    this.#deliver?.(message);
  }

  /** Takes nothing more from the stream. */
  override dispose(): void {
    this.#isLive = false;
    super.dispose();
  }
}

function parseMessage(text: string): RawMessage {
  const message: unknown = JSON.parse(text);
  if (typeof message !== 'object' || message === null) throw notJsonRpc();
  return message;
}

function notJsonRpc(): OmaError {
  return new OmaError(
    'INVALID_JSON',
    'The other side sent a frame that holds no JSON-RPC message, so the connection was closed. Check that both sides run the same oma.',
  );
}
