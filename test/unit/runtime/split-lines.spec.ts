import { PassThrough } from 'node:stream';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { LINE_LENGTH_MAX, splitLines } from '../../../runtime/split-lines.ts';

async function linesOf(...chunks: readonly (string | Buffer)[]): Promise<string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  splitLines(stream, (line) => lines.push(line));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await new Promise((resolve) => stream.once('end', resolve));
  return lines;
}

describe('the lines of a stream', () => {
  it('come whole, however they are cut into chunks', async () => {
    const text = fc.array(
      fc.string({ minLength: 1, maxLength: 20 }).map((line) => line.replaceAll('\n', ' ')),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(text, fc.nat(), async (lines, at) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const cut = at % (bytes.length + 1);
        expect(await linesOf(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(lines);
      }),
    );
  });

  it('include last words without a line end, and leave out empty lines', async () => {
    expect(await linesOf('one\n\ntwo\nlast')).toEqual(['one', 'two', 'last']);
  });

  it('are cut to a bounded length, even without any line end', async () => {
    const chunks = Array.from({ length: 100 }, () => 'x'.repeat(1_000));
    expect(await linesOf(...chunks, '\nnext\n')).toEqual(['x'.repeat(LINE_LENGTH_MAX), 'next']);
  });
});
