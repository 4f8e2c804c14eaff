import { issueFamily } from './tokens.ts';
import { requireSeat, type Step, type World } from './world.ts';

/** A login of a simulated seat, as somebody who signed in would hold it. */
export interface SeatCredentials {
  readonly alias: string;
  readonly email: string;
  readonly accountId: string;
  readonly userId: string;
  readonly accountUserId: string;
  readonly planType: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly idToken: string;
  readonly expiresAtMs: number;
  /** When the tokens were made, as codex and upstream write it. */
  readonly lastRefresh: string;
}

/** Signs a seat in: a login of its own, which no other caller shares. */
export function signIn(world: World, alias: string, now: number): Step<SeatCredentials> {
  const seat = requireSeat(world, alias);
  const [next, tokens] = issueFamily(world, alias, now);
  const credentials: SeatCredentials = {
    alias: seat.alias,
    email: seat.email,
    accountId: seat.accountId,
    userId: seat.userId,
    accountUserId: `${seat.userId}__${seat.accountId}`,
    planType: seat.planType,
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken,
    idToken: tokens.idToken,
    expiresAtMs: tokens.expiresAtMs,
    lastRefresh: new Date(now).toISOString(),
  };
  return [next, credentials];
}

/** Writes a login as codex keeps it: `managed` is what `codex login` leaves, `external` never refreshes by itself. */
export function codexAuthFile(credentials: SeatCredentials, mode: 'managed' | 'external' = 'managed') {
  return {
    auth_mode: mode === 'managed' ? 'chatgpt' : 'chatgptAuthTokens',
    OPENAI_API_KEY: null,
    tokens: {
      id_token: credentials.idToken,
      access_token: credentials.accessToken,
      refresh_token: mode === 'managed' ? credentials.refreshToken : '',
      account_id: credentials.accountId,
    },
    last_refresh: credentials.lastRefresh,
  };
}

/** Writes logins as the store file that oma imports (upstream's version 2). */
export function importableStore(logins: readonly SeatCredentials[]) {
  const accounts = logins.map(
    (login) =>
      [
        login.alias,
        {
          alias: login.alias,
          accessToken: login.accessToken,
          refreshToken: login.refreshToken,
          idToken: login.idToken,
          expiresAt: login.expiresAtMs,
          email: login.email,
          accountId: login.accountId,
          userId: login.userId,
          accountUserId: login.accountUserId,
          planType: login.planType,
          lastRefresh: login.lastRefresh,
          usageCount: 0,
          enabled: true,
          source: 'codex',
        },
      ] as const,
  );
  return {
    version: 2,
    accounts: Object.fromEntries(accounts),
    activeAlias: logins[0]?.alias ?? null,
    rotationIndex: 0,
    lastRotation: 0,
    forcedAlias: null,
    forcedUntil: null,
    previousRotationStrategy: null,
    forcedBy: null,
    rotationStrategy: 'round-robin',
  };
}
