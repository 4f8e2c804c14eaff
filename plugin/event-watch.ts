/**
 * How a stream of model output has ended, by its own events. Shape: `data` is the JSON of the failure event, or its
 * beginning.
 */
export type StreamVerdict = { readonly kind: 'completed' } | { readonly kind: 'failed'; readonly data: string };

/** Follows a stream of events without keeping it. */
export interface EventWatch {
  readonly push: (chunk: Uint8Array) => void;
  readonly isCompleted: () => boolean;
  /** Null while the stream has not said how it ends. */
  readonly verdict: () => StreamVerdict | null;
}

/** Where the name of an event stands in its line. */
interface Format {
  readonly lineStart: Buffer;
  readonly nameAt: number;
  readonly kindAt: number;
}

const NAMED = format('\nevent: ');
const UNNAMED = format('\ndata: {"type":"');

/** Of a failure event so much is kept, in bytes. */
const FAILURE_BYTES_MAX = 64 * 1_024;
/** A line shows within so many bytes what event it belongs to. */
const HEAD_BYTES = 64;

const NEWLINE = 0x0a;
/**
 * First letters of `error`, and behind `response.` of completed, failed, incomplete; one byte passes most events
 * over.
 */
const ERROR_INITIAL = 0x65;
const KIND_INITIALS = new Set([0x63, 0x66, 0x69]);

const COMPLETED = /^response\.(completed|incomplete|done)\b/;
const FAILED = /^(response\.failed|error)\b/;

/**
 * Watches for the events that end an answer.
 * Why: it runs on every chunk of every answer, so it finds the beginnings of lines by one native search and reads a
 * few bytes behind each. A line break cannot
 * stand inside the data of an event, so nothing that a model writes is mistaken for an event.
 */
export function createEventWatch(): EventWatch {
  let lines: Format | null = null;
  let open: Buffer = Buffer.from('\n'); // the line that the last chunk left unfinished, while it is short
  let completed = false;
  const failure: Buffer[] = [];

  /** Looks at every line of a text; true = it holds a failure event, which was kept with all that follows it. */
  const search = (text: Buffer, { lineStart, nameAt, kindAt }: Format): boolean => {
    for (let at = text.indexOf(lineStart); at !== -1; at = text.indexOf(lineStart, at + nameAt)) {
      if (text[at + nameAt] !== ERROR_INITIAL && !KIND_INITIALS.has(text[at + kindAt] ?? 0)) continue;
      const name = text.toString('latin1', at + nameAt, at + HEAD_BYTES);
      if (COMPLETED.test(name)) completed = true;
      if (!FAILED.test(name)) continue;
      keep(failure, text.subarray(at));
      return true;
    }
    return false;
  };

  return {
    push(bytes) {
      const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (failure.length > 0) {
        keep(failure, chunk);
        return;
      }
      lines ??= chunk.includes('event: ') ? NAMED : UNNAMED;
      const seam = open.length === 0 ? open : Buffer.concat([open, chunk.subarray(0, HEAD_BYTES)]);
      if (search(seam, lines)) {
        keep(failure, chunk.subarray(HEAD_BYTES));
        return;
      }
      if (!search(chunk, lines)) open = unfinished(open, chunk);
    },
    isCompleted: () => completed && failure.length === 0,
    verdict() {
      if (failure.length > 0) return { kind: 'failed', data: dataOf(Buffer.concat(failure).toString('utf8')) };
      return completed ? { kind: 'completed' } : null;
    },
  };
}

function keep(parts: Buffer[], chunk: Buffer): void {
  const kept = parts.reduce((bytes, part) => bytes + part.length, 0);
  if (kept < FAILURE_BYTES_MAX) parts.push(Buffer.from(chunk.subarray(0, FAILURE_BYTES_MAX - kept)));
}

function unfinished(open: Buffer, chunk: Buffer): Buffer {
  const at = chunk.lastIndexOf(NEWLINE);
  const line = at === -1 ? Buffer.concat([open, chunk.subarray(0, HEAD_BYTES)]) : chunk.subarray(at);
  return Buffer.from(line.length < HEAD_BYTES ? line : []);
}

function dataOf(event: string): string {
  return /\ndata: ?([^\n]*)/.exec(event)?.[1] ?? '';
}

function format(lineStart: string): Format {
  const nameAt = lineStart.length;
  return { lineStart: Buffer.from(lineStart), nameAt, kindAt: nameAt + 'response.'.length };
}
