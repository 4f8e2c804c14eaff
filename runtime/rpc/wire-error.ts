import { ErrorCodes, ResponseError } from 'vscode-jsonrpc/node';

import { type ErrorBody, errorBodySchema, type ErrorCode, OmaError } from '../../contract/errors.ts';
import { callTooLarge } from './line-errors.ts';
import { MESSAGE_TOO_LARGE } from './message-writer.ts';

/** Number of every failure that JSON-RPC has no number for; the code in `data` says which it is. */
const REFUSED = -32_000;
const RPC_NUMBERS: Readonly<Partial<Record<ErrorCode, number>>> = {
  INVALID_JSON: ErrorCodes.ParseError,
  INVALID_PARAMS: ErrorCodes.InvalidParams,
  NOT_FOUND: ErrorCodes.MethodNotFound,
  INTERNAL: ErrorCodes.InternalError,
};

/** Makes the answer that refuses a call; what a request handler returns instead of a result. */
export function refusal(body: ErrorBody): ResponseError<ErrorBody> {
  return new ResponseError(RPC_NUMBERS[body.code] ?? REFUSED, body.message, body);
}

/** Makes an OmaError of whatever a call was answered with; a code that this version does not know becomes INTERNAL. */
export function fromWire(error: unknown, method: string): OmaError {
  if (!(error instanceof ResponseError)) return new OmaError('INTERNAL', `The call ${method} failed.`, undefined, error);
  if (error.message === MESSAGE_TOO_LARGE) return callTooLarge(method);
  const body = errorBodySchema.safeParse(error.data);
  if (body.success) return new OmaError(body.data.code, body.data.message, withRequestId(body.data));
  return new OmaError('INTERNAL', `The call ${method} failed in a way this oma does not know. Check that both sides run the same version.`);
}

function withRequestId(body: ErrorBody): Record<string, unknown> {
  return { ...body.details, requestId: body.requestId };
}
