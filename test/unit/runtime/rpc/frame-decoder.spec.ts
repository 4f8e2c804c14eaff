import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isOmaError } from '../../../../contract/errors.ts';
import { FrameDecoder } from '../../../../runtime/rpc/frame-decoder.ts';
import { HEADER_BYTES_MAX } from '../../../../runtime/rpc/frame-header.ts';

const FRAME_BYTES_MAX = 1_048_576;

function frame(body: string): string {
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function decode(...pieces: readonly (string | Buffer)[]): string[] {
  const decoder = new FrameDecoder(FRAME_BYTES_MAX);
  const bodies: string[] = [];
  for (const piece of pieces) decoder.push(Buffer.from(piece as string), (text) => bodies.push(text) > 0);
  return bodies;
}

function refusal(...pieces: readonly (string | Buffer)[]): string {
  try {
    decode(...pieces);
  } catch (error) {
    if (isOmaError(error)) return error.code;
    throw error;
  }
  return 'nothing';
}

/** Cuts bytes into pieces at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1))), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}

describe('a frame decoder', () => {
  it('gives the body of a frame', () => {
    expect(decode(frame('{"a":1}'))).toEqual(['{"a":1}']);
  });

  it('gives every body of one chunk in order', () => {
    expect(decode(frame('1') + frame('"äöü"') + frame('[3]'))).toEqual(['1', '"äöü"', '[3]']);
  });

  it('takes other headers and any case of letters, as stock peers may send them', () => {
    const header = 'content-type: application/vscode-jsonrpc; charset=utf-8\r\nCONTENT-LENGTH:  2\r\n\r\n';
    expect(decode(`${header}{}`)).toEqual(['{}']);
  });

  it('does not depend on how the bytes are cut into pieces', () => {
    const bodies = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(bodies, fc.array(fc.nat(), { maxLength: 40 }), (texts, places) => {
        const bytes = Buffer.from(texts.map(frame).join(''));
        expect(decode(...cut(bytes, places))).toEqual(texts.map((text) => Buffer.from(text).toString()));
      }),
    );
  });

  it('gives a large body that comes byte by byte whole', () => {
    const body = JSON.stringify('x'.repeat(20_000));
    expect(
      decode(
        ...cut(
          Buffer.from(frame(body)),
          Array.from({ length: body.length + 40 }, (_, index) => index),
        ),
      ),
    ).toEqual([body]);
  });

  it('stops at once when its reader wants no more', () => {
    const decoder = new FrameDecoder(FRAME_BYTES_MAX);
    const bodies: string[] = [];
    decoder.push(Buffer.from(frame('1') + frame('2')), (text) => bodies.push(text) > 5);
    expect(bodies).toEqual(['1']);
  });

  it('refuses a frame of 2 GB at its header, before any of its bytes come', () => {
    expect(refusal('Content-Length: 2147483648\r\n\r\n')).toBe('FRAME_TOO_LARGE');
  });

  it('refuses a length beyond the limit even before the header ends', () => {
    expect(refusal('Content-Length: 99999999')).toBe('FRAME_TOO_LARGE');
  });

  it('takes a frame of exactly the limit and refuses one byte more', () => {
    const decoder = new FrameDecoder(10);
    const bodies: string[] = [];
    decoder.push(Buffer.from(frame('"12345678"')), (text) => bodies.push(text) > 0);
    expect(bodies).toEqual(['"12345678"']);
    expect(() => decoder.push(Buffer.from(frame('"123456789"')), () => true)).toThrow(/more than 10 bytes/);
  });

  it('keeps no more memory than what came of an announced body', () => {
    const before = process.memoryUsage().arrayBuffers;
    const decoders = Array.from({ length: 200 }, () => {
      const decoder = new FrameDecoder(FRAME_BYTES_MAX);
      decoder.push(Buffer.from('Content-Length: 1048576\r\n\r\n{"a":'), () => true);
      return decoder;
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(decoders.length * 16_384);
  });

  it('refuses a header that never ends after some bytes', () => {
    expect(refusal(`X-Long: ${'a'.repeat(HEADER_BYTES_MAX)}`)).toBe('FRAME_TOO_LARGE');
    expect(refusal(...Array.from({ length: HEADER_BYTES_MAX }, () => 'X: a\r\n'))).toBe('FRAME_TOO_LARGE');
  });

  it.each([
    ['a stray line of a print', 'Debugger listening on ws://127.0.0.1:9229\n'],
    ['a stray line without a blank', 'hello\n'],
    ['binary garbage', Buffer.from([0, 1, 2, 255, 254])],
    ['a bare JSON message', '{"jsonrpc":"2.0"}\n'],
    ['no length', 'Content-Type: x\r\n\r\n{}'],
    ['an empty header', '\r\n\r\n'],
    ['a length of 0', 'Content-Length: 0\r\n\r\n'],
    ['a negative length', 'Content-Length: -5\r\n\r\n'],
    ['a length that is no number', 'Content-Length: 5x\r\n\r\n'],
    ['an empty length', 'Content-Length: \r\n\r\n'],
    ['a length in parts', 'Content-Length: 1 2\r\n\r\n'],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n\r\n'],
    ['a blank before the colon', 'Content-Length : 5\r\n\r\n'],
    ['a line feed alone', 'Content-Length: 5\n\n{"a"}'],
    ['a carriage return in a name', 'Content\r-Length: 5\r\n\r\n'],
    ['a control character in a value', 'X: a\u0001\r\n'],
  ])('refuses %s', (_, bytes) => {
    expect(refusal(bytes)).toBe('INVALID_JSON');
  });

  it('gives the frames before a broken one first', () => {
    const decoder = new FrameDecoder(FRAME_BYTES_MAX);
    const bodies: string[] = [];
    expect(() => decoder.push(Buffer.from(`${frame('1')}garbage\n`), (text) => bodies.push(text) > 0)).toThrow();
    expect(bodies).toEqual(['1']);
  });

  it('never throws anything but a refusal, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(['nothing', 'INVALID_JSON', 'FRAME_TOO_LARGE']).toContain(refusal(Buffer.from(bytes)));
      }),
    );
  });
});
