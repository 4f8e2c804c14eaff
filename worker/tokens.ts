import * as z from 'zod';

import { OmaError } from '../contract/errors.ts';
import { type EpochMs, type Secret, secretSchema } from '../contract/scalars.ts';
import type { RenewedTokens, TokenSet } from '../contract/worker-operations.ts';
import { EPOCH_SECONDS_MAX, parseJson } from './upstream.ts';

/** The claims oma uses; each is null unless the token says it in the expected form. */
export type Claims = z.infer<typeof claimsSchema>;

/**
 * Makes a token set of the issuer's answer to a login.
 * Errors: UPSTREAM_INVALID_ANSWER naming the missing field, never a value.
 */
export function tokenSetOf(answer: unknown, now: EpochMs): TokenSet {
  const { accessToken, refreshToken, idToken, expiresAtMs, accountId, userId, email, planType } = given(answer, now);
  return {
    accessToken: required('access_token', accessToken),
    refreshToken: required('refresh_token', refreshToken),
    idToken,
    expiresAtMs: required('expires_in', expiresAtMs),
    accountId: required('chatgpt_account_id', accountId),
    userId: required('chatgpt_user_id', userId),
    email,
    planType,
  };
}

/** Reads what the issuer's answer to a refresh brought; null = no token at all. Shape: without a new refresh token the `spent` one stays good. */
export function renewedTokensOf(answer: unknown, spent: Secret, now: EpochMs): RenewedTokens | null {
  const { refreshToken, accountId, userId, ...told } = given(answer, now);
  if (told.accessToken === null && refreshToken === null) return null;
  const seat = accountId === null || userId === null ? { accountId: null, userId: null } : { accountId, userId };
  return { ...told, ...seat, refreshToken: refreshToken ?? spent };
}

type Given = Omit<RenewedTokens, 'refreshToken'> & { readonly refreshToken: Secret | null };

/** Claims of the id token count first, then those of the access token; signatures are not checked. */
function given(answer: unknown, now: EpochMs): Given {
  const {
    access_token: accessToken,
    refresh_token: refreshToken,
    id_token: idToken,
    expires_in: lifetimeSeconds,
  } = answerSchema.parse(answer);
  const id = readClaims(idToken ?? '');
  const access = readClaims(accessToken ?? '');
  const either = <K extends keyof Claims>(name: K): Claims[K] => id[name] ?? access[name];
  return {
    accessToken,
    refreshToken,
    idToken: id === NO_CLAIMS ? null : idToken,
    expiresAtMs: access.expiresAtMs ?? id.expiresAtMs ?? endOf(now, lifetimeSeconds),
    accountId: either('accountId'),
    userId: either('userId') ?? either('subject'),
    email: either('email'),
    planType: either('planType'),
  };
}

/** Reads the claims of a JWT; `NO_CLAIMS` for anything that is none. */
export function readClaims(jwt: string): Claims {
  const [header, payload, signature, ...rest] = jwt.split('.');
  if (!header || !payload || signature === undefined || rest.length > 0) return NO_CLAIMS;
  return claimsSchema.safeParse(parseJson(Buffer.from(payload, 'base64url').toString('utf8'))).data ?? NO_CLAIMS;
}

/** What a text says that is no JWT. */
export const NO_CLAIMS: Claims = {
  expiresAtMs: null,
  subject: null,
  email: null,
  accountId: null,
  userId: null,
  planType: null,
};

const MS_PER_SECOND = 1_000;

const idClaim = textClaim(128);
const authSchema = z.object({
  chatgpt_account_id: idClaim,
  chatgpt_user_id: idClaim,
  user_id: idClaim,
  chatgpt_plan_type: textClaim(64),
});
const profileSchema = z.object({ email: textClaim(320) });

const claimsSchema = z
  .object({
    exp: z.number().positive().max(EPOCH_SECONDS_MAX).nullable().catch(null),
    sub: idClaim,
    email: textClaim(320),
    'https://api.openai.com/auth': authSchema.catch({
      chatgpt_account_id: null,
      chatgpt_user_id: null,
      user_id: null,
      chatgpt_plan_type: null,
    }),
    'https://api.openai.com/profile': profileSchema.catch({ email: null }),
  })
  .transform(({ exp, sub, email, 'https://api.openai.com/auth': auth, 'https://api.openai.com/profile': profile }) => ({
    expiresAtMs: exp === null ? null : Math.floor(exp * MS_PER_SECOND),
    subject: sub,
    email: email ?? profile.email,
    accountId: auth.chatgpt_account_id,
    userId: auth.chatgpt_user_id ?? auth.user_id,
    planType: auth.chatgpt_plan_type,
  }));

const tokenSchema = secretSchema.nullable().catch(null);
const NO_ANSWER = { access_token: null, refresh_token: null, id_token: null, expires_in: null };
const answerSchema = z
  .object({
    access_token: tokenSchema,
    refresh_token: tokenSchema,
    id_token: tokenSchema,
    expires_in: z.coerce.number().positive().max(EPOCH_SECONDS_MAX).nullable().catch(null),
  })
  .catch(NO_ANSWER);

/** A claim that is missing or not of the expected form is null. */
function textClaim(charsMax: number): z.ZodCatch<z.ZodNullable<z.ZodString>> {
  return z.string().min(1).max(charsMax).nullable().catch(null);
}

function endOf(now: EpochMs, lifetimeSeconds: number | null): EpochMs | null {
  return lifetimeSeconds === null ? null : Math.floor(now + lifetimeSeconds * MS_PER_SECOND);
}

function required<T>(field: string, value: T | null): T {
  if (value === null) throw missing(field);
  return value;
}

function missing(field: string): OmaError {
  const message = `The provider's answer to the token request has no usable "${field}", so oma cannot tell whose login it is or how long it lasts. Try again; if it stays so, oma needs an update.`;
  return new OmaError('UPSTREAM_INVALID_ANSWER', message, { field });
}
