import type { Secret } from '../contract/scalars.ts';
import type { RefreshAnswer } from '../contract/worker-operations.ts';
import type { Deps } from './deps.ts';
import { CLIENT_ID } from './oauth.ts';
import { renewedTokensOf } from './tokens.ts';
import { type Answer, ask, errorCodeOf, parseJson, upstreamUrl } from './upstream.ts';

/** Longest time for a refresh, in milliseconds; shorter than the deadline of the operation, so that the answer is ours. */
export const REFRESH_DEADLINE_MS = 30_000;

/**
 * Spends a refresh token once and says what became of it; never retries.
 * Why: only a proof counts as `not-sent`, only the issuer's own words about the token as `rejected`; all else may have spent it.
 */
export async function refreshTokens(
  deps: Deps,
  { issuerUrl, refreshToken }: { readonly issuerUrl: string; readonly refreshToken: Secret },
): Promise<RefreshAnswer> {
  const issuer = upstreamUrl(issuerUrl);
  if (issuer === null)
    return {
      status: 'not-sent',
      message: 'The issuer address is neither https nor http on loopback. Correct OPENCODE_MULTI_AUTH_ISSUER_URL.',
    };
  const reply = await ask(deps, {
    method: 'POST',
    url: `${issuer}/oauth/token`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: CLIENT_ID, grant_type: 'refresh_token', refresh_token: refreshToken }),
    deadlineMs: REFRESH_DEADLINE_MS,
  });
  if (reply.kind === 'failure')
    return { status: reply.sent === 'no' ? 'not-sent' : 'unanswered', message: reply.message };
  if (reply.status >= 200 && reply.status < 300) return granted(deps, reply, refreshToken);
  return refused(reply);
}

/** Words of the issuer about the token itself, each its last. */
const FINAL_CODES: Readonly<Record<string, string>> = {
  invalid_grant: 'The provider says that this login is not valid any more.',
  invalid_refresh_token: 'The provider does not know this login.',
  refresh_token_expired: 'The login is too old.',
  refresh_token_invalidated: 'The login was ended: by a log-out, a change of password, or the provider.',
  refresh_token_reused:
    'The refresh token was spent before: another program holds a copy of this login, or an earlier answer was lost.',
  refresh_token_revoked: 'The login was revoked.',
  token_expired: 'The provider does not accept this login any more.',
  token_revoked: 'The login was revoked.',
};
/** Statuses with which the issuer judges what it was sent. */
const LOGIN_STATUSES: ReadonlySet<number> = new Set([400, 401, 403]);
/** A 401 that is about the client or the request says nothing about the token. */
const CLIENT_CODES: ReadonlySet<string> = new Set([
  'invalid_client',
  'invalid_request',
  'unauthorized_client',
  'unsupported_grant_type',
]);

/** Why: the old token is spent, so a new one counts even when nothing else of the answer can be read. */
function granted(deps: Deps, { text }: Answer, refreshToken: Secret): RefreshAnswer {
  const tokens = renewedTokensOf(parseJson(text), refreshToken, deps.now());
  return tokens === null
    ? { status: 'unanswered', message: 'The provider said that it renewed the login, but its answer holds no token.' }
    : { status: 'granted', tokens };
}

function refused({ status, text }: Answer): RefreshAnswer {
  const code = errorCodeOf(text);
  const meaning = code === null ? null : finalMeaning(status, code);
  if (code !== null && meaning !== null)
    return { status: 'rejected', code, message: `${meaning} It must be logged in again.` };
  return {
    status: 'unanswered',
    message: `The provider answered the refresh with HTTP ${status}${code === null ? '' : ` (${code})`}, which says nothing certain about the login.`,
  };
}

function finalMeaning(status: number, code: string): string | null {
  if (!LOGIN_STATUSES.has(status)) return null;
  const known = FINAL_CODES[code];
  if (known !== undefined) return known;
  return status === 401 && !CLIENT_CODES.has(code) ? `The provider refuses this login (${code}).` : null;
}
