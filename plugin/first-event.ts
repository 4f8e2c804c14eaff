/**
 * The beginning of a streamed answer. Shape: `held` are the chunks read so far, in order; they still have to be
 * handed on.
 */
export interface Opening {
  readonly held: readonly Uint8Array[];
  readonly ended: boolean;
  /** The JSON of a failure event that stands before any output; null = there is none. */
  readonly failure: string | null;
}

/** Where chunks come from. */
export type ChunkReader = Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'>;

/**
 * An opening longer than this is handed on as it is, in bytes. The first event repeats instructions and tools, some
 * 30 kB.
 */
const OPENING_BYTES_MAX = 512 * 1_024;
/** An unfinished event shows its type within so many first characters. */
const TYPE_CHARS_MAX = 1_024;

/**
 * Events that come before output and promise nothing. OpenCode itself waits for the first event that is none of
 * these.
 */
const PREAMBLE = new Set([
  'response.created',
  'response.queued',
  'response.in_progress',
  'codex.rate_limits',
  'keepalive',
]);
const FAILURES = new Set(['response.failed', 'error']);

/**
 * Reads a stream up to its first event that is output or failure.
 * Why: until then nothing was handed to the host, so a refusal that comes as an event instead of a status can still
 * be moved to another account.
 */
export async function readOpening(reader: ChunkReader, onFirstByte: () => void): Promise<Opening> {
  const held: Uint8Array[] = [];
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { held, ended: true, failure: null };
    if (held.length === 0) onFirstByte();
    held.push(value);
    bytes += value.byteLength;
    text += decoder.decode(value, { stream: true });
    const decided = firstThatMatters(text);
    if (decided !== null) return { held, ended: false, failure: decided.failure };
    if (bytes > OPENING_BYTES_MAX) return { held, ended: false, failure: null };
  }
}

/** Looks at one event after the other and at none beyond; null = nothing that matters has come yet. */
function firstThatMatters(text: string): Pick<Opening, 'failure'> | null {
  const boundary = /\r?\n\r?\n/g;
  let begin = 0;
  for (let end = boundary.exec(text); end !== null; end = boundary.exec(text)) {
    const found = whatMatters(text.slice(begin, end.index));
    if (found !== null) return found;
    begin = boundary.lastIndex;
  }
  const type = typeOf(text.slice(begin, begin + TYPE_CHARS_MAX));
  return type === '' || PREAMBLE.has(type) || FAILURES.has(type) ? null : { failure: null };
}

function whatMatters(event: string): Pick<Opening, 'failure'> | null {
  const data = /^data: ?(.*)$/m.exec(event)?.[1];
  if (data === undefined) return null;
  const type = typeOf(event);
  if (FAILURES.has(type)) return { failure: data };
  return PREAMBLE.has(type) ? null : { failure: null };
}

function typeOf(event: string): string {
  return /^event: ?([\w.]+)\r?\n/m.exec(event)?.[1] ?? /^data: ?\{\s*"type"\s*:\s*"([\w.]+)"/m.exec(event)?.[1] ?? '';
}
