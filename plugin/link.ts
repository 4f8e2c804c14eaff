import { type ErrorCode, isOmaError, OmaError } from '../contract/errors.ts';
import type { OmaEvent } from '../contract/event.ts';
import type { Client } from '../contract/operation.ts';
import type { Operations } from '../contract/operations.ts';
import type { EpochMs } from '../contract/scalars.ts';
import { redact } from '../runtime/redact.ts';
import { type Backoff, backoffMs } from './backoff.ts';
import type { Wait } from './wait.ts';

/** An open line to the supervisor. */
export interface Line {
  readonly client: Client<Operations>;
  readonly onClose: (told: () => void) => void;
  /** Is told what the supervisor says by itself, once this line has subscribed. */
  readonly onEvent: (told: (event: OmaEvent) => void) => void;
  readonly dispose: () => void;
}

export interface LinkDeps {
  /** Connects, or starts the supervisor and connects; rejects with OmaError after a deadline of its own. */
  readonly connect: () => Promise<Line>;
  readonly now: () => EpochMs;
  readonly random: () => number;
  readonly wait: Wait;
}

/** The one connection of this process: opened when it is needed, opened anew when it is lost, never twice at once. */
export interface Link {
  readonly current: () => Line | null;
  readonly open: () => Promise<Line>;
  /** Since when there has been no connection; null = there is one, or there never was. */
  readonly goneSince: () => EpochMs | null;
  /** Whether the last try failed, so that the next one comes after a pause. */
  readonly isPausing: () => boolean;
  /** Gives up a connection that does not answer any more. */
  readonly drop: (line: Line) => void;
  readonly close: () => void;
}

/** Failures that say nobody is there, rather than that a call was refused. */
const GONE: readonly ErrorCode[] = [
  'SUPERVISOR_NOT_RUNNING',
  'SUPERVISOR_START_FAILED',
  'CONNECTION_CLOSED',
  'DEADLINE_EXCEEDED',
];

const RECONNECT: Backoff = { baseMs: 100, maxMs: 5_000 };

/** Makes a link that is not connected yet. */
export function createLink({ connect, now, random, wait }: LinkDeps): Link {
  let line: Line | null = null;
  let opening: Promise<Line> | null = null;
  let failures = 0;
  let goneSince: EpochMs | null = null;

  const lose = (lost: Line): void => {
    if (line !== lost) return;
    line = null;
    goneSince = now();
  };

  const dial = async (): Promise<Line> => {
    if (failures > 0) await wait(backoffMs(failures - 1, RECONNECT, random()), null);
    try {
      const opened = await connect();
      line = opened;
      failures = 0;
      goneSince = null;
      opened.onClose(() => lose(opened));
      return opened;
    } catch (error) {
      failures += 1;
      throw isOmaError(error) ? error : unreachable(error);
    }
  };

  return {
    current: () => line,
    open() {
      if (line !== null) return Promise.resolve(line);
      opening ??= dial().finally(() => {
        opening = null;
      });
      return opening;
    },
    goneSince: () => goneSince,
    isPausing: () => line === null && failures > 0,
    drop(lost) {
      lose(lost);
      lost.dispose();
    },
    close() {
      line?.dispose();
    },
  };
}

/** Tells whether an error is the absence of a supervisor. */
export function isGone(error: unknown): boolean {
  return isOmaError(error) && GONE.includes(error.code);
}

function unreachable(error: unknown): OmaError {
  const why = error instanceof Error ? redact(error.message) : 'unknown error';
  return new OmaError(
    'SUPERVISOR_START_FAILED',
    `The supervisor cannot be reached (${why}). Look at "oma doctor".`,
    {},
    error,
  );
}
