import * as z from 'zod';

import { OmaError } from '../contract/errors.ts';
import { type EpochMs, type Secret, secretSchema } from '../contract/scalars.ts';
import type { TokenSet } from '../contract/worker-operations.ts';
import { EPOCH_SECONDS_MAX, parseJson } from './upstream.ts';

/** What a token set is made with besides the answer of the issuer. */
export interface TokenContext {
  readonly now: EpochMs;
  /** Kept when the answer brings no new one; null at a login, where it must. */
  readonly previousRefreshToken: Secret | null;
}

/** The claims oma uses; each is null unless the token says it in the expected form. */
export type Claims = z.infer<typeof claimsSchema>;

/**
 * Makes a token set of the issuer's answer: claims of the id token first, then of the access token; signatures are not checked.
 * Errors: UPSTREAM_INVALID_ANSWER naming the missing field, never a value.
 */
export function tokenSetOf(answer: unknown, { now, previousRefreshToken }: TokenContext): TokenSet {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) throw missing(String(parsed.error.issues[0]?.path[0] ?? 'access_token'));
  const {
    access_token: accessToken,
    refresh_token: given,
    id_token: idToken,
    expires_in: lifetimeSeconds,
  } = parsed.data;
  const id = idToken === null ? NO_CLAIMS : readClaims(idToken);
  const access = readClaims(accessToken);
  const either = <K extends keyof Claims>(name: K): Claims[K] => id[name] ?? access[name];
  return {
    accessToken,
    refreshToken: required('refresh_token', given ?? previousRefreshToken),
    idToken: id === NO_CLAIMS ? null : idToken,
    expiresAtMs: required('expires_in', access.expiresAtMs ?? id.expiresAtMs ?? endOf(now, lifetimeSeconds)),
    accountId: required('chatgpt_account_id', either('accountId')),
    userId: required('chatgpt_user_id', either('userId') ?? either('subject')),
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

const answerSchema = z.object({
  access_token: secretSchema,
  refresh_token: secretSchema.nullish(),
  id_token: secretSchema.nullish().transform((token) => token ?? null),
  expires_in: z.coerce.number().positive().max(EPOCH_SECONDS_MAX).nullable().catch(null),
});

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
