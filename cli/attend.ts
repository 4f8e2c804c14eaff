import { access } from 'node:fs/promises';

import { OmaError } from '../contract/errors.ts';
import type { Context } from './context.ts';
import type { Demo } from './demo.ts';
import { stopAndWait } from './running.ts';
import type { Session } from './session.ts';

/** A demo whose supervisor dies is brought back so often. */
const REVIVALS_MAX = 5;
const GIVEN_UP = `The demo is over: its supervisor has ended by itself more than ${String(REVIVALS_MAX)} times`;

/**
 * Stays with a supervisor until Ctrl-C, then stops it, or until somebody else stops it; one that dies is started again in a demo only.
 * Errors: SUPERVISOR_NOT_RUNNING when it died, SUPERVISOR_RUNNING when another took the place of the demo's.
 * Why: whoever asks next would start an ordinary supervisor, and the simulated accounts would be gone without a word.
 */
export async function attend(context: Context, first: Session, demo: Demo | null): Promise<void> {
  let session = first;
  for (let revivals = 0; ; revivals += 1) {
    const why = await endOf(context, session, demo);
    if (why === 'provider ended') context.stderr.write('The simulated provider has ended, and the demo with it.\n');
    if (why === 'provider ended' || why === 'interrupted') return stopAndWait(context, session);
    if (why === 'stopped') return void context.stderr.write('The supervisor has stopped.\n');
    if (demo === null) throw died('The supervisor has ended by itself', 'oma up');
    if (revivals === REVIVALS_MAX) throw died(GIVEN_UP, 'oma up --demo');
    session = await revive(context, demo);
    context.stderr.write('The supervisor of the demo ended by itself and was started again.\n');
  }
}

type End = 'stopped' | 'died' | 'interrupted' | 'provider ended';

async function endOf(context: Context, session: Session, demo: Demo | null): Promise<End> {
  const ended = new Promise<'ended'>((tell) => {
    session.onClose(() => tell('ended'));
  });
  const interrupted = new Promise<'interrupted'>((tell) => {
    context.signal.addEventListener('abort', () => tell('interrupted'), { once: true });
    if (context.signal.aborted) tell('interrupted');
  });
  const why = await Promise.race([ended, interrupted, ...(demo === null ? [] : [demo.provider.ended])]);
  if (why !== 'ended') return why ?? 'provider ended';
  // A supervisor that stops in order takes its socket away; one that dies leaves it behind.
  return access(context.paths().socketPath).then(
    () => 'died',
    () => 'stopped',
  );
}

async function revive(context: Context, { command }: Demo): Promise<Session> {
  const session = await context.connect({ start: command, closeOnAbort: false });
  if (session.hello.demo) return session;
  session.close();
  throw new OmaError(
    'SUPERVISOR_RUNNING',
    `The demo has ended: its supervisor died, and one with your own accounts has taken its place (pid ${String(session.hello.pid)}) — stop that with \`oma down\`, then \`oma up --demo\``,
    { pid: session.hello.pid, demo: false },
  );
}

function died(what: string, again: string): OmaError {
  return new OmaError(
    'SUPERVISOR_NOT_RUNNING',
    `${what} — \`oma logs\` says why, unless it was killed; \`${again}\` starts it again`,
  );
}
