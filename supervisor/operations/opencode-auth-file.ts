import * as z from 'zod';

import { type EpochMs, secretSchema } from '../../contract/scalars.ts';
import { readClaims } from '../../contract/token-claims.ts';
import { TIME_MAX } from '../store/account-schema.ts';
import type { FoundLogin } from './codex-auth-file.ts';

const openCodeAuthSchema = z.looseObject({
  openai: z.looseObject({
    type: z.literal('oauth'),
    refresh: secretSchema,
    access: secretSchema,
    expires: z.int().min(0).max(TIME_MAX),
    accountId: z.string().min(1).max(128).optional(),
  }),
});

/** Reads OpenCode's own login; null if there is none: the placeholder that oma keeps there is none. */
export function parseOpenCodeAuth(json: unknown, now: EpochMs): FoundLogin | null {
  const parsed = openCodeAuthSchema.safeParse(json);
  if (!parsed.success) return null;
  const { access, refresh, expires, accountId } = parsed.data.openai;
  const claims = readClaims(access);
  const account = accountId ?? claims?.accountId ?? null;
  if (account === null || claims === null || claims.userId === null) return null;
  const { userId, email, planType, expiresAtMs } = claims;
  return {
    refreshedAt: Math.min(now, expires),
    tokens: {
      accessToken: access,
      refreshToken: refresh,
      idToken: null,
      expiresAtMs: expiresAtMs ?? expires,
      accountId: account,
      userId,
      email,
      planType,
    },
  };
}
