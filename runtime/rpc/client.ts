import { OmaError } from '../../contract/errors.ts';
import type { CallOptions, Client, Operation, OperationTable } from '../../contract/operation.ts';
import type { Connection } from './connection.ts';

/**
 * Makes one function for each operation of the table, which calls the peer.
 * Shape: every call has a deadline and its result is parsed by the table's schema.
 * Errors: OmaError only, except that an aborted call rejects with the reason of its signal.
 */
export function createClient<T extends OperationTable>(connection: Pick<Connection, 'request'>, table: T): Client<T> {
  const client: Record<string, unknown> = {};
  for (const [name, operation] of Object.entries(table)) {
    const decode = decoder(name, operation);
    client[name] = (params: object, options?: CallOptions): Promise<unknown> =>
      connection.request(name, params, {
        deadlineMs: options?.deadlineMs ?? operation.deadlineMs,
        signal: options?.signal,
        decode,
      });
  }
  return client as Client<T>;
}

function decoder(name: string, operation: Operation): (answer: unknown) => unknown {
  return (answer) => {
    const parsed = operation.result.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw new OmaError(
      'INTERNAL',
      `The answer to ${name} has another form than this oma expects. Check that both sides run the same version.`,
      { problems: parsed.error.issues.length },
      parsed.error,
    );
  };
}
