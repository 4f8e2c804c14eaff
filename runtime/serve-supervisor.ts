import { randomUUID } from 'node:crypto';

import type { Handlers, OperationTable } from '../contract/operation.ts';
import type { Log } from './log.ts';
import { openConnection } from './rpc/connection.ts';
import { serve } from './rpc/serve.ts';
import { onShutdown } from './shutdown.ts';
import { endAtUncaught } from './uncaught.ts';

/** What a child of the supervisor does. */
export interface ChildService<T extends OperationTable> {
  readonly name: string;
  readonly table: T;
  readonly handlers: Handlers<T>;
  /** Time to end in order when the supervisor is gone, in milliseconds. */
  readonly closeDeadlineMs: number;
  readonly log: Log;
  close: () => Promise<void>;
}

/**
 * Serves the supervisor on the standard streams of a child process, until it is gone or a signal comes.
 * Why: standard output carries the protocol and nothing else; one stray line there would jam it.
 */
export function serveSupervisor<T extends OperationTable>(process: NodeJS.Process, service: ChildService<T>): void {
  const { name, table, handlers, closeDeadlineMs, log, close } = service;
  endAtUncaught(process, log);
  const connection = openConnection(process.stdin, process.stdout);
  serve(connection, table, handlers, {
    connectionId: 'supervisor',
    actor: 'supervisor',
    requestId: () => randomUUID(),
    onError: (error, { operation, requestId }) =>
      log.error({ operation, requestId, err: error }, 'an operation failed'),
  });
  const shutdown = onShutdown({
    process,
    deadlineMs: closeDeadlineMs,
    close: async () => {
      await close();
      log.close();
    },
    failed: (error) => {
      log.error({ err: error }, `the ${name} did not end in order`);
      log.close();
    },
  });
  connection.onClose(() => void shutdown('the supervisor is gone'));
}
