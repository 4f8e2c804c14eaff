import { exchange, type ExchangeQuestion, type ExchangeResult } from './authorization.ts';
import { type Fault, isRefusalKind, isTokenRefusalKind } from './faults.ts';
import { refusal } from './refusals.ts';
import { delayed, json, type Reply } from './reply.ts';
import { fields, type Handled, type Note, type SimRequest } from './request.ts';
import { faultDelayMs, plainReply } from './spoil.ts';
import { aliasOfRefreshToken, CLIENT_ID, refresh, type RefreshRefusal, type TokenSet } from './tokens.ts';
import { nextFault, type Step, type World } from './world.ts';

/** Serves `POST /oauth/token`: the code exchange and the refresh, in form or JSON bodies. */
export function handleToken(world: World, request: SimRequest, now: number): Handled {
  const given = readGrant(request);
  const alias = aliasOfRefreshToken(given.refreshToken) ?? world.authorizations.get(given.code)?.alias ?? null;
  const note: Note = { endpoint: 'token', alias, grantType: given.grantType };
  const [armedWorld, armed] = nextFault(world, { stage: 'refuse', endpoint: 'token', alias });
  if (armed !== null)
    return { world: armedWorld, reply: refuse(armed.fault, now), note: { ...note, faultKind: armed.fault.kind } };
  const [granted, outcome] = grant(armedWorld, given, now);
  if (outcome.kind === 'refused')
    return { world: granted, reply: outcome.reply, note: { ...note, refusedFor: outcome.reason } };
  const [next, spoiled] = nextFault(granted, {
    stage: 'answer',
    endpoint: 'token',
    alias: outcome.tokens.alias,
  });
  const reply = tokenReply(outcome.tokens, {
    expiresIn: next.settings.accessTokenTtlSeconds,
    fault: spoiled?.fault ?? null,
  });
  return { world: next, reply, note: spoiled === null ? note : { ...note, faultKind: spoiled.fault.kind } };
}

type Outcome =
  | { readonly kind: 'granted'; readonly tokens: TokenSet }
  | { readonly kind: 'refused'; readonly reply: Reply; readonly reason: string };

const REFRESH_MESSAGES: Readonly<Record<RefreshRefusal, string>> = {
  refresh_token_reused:
    'Your refresh token has already been used to generate a new access token. Please try signing in again.',
  refresh_token_expired: 'Your refresh token has expired. Please try signing in again.',
  refresh_token_invalidated: 'Your session has ended. Please log in again.',
  token_expired: 'Could not validate your token. Please try signing in again.',
};

const REFRESH_FAULTS = {
  'refresh-reused': 'refresh_token_reused',
  'refresh-expired': 'refresh_token_expired',
  'refresh-invalidated': 'refresh_token_invalidated',
} as const;

interface Grant extends ExchangeQuestion {
  readonly grantType: string;
  readonly refreshToken: string;
}

function readGrant(request: SimRequest): Grant {
  const given = fields(request);
  const read = (name: string) => given[name] ?? '';
  return {
    grantType: read('grant_type'),
    clientId: read('client_id'),
    code: read('code'),
    redirectUri: read('redirect_uri'),
    verifier: read('code_verifier'),
    refreshToken: read('refresh_token'),
  };
}

function grant(world: World, given: Grant, now: number): Step<Outcome> {
  if (given.grantType === 'authorization_code') {
    const [next, result] = exchange(world, given, now);
    return [next, exchangeOutcome(result)];
  }
  if (given.grantType === 'refresh_token') return refreshGrant(world, given, now);
  return [
    world,
    oauthRefusal(400, 'unsupported_grant_type', 'The grant_type must be authorization_code or refresh_token.'),
  ];
}

function refreshGrant(world: World, given: Grant, now: number): Step<Outcome> {
  if (given.clientId !== CLIENT_ID) return [world, oauthRefusal(401, 'invalid_client', 'The client_id is unknown.')];
  const [next, result] = refresh(world, given.refreshToken, now);
  if (result.kind === 'rotated') return [next, { kind: 'granted', tokens: result.tokens }];
  return [next, { kind: 'refused', reply: refreshRefused(result.code), reason: result.code }];
}

function exchangeOutcome(result: ExchangeResult): Outcome {
  return result.kind === 'issued'
    ? { kind: 'granted', tokens: result.tokens }
    : oauthRefusal(result.status, result.error, result.description);
}

function oauthRefusal(status: number, error: string, description: string): Outcome {
  return {
    kind: 'refused',
    reply: json(status, { error, error_description: description }),
    reason: `${error}: ${description}`,
  };
}

function refreshRefused(code: RefreshRefusal): Reply {
  return json(401, { error: { message: REFRESH_MESSAGES[code], type: 'invalid_request_error', param: null, code } });
}

function refuse(fault: Fault, now: number): Reply {
  const { kind } = fault;
  if (isTokenRefusalKind(kind)) return delayed(refreshRefused(REFRESH_FAULTS[kind]), faultDelayMs(fault));
  if (!isRefusalKind(kind)) throw new TypeError(`"${kind}" is not a refusal.`);
  return delayed(refusal(kind, { now, fault }), faultDelayMs(fault));
}

function tokenReply(tokens: TokenSet, how: { expiresIn: number; fault: Fault | null }): Reply {
  const body = {
    access_token: how.fault?.kind === 'garbage-jwt' ? 'not.a.jwt' : tokens.accessToken,
    id_token: how.fault?.kind === 'garbage-jwt' ? '%%%' : tokens.idToken,
    refresh_token: tokens.refreshToken,
    token_type: 'Bearer',
    expires_in: how.expiresIn,
    scope: 'openid profile email offline_access',
  };
  const { token_type, scope } = body;
  return plainReply(
    json(200, how.fault?.kind === 'missing-fields' ? { token_type, scope } : body, { 'cache-control': 'no-store' }),
    how.fault,
  );
}
