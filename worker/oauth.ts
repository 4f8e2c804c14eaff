import { createHash, timingSafeEqual } from 'node:crypto';

import { OmaError } from '../contract/errors.ts';
import type { TokenSet } from '../contract/worker-operations.ts';
import type { Deps } from './deps.ts';
import { tokenSetOf } from './tokens.ts';
import { type Answer, ask, errorCodeOf, parseJson } from './upstream.ts';

/** The public client of codex, the only one whose tokens the backend accepts. */
export const CLIENT_ID = 'app_EMoamEEZ73f0CkXaXp7hrann';

/** Path that the provider has registered for the callback. */
export const CALLBACK_PATH = '/auth/callback';

/** The secrets of one login: the answer must bring the state back, and only the verifier can exchange its code. */
export interface Challenge {
  readonly state: string;
  readonly verifier: string;
}

/** A code and what must accompany it to the token endpoint. */
export interface Grant {
  readonly code: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

/** What an address says that the provider sent a person back to. */
export type Callback =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'empty' };

/** Makes the secrets of a new login. */
export function newChallenge(deps: Deps): Challenge {
  return {
    state: deps.randomBytes(STATE_BYTES).toString('base64url'),
    verifier: deps.randomBytes(VERIFIER_BYTES).toString('base64url'),
  };
}

/** The address of the callback on a port; the provider compares it letter by letter. */
export function redirectUriFor(port: number): string {
  return `http://localhost:${port}${CALLBACK_PATH}`;
}

/** The page where a person signs in. Shape: the parameters of the codex CLI, but oma does not pass itself off as it. */
export function authorizeUrl(issuerUrl: string, redirectUri: string, { state, verifier }: Challenge): string {
  const parameters = new URLSearchParams({
    response_type: 'code',
    client_id: CLIENT_ID,
    redirect_uri: redirectUri,
    scope: 'openid profile email offline_access',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    id_token_add_organizations: 'true',
    codex_cli_simplified_flow: 'true',
    state,
    originator: 'opencode',
  });
  return `${issuerUrl}/oauth/authorize?${parameters.toString()}`;
}

/** Reads the query of a callback. Why: without the right state it says nothing, or anybody's link could end or replace a login. */
export function readCallback(query: URLSearchParams, state: string): Callback {
  const given = query.get('state');
  if (given === null || !isSame(given, state)) return { kind: 'foreign' };
  const error = query.get('error');
  if (error !== null) return { kind: 'refused', error: ERROR_CODE.test(error) ? error.toLowerCase() : 'unknown' };
  const code = query.get('code');
  return code === null || code === '' || code.length > CODE_CHARS_MAX ? { kind: 'empty' } : { kind: 'code', code };
}

/** The failure of a login that the person or the provider refused. */
export function loginRefused(error: string): OmaError {
  const meaning =
    error === 'access_denied'
      ? 'the person cancelled it, or the workspace does not allow this sign-in'
      : `it said "${error}"`;
  return new OmaError(
    'LOGIN_REFUSED',
    `The provider did not let this login through: ${meaning}. Nothing was changed. Begin again, if need be with another account or workspace.`,
    { error },
  );
}

/**
 * Exchanges a code for tokens, once; a code works only once, whatever comes of it.
 * Errors: LOGIN_REFUSED, UPSTREAM_UNREACHABLE, UPSTREAM_INVALID_ANSWER.
 */
export async function exchangeCode(
  deps: Deps,
  issuerUrl: string,
  { grant, signal }: { readonly grant: Grant; readonly signal: AbortSignal },
): Promise<TokenSet> {
  const form = {
    grant_type: 'authorization_code',
    code: grant.code,
    redirect_uri: grant.redirectUri,
    client_id: CLIENT_ID,
    code_verifier: grant.verifier,
  };
  const reply = await ask(deps, {
    method: 'POST',
    url: `${issuerUrl}/oauth/token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
    deadlineMs: EXCHANGE_DEADLINE_MS,
    signal,
  });
  if (reply.kind === 'failure')
    throw new OmaError('UPSTREAM_UNREACHABLE', `The login was not completed. ${reply.message} Begin it again.`);
  if (reply.status >= 200 && reply.status < 300) return tokenSetOf(parseJson(reply.text), deps.now());
  throw exchangeRefused(reply);
}

const STATE_BYTES = 32;
const VERIFIER_BYTES = 64;
const CODE_CHARS_MAX = 4_096;
const EXCHANGE_DEADLINE_MS = 30_000;
const ERROR_CODE = /^[A-Za-z_]{1,64}$/;

function exchangeRefused({ status, text }: Answer): OmaError {
  const error = errorCodeOf(text) ?? `HTTP ${status}`;
  if (status >= 500 || status === 429)
    return new OmaError(
      'UPSTREAM_UNREACHABLE',
      `The provider cannot complete logins now (${error}). Wait a little and begin again.`,
      { status },
    );
  if (status < 400)
    return new OmaError(
      'UPSTREAM_INVALID_ANSWER',
      `The provider sent the token request elsewhere (HTTP ${status}), and oma does not follow with a login in hand. Check OPENCODE_MULTI_AUTH_ISSUER_URL.`,
      { status },
    );
  return new OmaError(
    'LOGIN_REFUSED',
    `The provider did not accept the code of this login (${error}): it was used before, is too old, or belongs to another login. Begin again.`,
    { error, status },
  );
}

function isSame(given: string, expected: string): boolean {
  const left = Buffer.from(given);
  const right = Buffer.from(expected);
  return left.length === right.length && timingSafeEqual(left, right);
}
