import { isOmaError, type OmaError } from '../../contract/errors.ts';
import type { CallContext, Handlers, Operation, OperationTable } from '../../contract/operation.ts';
import { redactSecrets, redactSecretsIn } from '../redact.ts';
import type { Connection } from './connection.ts';
import { parseParams } from './dispatch.ts';
import type { IncomingCall } from './incoming-calls.ts';
import { bareRefusal, Refusal } from './wire-error.ts';

/** Characters of an unknown operation's name that are repeated to the caller. */
const NAME_LENGTH_MAX = 64;

/** Who is at the other end, and who hears of the failures that the peer must not see. */
export interface ServeContext {
  readonly connectionId: string;
  /** Read at every call, so it may be a getter that changes once the peer has said hello. */
  readonly actor: string;
  /** Makes the id of the next call. */
  requestId: () => string;
  /** Gets the cause of every INTERNAL. */
  onError: (error: unknown, call: { readonly operation: string; readonly requestId: string }) => void;
}

/**
 * Answers the operations of a table over a connection.
 * Shape: parameters are parsed before the handler sees them; handlers of one connection overlap.
 * Errors: an OmaError that the operation lists crosses the wire; anything else becomes INTERNAL, and only `onError` sees the cause.
 */
// The four parts are what every caller has at hand; an options object would only wrap them.
// eslint-disable-next-line max-params
export function serve<T extends OperationTable>(
  connection: Pick<Connection, 'onRequest'>,
  table: T,
  handlers: Handlers<T>,
  context: ServeContext,
): void {
  const served = new Map<string, ServedOperation>();
  for (const [name, operation] of Object.entries(table)) {
    served.set(name, { name, operation, handle: handlers[name] as unknown as Handle, context });
  }
  connection.onRequest((method, params, call) => {
    const operation = served.get(method);
    return operation === undefined ? refuseUnknown(method, context) : answer(operation, params, call);
  });
}

type Handle = (params: unknown, context: CallContext) => unknown;

interface ServedOperation {
  readonly name: string;
  readonly operation: Operation;
  readonly handle: Handle;
  readonly context: ServeContext;
}

function answer(served: ServedOperation, params: unknown, call: IncomingCall): unknown {
  const context = new ServedCall(served.context, call);
  try {
    const result = served.handle(parseParams(served.name, served.operation, params), context);
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => refuse(served, error, context));
  } catch (error) {
    return refuse(served, error, context);
  }
}

/** What a handler knows of its call. */
class ServedCall implements CallContext {
  readonly requestId: string;
  readonly connectionId: string;
  readonly actor: string;
  readonly #call: IncomingCall;

  constructor(context: ServeContext, call: IncomingCall) {
    this.requestId = context.requestId();
    this.connectionId = context.connectionId;
    this.actor = context.actor;
    this.#call = call;
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }
}

function refuse(served: ServedOperation, error: unknown, { requestId, signal }: CallContext): unknown {
  if (isOmaError(error) && mayTell(served.operation, error)) {
    const details = error.details === undefined ? {} : { details: redactSecretsIn(error.details) };
    return new Refusal({ code: error.code, message: redactSecrets(error.message), ...details, requestId });
  }
  const isGivenUp = signal.aborted && error === signal.reason;
  if (!isGivenUp) served.context.onError(error, { operation: served.name, requestId });
  return bareRefusal(requestId);
}

function mayTell(operation: Operation, error: OmaError): boolean {
  return error.code === 'INVALID_PARAMS' || operation.errors.includes(error.code);
}

function refuseUnknown(method: string, context: ServeContext): unknown {
  const name = redactSecrets(method.slice(0, NAME_LENGTH_MAX));
  const message = `There is no operation ${name} here. Check that both sides run the same version of oma.`;
  return new Refusal({ code: 'NOT_FOUND', message, requestId: context.requestId() });
}
