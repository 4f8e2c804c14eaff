import * as z from 'zod';

/**
 * Says how each deliberate failure leaves oma.
 * Shape: code -> HTTP status, CLI exit code, whether the same call may succeed later without anybody acting, one sentence of meaning.
 * Why: doors look codes up here, so none of them needs a switch.
 */
export const ERRORS = {
  // the call itself
  INVALID_PARAMS: row(400, 2, false, 'The call has missing, unknown or wrong fields.'),
  INVALID_JSON: row(400, 2, false, 'The body is not JSON.'),
  USAGE: row(400, 2, false, 'The command line was not understood.'),
  NOT_FOUND: row(404, 2, false, 'There is no such address.'),
  METHOD_NOT_ALLOWED: row(405, 2, false, 'The address exists, but not for this method.'),
  PAYLOAD_TOO_LARGE: row(413, 2, false, 'The body is larger than oma accepts.'),
  UNSUPPORTED_MEDIA_TYPE: row(415, 2, false, 'The body must be application/json.'),
  UNAUTHORIZED: row(401, 4, false, 'The launch token or session cookie is missing or wrong.'),
  FORBIDDEN_HOST: row(403, 4, false, 'The Host header is not this dashboard.'),
  FORBIDDEN_ORIGIN: row(403, 4, false, 'The request comes from another web page.'),
  CSRF_REQUIRED: row(403, 4, false, 'A change needs the CSRF header.'),
  TOO_MANY_ATTEMPTS: row(429, 4, true, 'Too many wrong tokens were tried.'),
  FEATURE_DISABLED: row(403, 4, false, 'This feature is switched off.'),
  INTERNAL: row(500, 70, false, 'oma made a mistake; its log has the cause under the request id.'),
  DEADLINE_EXCEEDED: row(504, 75, true, 'The answer did not come in time.'),
  // accounts
  ACCOUNT_NOT_FOUND: row(404, 3, false, 'No account has this alias.'),
  ALIAS_TAKEN: row(409, 3, false, 'Another account has this alias.'),
  SEAT_EXISTS: row(409, 3, false, 'This seat (workspace and user) is already an account.'),
  ALREADY_ENABLED: row(409, 3, false, 'The account is enabled already.'),
  ALREADY_DISABLED: row(409, 3, false, 'The account is disabled already.'),
  LAST_ENABLED_ACCOUNT: row(409, 3, false, 'The last enabled account cannot be disabled.'),
  OPERATION_IN_PROGRESS: row(409, 75, true, 'The same kind of change is still running for this account.'),
  ACCOUNT_DISABLED: row(409, 3, false, 'The account is disabled.'),
  ACCOUNT_NEEDS_LOGIN: row(409, 3, false, 'The account must be logged in again.'),
  IDENTITY_MISMATCH: row(
    409,
    3,
    false,
    'Another person or workspace logged in, not the one that this alias stands for.',
  ),
  NO_ELIGIBLE_ACCOUNTS: row(503, 6, true, 'No account can serve this request now.'),
  LEASE_NOT_FOUND: row(404, 3, false, 'The lease is unknown or was reported already.'),
  // force and settings
  ACCOUNT_INELIGIBLE: row(409, 3, true, 'The account cannot serve now, so it cannot be forced.'),
  FORCE_NOT_ACTIVE: row(409, 3, false, 'No account is forced.'),
  INVALID_SETTINGS: row(400, 2, false, 'A setting is out of its bounds.'),
  SETTING_LOCKED: row(409, 3, false, 'The environment or the runtime configuration holds this setting.'),
  CONFIG_INVALID: row(400, 78, false, 'The configuration file or environment is not valid.'),
  // logins and credentials
  LOGIN_NOT_FOUND: row(404, 3, false, 'This login is unknown or long over.'),
  LOGIN_CANCELLED: row(409, 3, false, 'The login was cancelled.'),
  LOGIN_TIMED_OUT: row(408, 75, true, 'Nobody finished the login in time.'),
  LOGIN_REFUSED: row(502, 3, false, 'The provider refused the login.'),
  LOGIN_PORTS_BUSY: row(409, 75, true, 'Ports 1455 and 1457, the only ones the provider accepts, are in use.'),
  UPSTREAM_UNREACHABLE: row(502, 69, true, 'The provider cannot be reached.'),
  UPSTREAM_INVALID_ANSWER: row(502, 69, false, 'The provider answered in a way oma does not understand.'),
  REFRESH_REJECTED: row(502, 3, false, 'The provider no longer accepts this login.'),
  IMPORT_INVALID: row(400, 65, false, 'The file to import is not in a known format.'),
  IMPORT_NOT_FOUND: row(404, 66, false, 'There is nothing to import there.'),
  BACKUP_OLDER: row(409, 3, false, 'The store has newer logins than the backup.'),
  // probes
  PROBE_NOT_FOUND: row(404, 3, false, 'This probe is unknown or long over.'),
  UNSUPPORTED_CODEX: row(409, 69, false, 'The codex binary is missing, too old or unknown.'),
  // processes
  SUPERVISOR_NOT_RUNNING: row(503, 7, true, 'The supervisor is not running.'),
  SUPERVISOR_RUNNING: row(409, 7, false, 'A supervisor is running already.'),
  SUPERVISOR_START_FAILED: row(503, 7, false, 'The supervisor could not be started.'),
  SUPERVISOR_INCOMPATIBLE: row(409, 7, false, 'The running supervisor is of another version.'),
  CHILD_UNAVAILABLE: row(503, 75, true, 'A helper process is down; the supervisor restarts it.'),
  CONNECTION_CLOSED: row(503, 75, true, 'The connection ended before the answer.'),
  TOO_MANY_CALLS: row(429, 75, true, 'Too many calls on one connection have no answer yet.'),
  FRAME_TOO_LARGE: row(413, 76, false, 'A message was larger than the protocol allows.'),
  SOCKET_PATH_TOO_LONG: row(500, 78, false, 'The path of the Unix socket is longer than the system allows.'),
  SOCKET_FOREIGN: row(403, 77, false, 'The socket or its directory belongs to somebody else.'),
  NON_LOOPBACK_HOST: row(400, 78, false, 'oma listens on loopback only.'),
  PORT_UNAVAILABLE: row(409, 78, false, 'No port for the dashboard is free.'),
  // store
  STORE_DAMAGED: row(500, 65, false, 'The store file is damaged and no good snapshot exists.'),
  STORE_TOO_NEW: row(500, 65, false, 'A newer oma wrote the store.'),
  STORE_UNREADABLE: row(500, 77, false, 'The store cannot be read.'),
  STORE_UNWRITABLE: row(507, 74, true, 'The store cannot be written; nothing was changed.'),
  STORE_PASSPHRASE_REQUIRED: row(500, 78, false, 'The store is encrypted and no passphrase was given.'),
  STORE_PASSPHRASE_WRONG: row(500, 78, false, 'The passphrase does not open the store.'),
} as const satisfies Record<string, ErrorRow>;

/** How a failure shows outside: HTTP status, process exit code, whether waiting alone may help. */
export interface ErrorRow {
  readonly http: number;
  readonly exit: number;
  readonly retry: boolean;
  readonly meaning: string;
}

/** A code of the table. */
export type ErrorCode = keyof typeof ERRORS;

/** Accepts exactly the codes of the table. */
export const errorCodeSchema = z.string().refine(isErrorCode);

/** Extra facts of a failure: JSON only, never a secret, an e-mail or a home path. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** What every door sends for a failure. */
export const errorBodySchema = z.object({
  code: errorCodeSchema,
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
  requestId: z.string(),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** The one deliberate failure: a code of the table, a message that says what happened, what it means and what to do next. */
export class OmaError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails | undefined;

  // eslint-disable-next-line max-params -- these four are what a failure consists of.
  constructor(code: ErrorCode, message: string, details?: ErrorDetails, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'OmaError';
    this.code = code;
    this.details = details;
  }
}

/** Tells whether a string is a code of the table. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

/** Tells whether a thrown value is a deliberate failure with this code, or with any if none is given. */
export function isOmaError(error: unknown, code?: ErrorCode): error is OmaError {
  return error instanceof OmaError && (code === undefined || error.code === code);
}

// eslint-disable-next-line max-params -- the columns of the table above, in its order.
function row(http: number, exit: number, retry: boolean, meaning: string): ErrorRow {
  return { http, exit, retry, meaning };
}
