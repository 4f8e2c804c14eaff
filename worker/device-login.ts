import * as z from 'zod';

import { OmaError } from '../contract/errors.ts';
import type { EpochMs } from '../contract/scalars.ts';
import type { Deps } from './deps.ts';
import { loginCancelled } from './login.ts';
import { CLIENT_ID, type Grant, loginRefused } from './oauth.ts';
import { type Answer, ask, errorCodeOf, type Failure, parseJson } from './upstream.ts';

/** A device login that waits for a person. */
export interface Device {
  readonly issuerUrl: string;
  readonly deviceAuthId: string;
  readonly userCode: string;
  readonly verificationUrl: string;
  readonly intervalMs: number;
  readonly expiresAtMs: EpochMs | null;
}

/**
 * Asks for a code that a person types on any device.
 * Errors: UPSTREAM_UNREACHABLE, UPSTREAM_INVALID_ANSWER (also where device codes are switched off).
 */
export async function startDevice(deps: Deps, issuerUrl: string, signal: AbortSignal): Promise<Device> {
  const reply = await post(deps, {
    url: `${issuerUrl}/api/accounts/deviceauth/usercode`,
    body: { client_id: CLIENT_ID },
    signal,
  });
  if (reply.kind === 'failure')
    throw new OmaError('UPSTREAM_UNREACHABLE', `The device login could not be started. ${reply.message}`);
  const started = isSuccess(reply) ? startedSchema.safeParse(parseJson(reply.text)).data : undefined;
  const userCode = started?.user_code ?? started?.usercode;
  if (started === undefined || userCode === undefined) throw notStarted(reply);
  return {
    issuerUrl,
    deviceAuthId: started.device_auth_id,
    userCode,
    verificationUrl: `${issuerUrl}/codex/device`,
    intervalMs: Math.min(Math.max(started.interval * 1_000, INTERVAL_MIN_MS), INTERVAL_MAX_MS),
    expiresAtMs: started.expires_at === undefined ? null : Date.parse(started.expires_at),
  };
}

/**
 * Asks until the person is done; the provider makes the PKCE pair of this flow itself and hands it over with the code.
 * Errors: LOGIN_REFUSED, LOGIN_TIMED_OUT, LOGIN_CANCELLED (the signal), UPSTREAM_UNREACHABLE, UPSTREAM_INVALID_ANSWER.
 */
export async function awaitDevice(deps: Deps, device: Device, signal: AbortSignal): Promise<Grant> {
  let intervalMs = device.intervalMs;
  let failures = 0;
  for (;;) {
    await pause(deps, intervalMs, signal);
    const reply = await post(deps, {
      url: `${device.issuerUrl}/api/accounts/deviceauth/token`,
      body: { device_auth_id: device.deviceAuthId, user_code: device.userCode },
      signal,
    });
    const poll = pollOf(reply);
    if (poll === 'approved') return grantOf(device, reply);
    if (poll === 'slow-down') intervalMs = Math.min(intervalMs + SLOW_DOWN_MS, INTERVAL_MAX_MS);
    failures = poll === 'failed' ? failures + 1 : 0;
    if (failures >= FAILURES_MAX)
      throw new OmaError(
        'UPSTREAM_UNREACHABLE',
        `The provider could not be asked ${FAILURES_MAX} times in a row whether the code was typed. Begin again when it can be reached.`,
      );
  }
}

const POLL_DEADLINE_MS = 20_000;
const INTERVAL_DEFAULT_SECONDS = 5;
const INTERVAL_MIN_MS = 1_000;
const INTERVAL_MAX_MS = 60_000;
const SLOW_DOWN_MS = 5_000;
/** Polls in a row that may fail before the login is given up. */
const FAILURES_MAX = 12;

const startedSchema = z.object({
  device_auth_id: z.string().min(1).max(1_024),
  user_code: z.string().min(1).max(64).optional(),
  usercode: z.string().min(1).max(64).optional(),
  interval: z.coerce.number().min(0).max(3_600).catch(INTERVAL_DEFAULT_SECONDS),
  expires_at: z.iso.datetime({ offset: true }).optional().catch(undefined),
});
const approvedSchema = z.object({
  authorization_code: z.string().min(1).max(4_096),
  code_verifier: z.string().min(1).max(1_024),
});

interface DevicePost {
  readonly url: string;
  readonly body: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

function post(deps: Deps, { url, body, signal }: DevicePost): Promise<Answer | Failure> {
  const json = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return ask(deps, { method: 'POST', url, ...json, deadlineMs: POLL_DEADLINE_MS, signal });
}

function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

type Poll = 'approved' | 'pending' | 'slow-down' | 'failed';

/** Errors: LOGIN_REFUSED, LOGIN_TIMED_OUT, LOGIN_CANCELLED. */
function pollOf(reply: Answer | Failure): Poll {
  if (reply.kind === 'answer')
    return isSuccess(reply) ? 'approved' : waitOf(reply.status, errorCodeOf(reply.text) ?? '');
  if (reply.reason === 'cancelled') throw loginCancelled();
  return 'failed';
}

/** Why 403 and 404 wait: that is what the provider says until somebody has typed the code. */
function waitOf(status: number, code: string): Poll {
  if (/denied|declined/.test(code)) throw loginRefused('access_denied');
  if (code.includes('expired'))
    throw new OmaError(
      'LOGIN_TIMED_OUT',
      'The code was not typed in time and has expired. Begin again to get a new one.',
    );
  if (code === 'slow_down' || status === 429) return 'slow-down';
  if (code.includes('pending') || status === 403 || status === 404) return 'pending';
  if (status >= 500) return 'failed';
  throw loginRefused(code === '' ? `HTTP ${status}` : code);
}

function grantOf({ issuerUrl }: Device, reply: Answer | Failure): Grant {
  const approved = reply.kind === 'answer' ? approvedSchema.safeParse(parseJson(reply.text)).data : undefined;
  if (approved === undefined)
    throw new OmaError(
      'UPSTREAM_INVALID_ANSWER',
      'The provider approved the device, but its answer has no usable code. Begin again; if it stays so, oma needs an update.',
    );
  return {
    code: approved.authorization_code,
    verifier: approved.code_verifier,
    redirectUri: `${issuerUrl}/deviceauth/callback`,
  };
}

function notStarted({ status, text }: Answer): OmaError {
  const advice = 'Log in with the browser, or by pasting the address (--paste).';
  if (status === 404)
    return new OmaError(
      'UPSTREAM_INVALID_ANSWER',
      `The provider offers no device codes here; in ChatGPT they can be switched on under Settings > Security. ${advice}`,
      { status },
    );
  if (status === 429 || status >= 500)
    return new OmaError(
      'UPSTREAM_UNREACHABLE',
      `The provider cannot start device logins now (HTTP ${status}). Wait a little. ${advice}`,
      { status },
    );
  const code = errorCodeOf(text);
  return new OmaError(
    'UPSTREAM_INVALID_ANSWER',
    `The provider did not start a device login (HTTP ${status}${code === null ? '' : `, ${code}`}). ${advice}`,
    { status },
  );
}

function pause(deps: Deps, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      stop();
      reject(loginCancelled());
    };
    const stop = deps.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
