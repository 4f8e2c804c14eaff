import type { Context } from './context.ts';
import type { Session, SessionOptions } from './session.ts';

/**
 * Works with the supervisor and closes the connection afterwards.
 * Errors: SUPERVISOR_NOT_RUNNING, SUPERVISOR_START_FAILED, SUPERVISOR_INCOMPATIBLE and what `use` throws.
 */
export async function withSession<R>(
  context: Context,
  options: SessionOptions,
  use: (session: Session) => Promise<R>,
): Promise<R> {
  const session = await context.connect(options);
  try {
    return await use(session);
  } finally {
    session.close();
  }
}
