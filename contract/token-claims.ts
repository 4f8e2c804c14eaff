import * as z from 'zod';

const AUTH_CLAIM = 'https://api.openai.com/auth';
const PROFILE_CLAIM = 'https://api.openai.com/profile';

/** Latest instant that a Date can show, in seconds since 1970. */
const EXPIRY_SECONDS_MAX = 8_640_000_000_000;

/** The claims of a token that oma uses; every one may be absent. */
const claimsSchema = z.object({
  exp: z.number().min(0).max(EXPIRY_SECONDS_MAX).optional(),
  email: z.string().max(320).optional(),
  sub: z.string().max(256).optional(),
  [AUTH_CLAIM]: z
    .object({
      chatgpt_account_id: z.string().min(1).max(128).optional(),
      chatgpt_user_id: z.string().min(1).max(128).optional(),
      user_id: z.string().min(1).max(128).optional(),
      chatgpt_plan_type: z.string().max(64).optional(),
      chatgpt_compute_residency: z.string().max(32).optional(),
    })
    .default({}),
  [PROFILE_CLAIM]: z.object({ email: z.string().max(320).optional() }).default({}),
});

type ParsedClaims = z.infer<typeof claimsSchema>;

/** What a token says about its owner. Units: expiry in epoch milliseconds. Not: nothing here is verified; TLS vouches for who sent it. */
export interface TokenClaims {
  readonly accountId: string | null;
  readonly userId: string | null;
  readonly email: string | null;
  readonly planType: string | null;
  readonly residency: string | null;
  readonly expiresAtMs: number | null;
}

/** Reads the claims of a JWT; null if it is none. */
export function readClaims(token: string): TokenClaims | null {
  const payload = token.split('.')[1];
  if (payload === undefined) return null;
  const parsed = claimsSchema.safeParse(parseJson(decodeBase64Url(payload)));
  return parsed.success ? claimsOf(parsed.data) : null;
}

/** The residency header an account needs; null = none. */
export function residencyOf(token: string): string | null {
  const residency = readClaims(token)?.residency ?? null;
  return residency === null || residency === 'no_constraint' ? null : residency;
}

function claimsOf({ exp, email, sub, [AUTH_CLAIM]: auth, [PROFILE_CLAIM]: profile }: ParsedClaims): TokenClaims {
  return {
    accountId: auth.chatgpt_account_id ?? null,
    userId: auth.chatgpt_user_id ?? auth.user_id ?? sub ?? null,
    email: email ?? profile.email ?? null,
    planType: auth.chatgpt_plan_type ?? null,
    residency: auth.chatgpt_compute_residency ?? null,
    expiresAtMs: exp === undefined ? null : Math.floor(exp * 1_000),
  };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Why: neither atob nor Buffer belongs to the language, and contract/ uses nothing else. Shape: null if it is not base64url of UTF-8. */
function decodeBase64Url(text: string): string | null {
  let bits = 0;
  let held = 0;
  let escaped = '';
  for (const character of text.replace(/=+$/, '')) {
    const value = ALPHABET.indexOf(character);
    if (value === -1) return null;
    held = (held << 6) | value;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    escaped += `%${((held >> bits) & 0xff).toString(16).padStart(2, '0')}`;
  }
  try {
    return decodeURIComponent(escaped);
  } catch {
    return null;
  }
}

function parseJson(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
