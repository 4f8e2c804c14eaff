import type { Readable } from 'node:stream';

/** Longest line in characters; the rest of a longer one is dropped. */
export const LINE_LENGTH_MAX = 4_096;

/** Hands on the lines of a text stream as they come, and its last words even if they are no whole line. */
export function splitLines(stream: Readable, onLine: (line: string) => void): void {
  let line = '';
  const add = (text: string): void => {
    line += text.slice(0, LINE_LENGTH_MAX - line.length);
  };
  const end = (): void => {
    if (line !== '') onLine(line);
    line = '';
  };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const [first = '', ...others] = chunk.split('\n');
    add(first);
    for (const next of others) {
      end();
      add(next);
    }
  });
  stream.on('end', end);
  stream.on('error', end);
}
