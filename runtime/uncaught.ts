import { ERRORS } from '../contract/errors.ts';
import type { Log } from './log.ts';

/** The part of `process` that such an end needs. */
export interface FallibleProcess {
  on: (event: 'uncaughtException' | 'unhandledRejection', listener: (reason: unknown) => void) => unknown;
  exit: (code: number) => unknown;
}

/**
 * Ends this process at an exception or rejection that nobody foresaw, with a line in the log and the exit code of INTERNAL.
 * Why: a process that goes on may hold half a truth, and its starter starts a new one; Node itself would print the message as it is, secrets and all.
 */
export function endAtUncaught(process: FallibleProcess, log: Log): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (reason) => {
      log.error({ code: 'INTERNAL', event, err: reason }, 'this process ends because of an exception nobody foresaw');
      process.exit(ERRORS.INTERNAL.exit);
    });
  }
}
