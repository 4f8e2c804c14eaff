import type { Readable } from 'node:stream';

import type { Ending, GuardedChild } from '../runtime/guarded-child.ts';

/** Bytes of standard output that are read; a program that prints more is stopped. */
const STDOUT_BYTES_MAX = 1_048_576;

/** Bytes of standard error that are kept; the rest is dropped. */
const STDERR_BYTES_MAX = 65_536;

/** How a program ended and what it printed. */
export interface Output extends Ending {
  readonly stdout: string;
  readonly stderr: string;
}

/** Waits until a program has ended, which it does at the latest soon after its deadline or when the signal is aborted. */
export async function collect(child: GuardedChild, deadlineMs: number, signal: AbortSignal | null): Promise<Output> {
  const cancel = (): void => child.stop('cancel');
  const timer = setTimeout(() => child.stop('deadline'), deadlineMs);
  if (signal?.aborted === true) cancel();
  signal?.addEventListener('abort', cancel);
  const stdout = keep(child.stdout, STDOUT_BYTES_MAX, () => child.stop('output'));
  const stderr = keep(child.stderr, STDERR_BYTES_MAX, () => undefined);
  try {
    const ending = await child.ended;
    return { ...ending, stdout: stdout(), stderr: stderr() };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
  }
}

/** Reads a stream to its end and keeps its beginning. */
function keep(stream: Readable, bytesMax: number, onMore: () => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    if (bytes + chunk.byteLength > bytesMax) onMore();
    const fitting = chunk.subarray(0, bytesMax - bytes);
    bytes += fitting.byteLength;
    chunks.push(fitting);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}
