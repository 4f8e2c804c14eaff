import { type FileHandle, open, stat } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often a followed log is looked at, in milliseconds. */
const LOOK_EVERY_MS = 250;

/** The last lines are looked for in this many bytes at the end of the file. */
const TAIL_BYTES_MAX = 4 * 1_024 * 1_024;

const CHUNK_BYTES = 64 * 1_024;

/** A line that has not ended by then is given out as it is, in characters. */
const LINE_LENGTH_MAX = 1_024 * 1_024;

/** What to read of a log. */
export interface TailOptions {
  readonly file: string;
  readonly lines: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** Reads the last lines of a log and, when following, those that come after, also when the file is rotated or does not exist yet. */
export async function* tail({ file, lines, follow, signal }: TailOptions): AsyncGenerator<string> {
  let log = await openLog(file, TAIL_BYTES_MAX);
  try {
    if (log !== null) yield* last(await log.read(), lines);
    while (follow && !signal.aborted) {
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
      const current: OpenLog | null = log;
      const isOver = current === null || (await current.wasReplaced());
      if (current !== null) yield* await current.read();
      if (isOver) log = await reopen(file, current);
    }
  } finally {
    await log?.close();
  }
}

async function reopen(file: string, old: OpenLog | null): Promise<OpenLog | null> {
  await old?.close();
  return openLog(file, Number.POSITIVE_INFINITY);
}

function last(lines: readonly string[], count: number): readonly string[] {
  return count === 0 ? [] : lines.slice(-count);
}

async function openLog(file: string, bytesMax: number): Promise<OpenLog | null> {
  try {
    const handle = await open(file, 'r');
    const { size, ino } = await handle.stat();
    return new OpenLog({ file, handle, ino, position: Math.max(0, size - bytesMax) });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

interface At {
  readonly file: string;
  readonly handle: FileHandle;
  readonly ino: number;
  readonly position: number;
}

class OpenLog {
  readonly #at: At;
  readonly #decoder = new StringDecoder('utf8');
  #position: number;
  #rest = '';
  /** We began in the middle of the file, so what comes up to the next line end is no whole line. */
  #isCut: boolean;

  constructor(at: At) {
    this.#at = at;
    this.#position = at.position;
    this.#isCut = at.position > 0;
  }

  /** Reads the lines that were written since the last time. */
  async read(): Promise<string[]> {
    const lines: string[] = [];
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await this.#at.handle.read(chunk, 0, CHUNK_BYTES, this.#position);
      if (bytesRead === 0) return lines;
      this.#position += bytesRead;
      lines.push(...this.#split(this.#decoder.write(chunk.subarray(0, bytesRead))));
    }
  }

  /** Tells whether the path leads to another file now, or to this one emptied. */
  async wasReplaced(): Promise<boolean> {
    const now = await stat(this.#at.file).catch(() => null);
    return now?.ino !== this.#at.ino || now.size < this.#position;
  }

  async close(): Promise<void> {
    await this.#at.handle.close();
  }

  #split(text: string): string[] {
    const parts = (this.#rest + (this.#isCut ? this.#behindCut(text) : text)).split('\n');
    const rest = parts.pop() ?? '';
    const isTooLong = rest.length > LINE_LENGTH_MAX;
    this.#rest = isTooLong ? '' : rest;
    return isTooLong ? [...parts, rest] : parts;
  }

  #behindCut(text: string): string {
    const end = text.indexOf('\n');
    this.#isCut = end === -1;
    return end === -1 ? '' : text.slice(end + 1);
  }
}
