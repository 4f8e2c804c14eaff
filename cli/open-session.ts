import { PROTOCOL_VERSION } from '../contract/handshake.ts';
import type { OperationTable } from '../contract/operation.ts';
import { OPERATIONS } from '../contract/operations.ts';
import { connectOrStart } from '../runtime/connect.ts';
import { passedOn } from '../runtime/passed-on.ts';
import { createClient } from '../runtime/rpc/client.ts';
import type { StartCommand } from '../runtime/start-supervisor.ts';
import type { Context } from './context.ts';
import { withProgress } from './progress.ts';
import type { Session, SessionOptions } from './session.ts';

/** Starting the supervisor and saying hello may take so long, in milliseconds. */
const CONNECT_MS = 20_000;

/**
 * Connects to the supervisor.
 * Errors: SUPERVISOR_NOT_RUNNING, SUPERVISOR_START_FAILED or what the supervisor reports, SUPERVISOR_INCOMPATIBLE, SOCKET_FOREIGN, SOCKET_PATH_TOO_LONG.
 */
export async function openSession(context: Context, { start, closeOnAbort = true }: SessionOptions): Promise<Session> {
  const { build, pid, signal } = context;
  const connecting = connectOrStart({
    socketPath: context.paths().socketPath,
    hello: { protocolVersion: PROTOCOL_VERSION, ...build, pid, kind: 'cli', host: null },
    start: startWith(context, start),
    deadlineMs: CONNECT_MS,
    signal,
  });
  const { client, connection, hello } = await withProgress(context.stderr, 'Waiting for the supervisor', connecting);
  const close = (): void => {
    signal.removeEventListener('abort', close);
    connection.dispose();
  };
  if (closeOnAbort) signal.addEventListener('abort', close, { once: true });
  return {
    hello,
    client,
    byName: createClient<OperationTable>(connection, OPERATIONS),
    onClose: (handle) => connection.onClose(handle),
    close,
  };
}

/** Says how this command line would start a supervisor with these arguments. */
export function supervisorCommand({ programs, environment }: Context, args: readonly string[] = []): StartCommand {
  return { command: programs.node, args: [programs.supervisor, ...args], env: passedOn(environment) };
}

function startWith(context: Context, start: SessionOptions['start']): StartCommand | null {
  if (typeof start === 'object') return start;
  return start && context.env().AUTOSTART !== false ? supervisorCommand(context) : null;
}
