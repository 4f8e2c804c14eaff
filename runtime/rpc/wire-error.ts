import { ErrorCodes, ResponseError } from 'vscode-jsonrpc/node';

import { type ErrorBody, errorBodySchema, ERRORS, OmaError } from '../../contract/errors.ts';
import { callTooLarge } from './line-errors.ts';
import { MESSAGE_TOO_LARGE } from './message-writer.ts';

/** Number of every failure that JSON-RPC has no number for; the code in its data says which it is. */
const REFUSED = -32_000;
const NUMBERS = new Map<string, number>([
  ['INVALID_JSON', ErrorCodes.ParseError],
  ['INVALID_PARAMS', ErrorCodes.InvalidParams],
  ['NOT_FOUND', ErrorCodes.MethodNotFound],
  ['INTERNAL', ErrorCodes.InternalError],
]);

/** What a call is answered with instead of a result. */
export class Refusal {
  readonly body: ErrorBody;

  constructor(body: ErrorBody) {
    this.body = body;
  }

  /** Gives the error object of JSON-RPC. */
  toWire(): { readonly code: number; readonly message: string; readonly data: ErrorBody } {
    return { code: NUMBERS.get(this.body.code) ?? REFUSED, message: this.body.message, data: this.body };
  }
}

/** Refuses with an error of ours; for failures of the line itself, which no request id stands for. */
export function refusalOf({ code, message }: OmaError): Refusal {
  return new Refusal({ code, message, requestId: '' });
}

/** Refuses without saying why. Why: whatever went wrong may have a secret in its message. */
export function bareRefusal(requestId: string): Refusal {
  return new Refusal({ code: 'INTERNAL', message: ERRORS.INTERNAL.meaning, requestId });
}

/** Makes an OmaError of whatever a call was refused with; a code that this version does not know becomes INTERNAL. */
export function fromWire(error: unknown, method: string): OmaError {
  if (error instanceof ResponseError) {
    if (error.message === MESSAGE_TOO_LARGE) return callTooLarge(method);
    const body = errorBodySchema.safeParse(error.data);
    if (body.success)
      return new OmaError(body.data.code, body.data.message, { ...body.data.details, requestId: body.data.requestId });
  }
  return new OmaError(
    'INTERNAL',
    `The call ${method} failed in a way this oma does not know. Check that both sides run the same version.`,
  );
}

/** Reads from an error that answers no call why the peer is about to close the connection; null if it does not say. */
export function farewellReason(error: unknown): OmaError | null {
  const body = errorBodySchema.safeParse((error as { readonly data?: unknown } | null | undefined)?.data);
  return body.success ? new OmaError(body.data.code, body.data.message) : null;
}
