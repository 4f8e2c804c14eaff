import { FrameHeader, readUsualHeader } from './frame-header.ts';

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
  /** The header that is being read, if it is not of the usual form. */
  #header: FrameHeader | null = null;
  /** Length of the body that is being read, 0 while a header is. */
  #length = 0;
  #body: Buffer | null = null;
  #received = 0;

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  /** Takes the next bytes and hands on every body that is complete, until `onBody` returns false. */
  push(chunk: Buffer, onBody: (text: string) => boolean): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#length === 0) at = this.#readHeader(chunk, at);
      const end = Math.min(chunk.length, at + this.#length - this.#received);
      const text = this.#length > 0 ? this.#readBody(chunk, at, end) : null;
      at = end;
      if (text !== null && !onBody(text)) return;
    }
  }

  /** Shape: the index behind the header, or behind the chunk if the header goes on. */
  #readHeader(chunk: Buffer, start: number): number {
    const usual = this.#header === null ? readUsualHeader(chunk, start) : null;
    if (usual !== null && usual.length <= this.#frameBytesMax) {
      this.#length = usual.length;
      return usual.start;
    }
    this.#header ??= new FrameHeader(this.#frameBytesMax);
    for (let at = start; at < chunk.length; at += 1) {
      if (this.#header.read(chunk[at] ?? 0)) {
        this.#length = this.#header.length;
        return at + 1;
      }
    }
    return chunk.length;
  }

  /** Shape: the whole body once its last piece is there, null before. */
  #readBody(chunk: Buffer, start: number, end: number): string | null {
    const isWhole = this.#received + end - start === this.#length;
    if (isWhole && this.#body === null) {
      this.#startFrame();
      return chunk.toString('utf8', start, end);
    }
    const body = this.#collect(chunk.subarray(start, end));
    if (!isWhole) return null;
    const text = body.toString('utf8', 0, this.#length);
    this.#startFrame();
    return text;
  }

  /** Why: the buffer grows with what has come, so that to announce much costs no memory. */
  #collect(piece: Buffer): Buffer {
    const received = this.#received + piece.length;
    let body = this.#body;
    if (body === null || body.length < received) {
      body = Buffer.allocUnsafe(Math.min(this.#length, Math.max(2 * received, BODY_BUFFER_BYTES)));
      this.#body?.copy(body, 0, 0, this.#received);
    }
    piece.copy(body, this.#received);
    this.#received = received;
    this.#body = body;
    return body;
  }

  #startFrame(): void {
    this.#header = null;
    this.#length = 0;
    this.#body = null;
    this.#received = 0;
  }
}
