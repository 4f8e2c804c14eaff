import { FrameHeader } from './frame-header.ts';

/** Smallest buffer for a body that comes in pieces, in bytes. */
const BODY_BUFFER_BYTES = 4_096;

/**
 * Cuts a stream of bytes into the bodies of JSON-RPC frames.
 * Shape: bytes come in pieces of any size; each is looked at once, and a body is copied only if it comes in several pieces.
 * Errors: FRAME_TOO_LARGE, INVALID_JSON; the stream is of no use afterwards.
 * Why: the reader of vscode-jsonrpc has no limit, scans a header anew at every piece, and jams without a word on a stray line.
 */
export class FrameDecoder {
  readonly #frameBytesMax: number;
  #header: FrameHeader;
  #isInBody = false;
  #body: Buffer | null = null;
  #received = 0;

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
    this.#header = new FrameHeader(frameBytesMax);
  }

  /** Takes the next bytes and hands on every body that is complete, until `onBody` returns false. */
  push(chunk: Buffer, onBody: (text: string) => boolean): void {
    let at = 0;
    while (at < chunk.length) {
      if (!this.#isInBody) at = this.#readHeader(chunk, at);
      const end = Math.min(chunk.length, at + this.#header.length - this.#received);
      const text = this.#isInBody ? this.#readBody(chunk.subarray(at, end)) : null;
      at = end;
      if (text !== null && !onBody(text)) return;
    }
  }

  /** Shape: the index behind the header, or behind the chunk if the header goes on. */
  #readHeader(chunk: Buffer, start: number): number {
    for (let at = start; at < chunk.length; at += 1) {
      this.#isInBody = this.#header.read(chunk[at] ?? 0);
      if (this.#isInBody) return at + 1;
    }
    return chunk.length;
  }

  /** Shape: the whole body once its last piece is there, null before. */
  #readBody(piece: Buffer): string | null {
    const isWhole = this.#received + piece.length === this.#header.length;
    if (isWhole && this.#body === null) {
      this.#startFrame();
      return piece.toString('utf8');
    }
    const body = this.#collect(piece);
    if (!isWhole) return null;
    const text = body.toString('utf8', 0, this.#header.length);
    this.#startFrame();
    return text;
  }

  /** Why: the buffer grows with what has come, so that to announce much costs no memory. */
  #collect(piece: Buffer): Buffer {
    const received = this.#received + piece.length;
    let body = this.#body;
    if (body === null || body.length < received) {
      const size = Math.min(this.#header.length, Math.max(2 * received, BODY_BUFFER_BYTES));
      body = Buffer.allocUnsafe(size);
      this.#body?.copy(body, 0, 0, this.#received);
    }
    piece.copy(body, this.#received);
    this.#received = received;
    this.#body = body;
    return body;
  }

  #startFrame(): void {
    this.#header = new FrameHeader(this.#frameBytesMax);
    this.#isInBody = false;
    this.#body = null;
    this.#received = 0;
  }
}
