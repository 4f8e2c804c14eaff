import { OmaError } from '../../contract/errors.ts';

/** The call could not be answered because the line to the peer is gone. */
export function connectionClosed(reason: OmaError | null): OmaError {
  const why = reason === null ? '' : ` ${reason.message}`;
  return new OmaError(
    'CONNECTION_CLOSED',
    `The connection to the other process ended, so calls without an answer may or may not have happened.${why} Try again.`,
    reason === null ? undefined : { reason: reason.code },
    reason ?? undefined,
  );
}

/** One call more than a connection takes was made. */
export function tooManyCalls(): OmaError {
  return new OmaError(
    'TOO_MANY_CALLS',
    'Too many calls on this connection have no answer yet, so this one was refused. Wait for some of them and try again.',
  );
}

/** The peer let more bytes pile up than oma keeps for it. */
export function peerDoesNotRead(): OmaError {
  return new OmaError(
    'CONNECTION_CLOSED',
    'The other side stopped reading, so what was meant for it was dropped. Restart it.',
  );
}

/** The answer to a call is larger than a message may be. */
export function answerTooLarge(): OmaError {
  return new OmaError('FRAME_TOO_LARGE', 'The answer is larger than a message may be. Ask for less at once.');
}

/** The call itself is larger than a message may be. */
export function callTooLarge(method: string): OmaError {
  return new OmaError('FRAME_TOO_LARGE', `The call ${method} is larger than a message may be. Send less at once.`);
}

/** Nobody answered in time. */
export function deadlineExceeded(method: string, deadlineMs: number): OmaError {
  return new OmaError(
    'DEADLINE_EXCEEDED',
    `The call ${method} was not answered within ${deadlineMs} ms, so it was given up. Try again; if it goes on, restart the supervisor with oma down and oma up.`,
  );
}
