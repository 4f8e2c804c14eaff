import type { Endpoint } from './faults.ts';
import type { Note, SimRequest } from './request.ts';

export const LOG_ENTRIES_MAX = 10_000;

const HEADER_CHARS_MAX = 200;
const SECRET_HEADERS = ['authorization', 'cookie'];

/** How a request ended; `open` while it has not. */
export type Ending = 'open' | 'sent' | 'cut' | 'client-closed';

/** One request, without any token. */
export interface LogEntry extends Note {
  readonly seq: number;
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  /** null: not a byte was answered. */
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBytes: number;
  readonly ending: Ending;
}

/** Which requests are meant; absent fields fit all. */
export interface LogFilter {
  readonly endpoint?: Endpoint | undefined;
  readonly alias?: string | undefined;
  readonly sinceSeq?: number | undefined;
}

/** What was decided about a request before a byte was sent. */
export interface Answered {
  readonly note: Note;
  readonly status: number | null;
  readonly atMs: number;
}

export interface RequestLog {
  /** Adds a request and returns how to say its end. */
  readonly add: (request: SimRequest, what: Answered) => (ending: Ending) => void;
  readonly entries: (filter?: LogFilter) => readonly LogEntry[];
  /** Requests per endpoint and seat ("-" for nobody) since the start or the last clear; never trimmed. */
  readonly counts: () => Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly openCount: () => number;
  readonly clear: () => void;
}

/** Makes a log that keeps the newest requests. */
export function createRequestLog(): RequestLog {
  // In order of arrival; the first key is the oldest.
  const ring = new Map<number, LogEntry>();
  const open = new Set<number>();
  let seq = 0;
  let counts: Record<string, Record<string, number>> = {};

  const end = (mine: number, ending: Ending): void => {
    if (!open.delete(mine)) return;
    const entry = ring.get(mine);
    if (entry !== undefined) ring.set(mine, { ...entry, ending });
  };
  const forgetOldest = (): void => {
    const [oldest] = ring.keys();
    if (oldest !== undefined) ring.delete(oldest);
  };

  return {
    add(request, what) {
      seq += 1;
      const mine = seq;
      const { endpoint, alias } = what.note;
      open.add(mine);
      ring.set(mine, entryOf(mine, request, what));
      if (ring.size > LOG_ENTRIES_MAX) forgetOldest();
      const perSeat = (counts[endpoint] ??= {});
      perSeat[alias ?? '-'] = (perSeat[alias ?? '-'] ?? 0) + 1;
      return (ending) => end(mine, ending);
    },
    entries: (filter = {}) => [...ring.values()].filter((entry) => fits(entry, filter)),
    counts: () => structuredClone(counts),
    openCount: () => open.size,
    clear() {
      ring.clear();
      counts = {};
    },
  };
}

function entryOf(seq: number, request: SimRequest, what: Answered): LogEntry {
  const { method, path } = request;
  return {
    seq,
    method,
    path,
    ...what.note,
    atMs: what.atMs,
    status: what.status,
    headers: harmless(request.headers),
    bodyBytes: request.body.length,
    ending: 'open',
  };
}

function fits(entry: LogEntry, filter: LogFilter): boolean {
  if (filter.endpoint !== undefined && entry.endpoint !== filter.endpoint) return false;
  if (filter.alias !== undefined && entry.alias !== filter.alias) return false;
  return filter.sinceSeq === undefined || entry.seq > filter.sinceSeq;
}

function harmless(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !SECRET_HEADERS.includes(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, value.slice(0, HEADER_CHARS_MAX)]));
}
