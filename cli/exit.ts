import { type ErrorBody, type ErrorCode, ERRORS, isErrorCode, isOmaError, OmaError } from '../contract/errors.ts';
import { redactSecrets } from '../runtime/redact.ts';
import { plain } from './render/plain.ts';

/** Exit codes that stand for no error of the table. */
export const EXIT = {
  ok: 0,
  /** The command did its work, but something it looked at is not well: a probe without a result, a store with problems. */
  unwell: 1,
  /** The Node is too old for oma: something that it needs is not there. */
  tooOld: 69,
  /** Ended by Ctrl-C, as shells write it. */
  interrupted: 130,
} as const;

/** Turns anything thrown into the error to show. Why: a person gets one line and never a stack trace. */
export function asOmaError(error: unknown): OmaError {
  if (isOmaError(error)) return error;
  const cause = redactSecrets(error instanceof Error ? error.message : String(error));
  return new OmaError('INTERNAL', `oma made a mistake: ${cause} — please report it; \`oma logs\` may say more`);
}

/** Tells the exit code of an error. */
export function exitCodeOf(error: OmaError): number {
  return ERRORS[error.code].exit;
}

/** Writes an error the way every door does; `ownId` names it when the supervisor gave it no id. */
export function errorBody(error: OmaError, ownId: string): ErrorBody {
  const { code, message } = error;
  const { requestId = ownId, ...details } = { ...error.details };
  return { code, message, ...(Object.keys(details).length === 0 ? {} : { details }), requestId: String(requestId) };
}

/** Writes an error as the one line for people. */
export function errorLine({ code, message, details }: OmaError): string {
  const requestId = details?.['requestId'];
  const where =
    code === 'INTERNAL' && typeof requestId === 'string' ? ` — \`oma logs\` shows it under ${requestId}` : '';
  return `oma: ${plain(message + where)}`;
}

/** Every error code there is. */
export const ERROR_CODES: readonly ErrorCode[] = Object.keys(ERRORS).filter(isErrorCode);
