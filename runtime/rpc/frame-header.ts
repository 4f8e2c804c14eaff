import { OmaError } from '../../contract/errors.ts';

/** Longest header of a frame in bytes; a real one has about 22. */
export const HEADER_BYTES_MAX = 1_024;

const CR = 13;
const LF = 10;
const TAB = 9;
const SPACE = 32;
const COLON = 58;
const HYPHEN = 45;
const DIGIT_0 = 48;
const DIGIT_9 = 57;
const LETTER_A = 97;
const LETTER_Z = 122;
const LOWER_CASE_BIT = 0x20;
const LENGTH_NAME = Buffer.from('content-length', 'latin1');

/** `Content-Length: ` as four 32-bit numbers. */
const USUAL_NAME = [0x436f6e74, 0x656e742d, 0x4c656e67, 0x74683a20] as const;
const USUAL_NAME_BYTES = 16;
/** A length of more digits than this is read by FrameHeader, which refuses it. */
const USUAL_LENGTH_MAX = 99_999_999;
/** Shortest header: the usual name, one digit, the ends of two lines. */
const USUAL_BYTES_MIN = USUAL_NAME_BYTES + 5;
const TWO_LINE_ENDS = 0x0d0a0d0a;

/** Where a body begins and how long it is, in bytes. */
export interface BodyPlace {
  readonly start: number;
  readonly length: number;
}

/**
 * Reads a header that lies whole in the chunk and has nothing but a length; null if it has any other form.
 * Why: this is the form that nearly every frame has, and reading it is a part of every call; all others are left to FrameHeader.
 */
export function readUsualHeader(chunk: Buffer, at: number): BodyPlace | null {
  if (chunk.length - at < USUAL_BYTES_MIN || !hasUsualName(chunk, at)) return null;
  let end = at + USUAL_NAME_BYTES;
  let length = 0;
  for (let digit = digitAt(chunk, end); digit >= 0 && length <= USUAL_LENGTH_MAX; digit = digitAt(chunk, end)) {
    length = length * 10 + digit;
    end += 1;
  }
  const isUsual = length > 0 && chunk.length - end >= 4 && chunk.readInt32BE(end) === TWO_LINE_ENDS;
  return isUsual ? { start: end + 4, length } : null;
}

/** Where in the header the next byte belongs. */
type Position = 'line-start' | 'name' | 'length' | 'other-value' | 'line-end' | 'header-end';

/**
 * Reads the header of one frame byte by byte: lines of `name: value`, then an empty one.
 * Errors: FRAME_TOO_LARGE as soon as the header or the length it announces is beyond the limit; INVALID_JSON for anything that is no header.
 * Why: looking at each byte once is all that is needed, however the header is cut into pieces.
 */
export class FrameHeader {
  /** The announced length of the body in bytes, 0 before it is known. */
  length = 0;
  readonly #lengthMax: number;
  #position: Position = 'line-start';
  #bytes = 0;
  /** Bytes of the current name that equal LENGTH_NAME, -1 once it is another name. */
  #matched = 0;
  #hasLength = false;
  #digits = 0;

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  /** Takes the next byte; true when it was the last one of the header. */
  read(byte: number): boolean {
    this.#bytes += 1;
    if (this.#bytes > HEADER_BYTES_MAX) throw tooLarge(`a header of more than ${HEADER_BYTES_MAX} bytes`);
    switch (this.#position) {
      case 'line-start':
        this.#startLine(byte);
        return false;
      case 'name':
        this.#readName(byte);
        return false;
      case 'length':
        this.#readLength(byte);
        return false;
      case 'other-value':
        if (byte === CR) this.#position = 'line-end';
        else if (byte < SPACE && byte !== TAB) throw malformed('a control character in a header');
        return false;
      case 'line-end':
        expectLineFeed(byte);
        this.#position = 'line-start';
        return false;
      case 'header-end':
        expectLineFeed(byte);
        if (this.length === 0) throw malformed('a header without a length');
        return true;
    }
  }

  #startLine(byte: number): void {
    this.#matched = 0;
    this.#position = byte === CR ? 'header-end' : 'name';
    if (byte !== CR) this.#readName(byte);
  }

  #readName(byte: number): void {
    if (byte === COLON) {
      this.#endName();
      return;
    }
    const lower = byte === HYPHEN ? byte : byte | LOWER_CASE_BIT;
    if (byte !== HYPHEN && (lower < LETTER_A || lower > LETTER_Z)) throw malformed('bytes that are no header');
    const matches = this.#matched >= 0 && lower === LENGTH_NAME[this.#matched];
    this.#matched = matches ? this.#matched + 1 : -1;
  }

  #endName(): void {
    const isLength = this.#matched === LENGTH_NAME.length;
    if (isLength && this.#hasLength) throw malformed('a header with two lengths');
    if (isLength) this.#hasLength = true;
    this.#position = isLength ? 'length' : 'other-value';
  }

  #readLength(byte: number): void {
    if (byte >= DIGIT_0 && byte <= DIGIT_9) {
      this.#digits += 1;
      this.length = this.length * 10 + byte - DIGIT_0;
      if (this.length > this.#lengthMax) throw tooLarge(`a message of more than ${this.#lengthMax} bytes`);
      return;
    }
    if (byte === CR && this.#digits > 0) this.#position = 'line-end';
    else if (byte !== SPACE || this.#digits > 0) throw malformed('a length that is no number');
  }
}

function hasUsualName(chunk: Buffer, at: number): boolean {
  return (
    chunk.readInt32BE(at) === USUAL_NAME[0] &&
    chunk.readInt32BE(at + 4) === USUAL_NAME[1] &&
    chunk.readInt32BE(at + 8) === USUAL_NAME[2] &&
    chunk.readInt32BE(at + 12) === USUAL_NAME[3]
  );
}

/** Shape: -1 if there is no digit. */
function digitAt(chunk: Buffer, at: number): number {
  const digit = (chunk[at] ?? 0) - DIGIT_0;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

function expectLineFeed(byte: number): void {
  if (byte !== LF) throw malformed('a header line without its end');
}

function tooLarge(what: string): OmaError {
  return new OmaError(
    'FRAME_TOO_LARGE',
    `The other side announced ${what}, more than the protocol allows, so the connection was closed. Send less at once.`,
  );
}

function malformed(what: string): OmaError {
  return new OmaError(
    'INVALID_JSON',
    `The other side sent ${what} instead of a JSON-RPC frame, so the connection was closed. Check what it prints to this stream.`,
  );
}
