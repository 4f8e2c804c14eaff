import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** A log file is put aside at this size, in bytes. */
export const LOG_FILE_BYTES_MAX = 5 * 1_048_576;
/** Files that were put aside and are kept: `.1` is the newest. */
export const OLD_LOG_FILES_MAX = 4;
/** Lines that wait to be written, in characters; beyond it they are written at once. */
const WAITING_LENGTH_MAX = 65_536;
/** Longest time that a line waits to be written, in milliseconds. */
const WAIT_MS = 100;
const STDERR = 2;

/** Takes the lines of a log. */
export interface LineSink {
  write: (line: string) => void;
  /** Writes what waits. */
  flush: () => void;
  close: () => void;
}

/** Limits of a log file. Units: bytes and files. */
export interface LogFileOptions {
  readonly bytesMax?: number;
  readonly oldFilesMax?: number;
}

/**
 * Writes lines to a file, mode 0600, many at once; puts the file aside when it is full.
 * Why: a line costs no system call where it is logged; a log that cannot be written must not stop its program, so such lines are lost.
 */
export function openLogFile(file: string, options: LogFileOptions = {}): LineSink {
  return batched(
    new RotatingFile(file, options.bytesMax ?? LOG_FILE_BYTES_MAX, options.oldFilesMax ?? OLD_LOG_FILES_MAX),
  );
}

/** Writes lines to standard error, many at once. */
export function openStderr(): LineSink {
  return batched({ append: (text) => writeSync(STDERR, text), close: () => undefined });
}

interface Appender {
  append: (text: string) => void;
  close: () => void;
}

function batched(appender: Appender): LineSink {
  let waiting = '';
  let timer: NodeJS.Timeout | null = null;
  const flush = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const text = waiting;
    waiting = '';
    if (text !== '') attempt(() => appender.append(text));
  };
  return {
    write(line) {
      waiting += line;
      if (waiting.length > WAITING_LENGTH_MAX) flush();
      else timer ??= setTimeout(flush, WAIT_MS).unref();
    },
    flush,
    close() {
      flush();
      attempt(() => appender.close());
    },
  };
}

class RotatingFile implements Appender {
  readonly #file: string;
  readonly #bytesMax: number;
  readonly #oldFilesMax: number;
  #descriptor: number | null = null;
  #bytes = 0;

  constructor(file: string, bytesMax: number, oldFilesMax: number) {
    this.#file = file;
    this.#bytesMax = bytesMax;
    this.#oldFilesMax = oldFilesMax;
  }

  append(text: string): void {
    const bytes = Buffer.byteLength(text);
    this.#descriptor ??= this.#open();
    if (this.#bytes > 0 && this.#bytes + bytes > this.#bytesMax) {
      this.#putAside();
      this.#descriptor = this.#open();
    }
    writeSync(this.#descriptor, text);
    this.#bytes += bytes;
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #open(): number {
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    const descriptor = openSync(this.#file, 'a', 0o600);
    this.#bytes = fstatSync(descriptor).size;
    return descriptor;
  }

  #putAside(): void {
    this.close();
    rmSync(this.#old(this.#oldFilesMax), { force: true });
    for (let age = this.#oldFilesMax; age > 1; age -= 1) attempt(() => renameSync(this.#old(age - 1), this.#old(age)));
    renameSync(this.#file, this.#old(1));
  }

  #old(age: number): string {
    return `${this.#file}.${age}`;
  }
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // There is nowhere left to tell that the log cannot be written.
  }
}
