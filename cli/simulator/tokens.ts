import * as z from 'zod';

import { openOpaque, readJwt, sealOpaque, signJwt } from './jwt.ts';
import type { Seat } from './seat.ts';
import { type Family, findSeat, nextId, put, requireSeat, type Step, type World } from './world.ts';

/** What a successful token request yields. */
export interface TokenSet {
  readonly alias: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly idToken: string;
  readonly expiresAtMs: number;
}

export type RefreshRefusal =
  'refresh_token_reused' | 'refresh_token_expired' | 'refresh_token_invalidated' | 'token_expired';
export type RefreshResult =
  | { readonly kind: 'rotated'; readonly tokens: TokenSet }
  | { readonly kind: 'refused'; readonly code: RefreshRefusal; readonly alias: string | null };
export type AccessRefusal = 'missing' | 'garbage' | 'expired' | 'invalidated';
export type AccessResult =
  | { readonly kind: 'valid'; readonly seat: Seat; readonly family: string; readonly generation: number }
  | {
      readonly kind: 'refused';
      readonly reason: AccessRefusal;
      readonly alias: string | null;
      readonly generation: number | null;
    };

export const CLIENT_ID = 'app_EMoamEEZ73f0CkXaXp7hrann';
export const FAMILIES_MAX = 5_000;

const PROVIDER = 'https://auth.openai.com';
const SCOPES = ['openid', 'profile', 'email', 'offline_access'];
const MS_PER_SECOND = 1_000;

/** Starts a new login of a seat. */
export function issueFamily(world: World, alias: string, now: number): Step<TokenSet> {
  const seat = requireSeat(world, alias);
  const [named, familyId] = nextId(world, 'login_');
  const family: Family = { alias, generation: 0, revoked: false, accessCutoff: null };
  return [putFamily(named, familyId, family), makeTokens(named, { seat, familyId, generation: 0, now })];
}

/** Exchanges a refresh token, which works once. */
export function refresh(world: World, refreshToken: string, now: number): Step<RefreshResult> {
  const claims = refreshClaims(openOpaque('rt', refreshToken));
  const seat = claims === null ? undefined : findSeat(world, claims.alias);
  if (claims === null || seat === undefined) return [world, { kind: 'refused', code: 'token_expired', alias: null }];
  const { alias } = seat;
  // A login of an earlier run is taken over as it stands: the demo survives a restart of its backend.
  const family = world.families.get(claims.family) ?? {
    alias,
    generation: claims.generation,
    revoked: false,
    accessCutoff: null,
  };
  if (family.revoked) return [world, { kind: 'refused', code: 'refresh_token_invalidated', alias }];
  if (claims.generation < family.generation) {
    const reused = world.settings.revokeFamilyOnReuse
      ? putFamily(world, claims.family, { ...family, revoked: true })
      : world;
    return [reused, { kind: 'refused', code: 'refresh_token_reused', alias }];
  }
  if (claims.expiresAtMs !== null && claims.expiresAtMs <= now)
    return [world, { kind: 'refused', code: 'refresh_token_expired', alias }];
  const generation = claims.generation + 1;
  const tokens = makeTokens(world, { seat, familyId: claims.family, generation, now });
  return [putFamily(world, claims.family, { ...family, generation }), { kind: 'rotated', tokens }];
}

/** Judges the bearer of a request. */
export function checkAccess(world: World, bearer: string | null, now: number): AccessResult {
  if (bearer === null) return { kind: 'refused', reason: 'missing', alias: null, generation: null };
  const claims = accessClaims(readJwt(bearer));
  const seat = claims === null ? undefined : findSeat(world, claims.sim.alias);
  if (claims === null || seat === undefined)
    return { kind: 'refused', reason: 'garbage', alias: null, generation: null };
  const { family, generation } = claims.sim;
  const reason =
    endedAccess(world.families.get(family), generation) ?? (claims.exp * MS_PER_SECOND <= now ? 'expired' : null);
  if (reason !== null) return { kind: 'refused', reason, alias: seat.alias, generation };
  return { kind: 'valid', seat, family, generation };
}

/** Makes the provider refuse every access token of a seat that exists now; refreshed ones work. */
export function cutAccess(world: World, alias: string, reason: 'expired' | 'invalidated'): World {
  return mapFamilies(world, alias, (family) => ({
    ...family,
    accessCutoff: { generation: family.generation, reason },
  }));
}

/** Ends every login of a seat: access and refresh tokens alike. */
export function revokeLogins(world: World, alias: string): World {
  return mapFamilies(world, alias, (family) => ({ ...family, revoked: true }));
}

/** Says whose a refresh token is, without using it. */
export function aliasOfRefreshToken(token: string): string | null {
  return refreshClaims(openOpaque('rt', token))?.alias ?? null;
}

/** Ends the login a token belongs to; an unknown token changes nothing. */
export function revokeToken(world: World, token: string): World {
  const familyId = refreshClaims(openOpaque('rt', token))?.family ?? accessClaims(readJwt(token))?.sim.family;
  const family = familyId === undefined ? undefined : world.families.get(familyId);
  return familyId === undefined || family === undefined
    ? world
    : putFamily(world, familyId, { ...family, revoked: true });
}

function endedAccess(family: Family | undefined, generation: number): AccessRefusal | null {
  if (family === undefined) return null;
  if (family.revoked) return 'invalidated';
  return family.accessCutoff !== null && generation <= family.accessCutoff.generation
    ? family.accessCutoff.reason
    : null;
}

interface Making {
  readonly seat: Seat;
  readonly familyId: string;
  readonly generation: number;
  readonly now: number;
}

function makeTokens(world: World, making: Making): TokenSet {
  const { seat, familyId, generation, now } = making;
  const iat = Math.floor(now / MS_PER_SECOND);
  const exp = iat + world.settings.accessTokenTtlSeconds;
  const ttl = world.settings.refreshTokenTtlSeconds;
  const sim = { alias: seat.alias, family: familyId, generation };
  const common = {
    iss: PROVIDER,
    iat,
    exp,
    sub: `auth0|${seat.userId}`,
    jti: `${familyId}.${generation}`,
    session_id: `authsess_${familyId}`,
  };
  const auth = authClaim(seat);
  return {
    alias: seat.alias,
    accessToken: signJwt({
      ...common,
      aud: ['https://api.openai.com/v1'],
      client_id: CLIENT_ID,
      nbf: iat,
      scp: SCOPES,
      'https://api.openai.com/auth': auth,
      'https://api.openai.com/profile': { email: seat.email, email_verified: true },
      sim,
    }),
    idToken: signJwt({
      ...common,
      aud: [CLIENT_ID],
      email: seat.email,
      email_verified: true,
      auth_provider: 'password',
      'https://api.openai.com/auth': auth,
    }),
    refreshToken: sealOpaque('rt', { ...sim, expiresAtMs: ttl === null ? null : now + ttl * MS_PER_SECOND }),
    expiresAtMs: exp * MS_PER_SECOND,
  };
}

function authClaim(seat: Seat): Record<string, unknown> {
  const claim = {
    chatgpt_account_id: seat.accountId,
    chatgpt_account_user_id: `${seat.userId}__${seat.accountId}`,
    chatgpt_plan_type: seat.planType,
    chatgpt_user_id: seat.userId,
    user_id: seat.userId,
    localhost: true,
    organizations: [{ id: `org-${seat.accountId}`, is_default: true, role: 'owner', title: seat.workspaceName }],
  };
  return seat.residency === null ? claim : { ...claim, chatgpt_compute_residency: seat.residency };
}

const loginSchema = z.object({ alias: z.string(), family: z.string(), generation: z.number().int() });
const refreshSchema = loginSchema.extend({ expiresAtMs: z.number().nullable() });
const accessSchema = z.object({ exp: z.number(), sim: loginSchema });

function refreshClaims(payload: unknown): z.infer<typeof refreshSchema> | null {
  return refreshSchema.safeParse(payload).data ?? null;
}

function accessClaims(payload: unknown): z.infer<typeof accessSchema> | null {
  return accessSchema.safeParse(payload).data ?? null;
}

function putFamily(world: World, familyId: string, family: Family): World {
  return { ...world, families: put(world.families, [familyId, family], FAMILIES_MAX) };
}

function mapFamilies(world: World, alias: string, change: (family: Family) => Family): World {
  const entries = [...world.families].map(
    ([id, family]) => [id, family.alias === alias ? change(family) : family] as const,
  );
  return { ...world, families: new Map(entries) };
}
