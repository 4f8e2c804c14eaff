import { createHash } from 'node:crypto';

import { FAILURES, RESET_AHEAD_MAX_MS } from '../../contract/failure.ts';
import { type Alias, type EpochMs, type Secret, secretSchema } from '../../contract/scalars.ts';
import { readClaims, type TokenClaims } from '../../contract/token-claims.ts';
import {
  type Account,
  type Auth,
  type Availability,
  type Credentials,
  type Health,
  HEALTHY,
  type ModelCooldown,
  type Seat,
} from '../core/state.ts';
import { type Fields, timeSchema } from './account-schema.ts';
import { migrateLimits } from './migrate-limits.ts';
import type { UpstreamAccount } from './upstream-schema.ts';

/** Begins the user id of a seat whose owner no token names; a real id never does. */
export const UNKNOWN_ID_PREFIX = 'unknown:';

/** Stands where a token should be but none was stored; the account needs a login, so it is never sent. */
const NO_TOKEN = secretSchema.parse('missing');

/** Ids in claims that are longer are none, in characters. */
const ID_LENGTH_MAX = 128;

/** One account of upstream and the alias it gets. */
export interface UpstreamEntry {
  readonly alias: Alias;
  readonly fields: UpstreamAccount;
}

/** What became of it. Shape: `notes` are sentences about this account. */
export interface MigratedAccount {
  readonly account: Account;
  readonly notes: readonly string[];
  /** What its owner wrote there and oma does not use, kept as it is. */
  readonly extras: Fields;
}

/** Turns one account of upstream into ours. Shape: null = it holds no login at all. */
export function migrateAccount({ alias, fields }: UpstreamEntry, now: EpochMs): MigratedAccount | null {
  const known = fields.refreshToken ?? fields.accessToken;
  if (known === undefined) return null;
  const claims = claimsOf(fields);
  const seat = seatOf(fields, claims, known);
  const auth = authOf(seat, fields, now);
  const { limits, notes } = migrateLimits(fields, now);
  const account: Account = {
    alias,
    seat,
    email: fields.email ?? first(claims, 'email'),
    planType: fields.planType ?? first(claims, 'planType'),
    addedAt: fields.addedAt ?? now,
    source: 'import-upstream',
    credentials: credentialsOf(fields, claims),
    auth,
    refreshIntent: null,
    availability: availabilityOf(fields, now),
    health: healthOf(fields, now),
    modelCooldowns: modelCooldownsOf(fields, now),
    usage: { count: fields.usageCount ?? 0, lastUsedAt: fields.lastUsed ?? null },
    limits,
  };
  return { account, notes: [...notes, ...authNotes(auth, fields)], extras: extrasOf(fields) };
}

/** Tells whether a seat is a stand-in for an unknown one. */
export function isUnknownSeat({ userId }: Seat): boolean {
  return userId.startsWith(UNKNOWN_ID_PREFIX);
}

/** Access token first: it is what the provider sees. */
function claimsOf({ accessToken, idToken }: UpstreamAccount): readonly TokenClaims[] {
  return [accessToken, idToken]
    .map((token) => (token === undefined ? null : readClaims(token)))
    .filter((claims) => claims !== null);
}

function first(claims: readonly TokenClaims[], name: 'accountId' | 'userId' | 'email' | 'planType'): string | null {
  return (
    claims
      .map((claim) => claim[name])
      .find((value) => value !== null && (value.length <= ID_LENGTH_MAX || name === 'email')) ?? null
  );
}

/** Why: the claims come before the stored ids, because what a refresh brings is compared with them. */
function seatOf(fields: UpstreamAccount, claims: readonly TokenClaims[], known: Secret): Seat {
  const userId = first(claims, 'userId') ?? fields.userId ?? null;
  const accountId = first(claims, 'accountId') ?? fields.accountId ?? null;
  if (userId !== null && accountId !== null) return { accountId, userId };
  const fingerprint = createHash('sha256').update(known).digest('hex').slice(0, 16);
  return { accountId: accountId ?? 'unknown', userId: `${UNKNOWN_ID_PREFIX}${fingerprint}` };
}

function credentialsOf(fields: UpstreamAccount, claims: readonly TokenClaims[]): Credentials {
  const { accessToken, refreshToken, idToken, expiresAt, lastRefresh } = fields;
  const expiry = expiresAt ?? claims.map((claim) => claim.expiresAtMs).find((value) => value !== null);
  return {
    accessToken: accessToken ?? NO_TOKEN,
    refreshToken: refreshToken ?? NO_TOKEN,
    idToken: idToken ?? null,
    expiresAt: accessToken === undefined ? 0 : timeOrZero(expiry),
    lastRefreshAt: timeOrZero(Date.parse(lastRefresh ?? '')),
  };
}

/** Why: 0 is long ago, so a token of unknown age is renewed before use and never wins against a dated one. */
function timeOrZero(value: number | undefined): EpochMs {
  return timeSchema.safeParse(value).data ?? 0;
}

function authOf(seat: Seat, { refreshToken }: UpstreamAccount, now: EpochMs): Auth {
  if (isUnknownSeat(seat)) return { state: 'needs-login', reason: 'its tokens do not say whose they are', since: now };
  if (refreshToken === undefined) return { state: 'needs-login', reason: 'no refresh token was stored', since: now };
  return { state: 'ok' };
}

/** Why: upstream calls a login invalid after any 401 without trying to renew it, so that mark alone proves nothing. */
function authNotes(auth: Auth, { authInvalid }: UpstreamAccount): readonly string[] {
  if (auth.state === 'needs-login') return [`needs a login: ${auth.reason}`];
  return authInvalid === true
    ? ['was marked invalid there without a try to renew it; oma tries once and says if it must be logged in again']
    : [];
}

function extrasOf({ tags, notes }: UpstreamAccount): Fields {
  return Object.fromEntries(Object.entries({ tags, notes }).filter(([, value]) => value !== undefined));
}

function availabilityOf(
  { enabled, disabledAt, disabledBy, disableReason }: UpstreamAccount,
  now: EpochMs,
): Availability {
  if (enabled !== false) return { enabled: true };
  return {
    enabled: false,
    disabledAt: disabledAt ?? now,
    disabledBy: disabledBy ?? 'upstream',
    disableReason: disableReason ?? null,
  };
}

function healthOf({ rateLimitedUntil = 0, workspaceDeactivatedUntil = 0 }: UpstreamAccount, now: EpochMs): Health {
  const until = Math.min(Math.max(rateLimitedUntil, workspaceDeactivatedUntil), now + RESET_AHEAD_MAX_MS);
  if (until <= now) return HEALTHY;
  const reason = workspaceDeactivatedUntil > rateLimitedUntil ? 'workspace-deactivated' : 'rate-limited';
  return { status: 'cooldown', until, reason, cooldownMs: FAILURES[reason].cooldownMs, successes: 0 };
}

function modelCooldownsOf(
  { modelUnsupportedModel: model, modelUnsupportedUntil = 0 }: UpstreamAccount,
  now: EpochMs,
): readonly ModelCooldown[] {
  if (model === undefined || modelUnsupportedUntil <= now) return [];
  return [
    {
      model,
      until: Math.min(modelUnsupportedUntil, now + RESET_AHEAD_MAX_MS),
      cooldownMs: FAILURES['model-unsupported'].cooldownMs,
    },
  ];
}
