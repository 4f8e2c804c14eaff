import type { Readable } from 'node:stream';

/** Gives everything that a stream has said so far. */
export function textFrom(stream: Readable): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  stream.on('error', () => undefined);
  return () => text;
}
