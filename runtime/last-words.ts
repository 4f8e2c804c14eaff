import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';

/** How much is repeated of what a process said last, in bytes. */
const READ_BYTES_MAX = 2_048;
/** A file that has become larger than this is begun anew, in bytes. */
const FILE_BYTES_MAX = 65_536;

/** A file that takes the standard error of a process. */
export interface LastWords {
  readonly descriptor: number;
  /** Gives the end of what was written since it was opened. */
  read: () => string;
  close: () => void;
}

/** Opens the file, mode 0600. Why: a pipe would break, and its writer with it, when the process that started it ends. */
export function openLastWords(file: string): LastWords {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const reader = openSync(file, 'a+', 0o600);
  const isFull = fstatSync(reader).size > FILE_BYTES_MAX;
  const descriptor = isFull ? openSync(file, 'w', 0o600) : openSync(file, 'a', 0o600);
  const start = fstatSync(reader).size;
  return {
    descriptor,
    read() {
      const end = fstatSync(reader).size;
      const from = Math.max(start, end - READ_BYTES_MAX);
      const text = Buffer.alloc(Math.max(end - from, 0));
      readSync(reader, text, 0, text.length, from);
      return text.toString('utf8').trim();
    },
    close() {
      closeSync(descriptor);
      closeSync(reader);
    },
  };
}
