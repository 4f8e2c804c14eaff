import nodeProcess from 'node:process';

import type { Logger } from 'pino';

import { type LineSink, openLogFile, openStderr } from './log-file.ts';
import { redact, RedactionMemory, redactValue } from './redact.ts';

/** How much is logged. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Facts of a log line. Shape: an error goes under `err`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes lines for people and machines; every text is redacted first. */
export interface Log {
  debug: (fields: LogFields, message: string) => void;
  info: (fields: LogFields, message: string) => void;
  warn: (fields: LogFields, message: string) => void;
  error: (fields: LogFields, message: string) => void;
  /** Makes a log whose lines carry these fields too. */
  child: (fields: LogFields) => Log;
  /** Writes everything logged so far and closes the file. */
  close: () => void;
}

/** How a log is made. Shape: `file` null = standard error. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly file: string | null;
  readonly name: string;
  readonly now?: () => number;
}

/** Lines kept until pino is loaded. */
const EARLY_LINES_MAX = 1_000;
/** Pino is loaded so long after the first line, in milliseconds; a start is over by then. */
const LOAD_DELAY_MS = 250;

const RANK = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
  silent: Number.POSITIVE_INFINITY,
} as const;
type LineLevel = 'debug' | 'info' | 'warn' | 'error';

interface Line {
  readonly level: LineLevel;
  readonly fields: object;
  readonly message: string;
}

/**
 * Makes the log of a process: JSON lines of pino.
 * Shape: an error is on disk when the call returns, any other line a moment later or when the process exits.
 * Why: pino is loaded after the start, which it would slow down; the first lines are written without it, in the same form.
 */
export function createLog({ level, file, name, now = Date.now }: LogOptions): Log {
  const sink = file === null ? openStderr() : openLogFile(file);
  return logOver(new LineWriter({ level, name, sink }), {}, now);
}

function logOver(writer: LineWriter, bound: LogFields, now: () => number): Log {
  const at = (level: LineLevel) => (fields: LogFields, message: string) => {
    if (!writer.takes(level)) return;
    writer.write({
      level,
      fields: { time: now(), ...writer.clean({ ...bound, ...fields }) },
      message: redact(message),
    });
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => logOver(writer, { ...bound, ...fields }, now),
    close: () => writer.close(),
  };
}

interface WriterOptions {
  readonly level: LogLevel;
  readonly name: string;
  readonly sink: LineSink;
}

class LineWriter {
  readonly #options: WriterOptions;
  readonly #memory = new RedactionMemory();
  readonly #onExit = (): void => this.#flush();
  #pino: Logger | null = null;
  #timer: NodeJS.Timeout | null = null;
  #early: Line[] = [];

  constructor(options: WriterOptions) {
    this.#options = options;
    nodeProcess.once('exit', this.#onExit);
  }

  takes(level: LineLevel): boolean {
    return RANK[level] >= RANK[this.#options.level];
  }

  clean(fields: LogFields): object {
    const clean = redactValue(fields, this.#memory);
    return typeof clean === 'object' && clean !== null ? clean : {};
  }

  write(line: Line): void {
    if (this.#pino !== null) this.#pino[line.level](line.fields, line.message);
    else {
      if (this.#early.length < EARLY_LINES_MAX) this.#early.push(line);
      this.#timer ??= setTimeout(() => void this.#loadPino(), LOAD_DELAY_MS).unref();
    }
    if (line.level === 'error') this.#flush();
  }

  close(): void {
    nodeProcess.off('exit', this.#onExit);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#flush();
    this.#options.sink.close();
  }

  #flush(): void {
    const { name, sink } = this.#options;
    for (const { level, fields, message } of this.#early) {
      sink.write(`${JSON.stringify({ level: RANK[level], name, pid: nodeProcess.pid, ...fields, msg: message })}\n`);
    }
    this.#early = [];
    sink.flush();
  }

  async #loadPino(): Promise<void> {
    // A bundled CommonJS module has its default only.
    const { default: pino } = await import('pino');
    this.#flush();
    const { level, name, sink } = this.#options;
    // Errors are plain by now; pino would only spread their causes over the text again.
    const serializers = { err: (error: unknown) => error };
    this.#pino = pino({ level, base: { name, pid: nodeProcess.pid }, timestamp: false, serializers }, sink);
  }
}
