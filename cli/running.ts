import { setTimeout as sleep } from 'node:timers/promises';

import { isOmaError, OmaError } from '../contract/errors.ts';
import type { Context } from './context.ts';
import { withProgress } from './progress.ts';
import { AS_IS, type Session } from './session.ts';

/** A supervisor that has not ended by then is reported, in milliseconds. */
const STOP_MAX_MS = 20_000;
const LOOK_EVERY_MS = 25;

/** Connects to the supervisor that runs; null when none does. */
export async function connectIfRunning(context: Context): Promise<Session | null> {
  try {
    return await context.connect(AS_IS);
  } catch (error) {
    if (isOmaError(error, 'SUPERVISOR_NOT_RUNNING')) return null;
    throw error;
  }
}

/**
 * Stops a supervisor in order, waits until its process is gone, and closes the session.
 * Errors: DEADLINE_EXCEEDED with the process id.
 * Why: only then are socket, lock and store free for the next one.
 */
export function stopAndWait(context: Context, session: Session): Promise<void> {
  return withProgress(context.stderr, 'Stopping the supervisor', stop(context, session));
}

async function stop(context: Context, session: Session): Promise<void> {
  const { pid } = session.hello;
  const giveUpAt = context.now() + STOP_MAX_MS;
  try {
    await session.client['supervisor.stop']({});
  } finally {
    session.close();
  }
  while (context.isAlive(pid)) {
    if (context.now() > giveUpAt) throw tooLong(pid);
    await sleep(LOOK_EVERY_MS);
  }
}

function tooLong(pid: number): OmaError {
  return new OmaError(
    'DEADLINE_EXCEEDED',
    `The supervisor (pid ${String(pid)}) was told to stop and has not — \`oma logs\` says what it waits for; \`kill ${String(pid)}\` ends it`,
    { pid },
  );
}
