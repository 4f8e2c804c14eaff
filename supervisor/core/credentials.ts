import { OmaError } from '../../contract/errors.ts';
import type { Alias, EpochMs } from '../../contract/scalars.ts';
import type { RenewedTokens, TokenSet } from '../../contract/worker-operations.ts';
import { findAccount, isSameSeat, updateAccount } from './access.ts';
import type { Account, Credentials, RefreshIntent, State } from './state.ts';

/** A token that lives shorter than this is refreshed ahead of use, in milliseconds. */
export const REFRESH_AHEAD_MS = 5 * 60 * 1_000;

/** A token that lives shorter than this is not handed out, in milliseconds. */
export const TOKEN_USABLE_MS = 30 * 1_000;

/** Tokens for an account that exists. */
export interface CredentialsInput {
  readonly alias: Alias;
  readonly tokens: TokenSet;
}

/**
 * Whether an access token can be handed out as it is, should be renewed in the background, or must be renewed first.
 * Why: a token that had expired already when the provider gave it shows that our clock is ahead; renewing it again would
 * spend one refresh token after the other and never help.
 */
export function tokenFreshness(credentials: Credentials, now: EpochMs): 'fresh' | 'aging' | 'expired' {
  const { expiresAt, lastRefreshAt } = credentials;
  const ageMs = now - lastRefreshAt;
  if (expiresAt - lastRefreshAt < TOKEN_USABLE_MS && ageMs >= 0) return ageMs < REFRESH_AHEAD_MS ? 'fresh' : 'expired';
  const leftMs = expiresAt - now;
  if (leftMs < TOKEN_USABLE_MS) return 'expired';
  return leftMs < REFRESH_AHEAD_MS ? 'aging' : 'fresh';
}

/** Writes down that a refresh token is about to be spent; must be durable before it is sent. */
export function beginRefresh(
  state: State,
  { alias, fingerprint }: { readonly alias: Alias; readonly fingerprint: string },
  now: EpochMs,
): readonly [State, Account] {
  const intent: RefreshIntent = { fingerprint, sentAt: now, unanswered: false };
  const next = updateAccount(state, alias, (account) => ({ ...account, refreshIntent: intent }));
  return [next, findAccount(next, alias)];
}

/** Closes an intent whose token was provably not spent. */
export function abandonRefresh(state: State, alias: Alias): State {
  return updateAccount(state, alias, (account) =>
    account.refreshIntent === null ? account : { ...account, refreshIntent: null },
  );
}

/** Keeps an intent whose answer was lost: the token may be spent, nobody knows. */
export function leaveRefreshUnanswered(state: State, alias: Alias): State {
  return updateAccount(state, alias, (account) =>
    account.refreshIntent === null
      ? account
      : { ...account, refreshIntent: { ...account.refreshIntent, unanswered: true } },
  );
}

/** Marks every intent found at start as unanswered: whoever waited for the answer is dead. */
export function inheritIntents(state: State): State {
  if (state.accounts.every((account) => account.refreshIntent === null || account.refreshIntent.unanswered))
    return state;
  return {
    ...state,
    accounts: state.accounts.map((account) =>
      account.refreshIntent === null
        ? account
        : { ...account, refreshIntent: { ...account.refreshIntent, unanswered: true } },
    ),
  };
}

/**
 * Stores the issuer's final no: the account needs a person.
 * Not: once its intent is closed, for then a login or a copy of codex has replaced the tokens that were refused.
 */
export function requireLogin(
  state: State,
  { alias, reason }: { readonly alias: Alias; readonly reason: string },
  now: EpochMs,
): readonly [State, Account] {
  const next = updateAccount(state, alias, (account) =>
    account.refreshIntent === null
      ? account
      : { ...account, refreshIntent: null, auth: { state: 'needs-login', reason, since: now } },
  );
  return [next, findAccount(next, alias)];
}

/**
 * Replaces the tokens of an account by those of the same seat; nothing else about the account changes but plan and e-mail.
 * Errors: ACCOUNT_NOT_FOUND, IDENTITY_MISMATCH (nothing changes).
 */
export function replaceCredentials(
  state: State,
  { alias, tokens }: CredentialsInput,
  now: EpochMs,
): readonly [State, Account] {
  const account = findAccount(state, alias);
  if (!isSameSeat(account.seat, tokens)) {
    throw new OmaError(
      'IDENTITY_MISMATCH',
      `Another person or workspace logged in, not the one that "${alias}" stands for. Nothing was changed. Log in as the right one, or add the other as a new account.`,
      { alias },
    );
  }
  const next = updateAccount(state, alias, (old) => ({
    ...old,
    email: tokens.email ?? old.email,
    planType: tokens.planType ?? old.planType,
    // A refresh may bring no id token; the one of the login is still good for who the person is.
    credentials: { ...credentialsOf(tokens, now), idToken: tokens.idToken ?? old.credentials.idToken },
    auth: { state: 'ok' },
    refreshIntent: null,
  }));
  return [next, findAccount(next, alias)];
}

/**
 * Stores the login that a person renewed: what the old one was refused for no longer keeps the account out, and probation follows.
 * Errors: ACCOUNT_NOT_FOUND, IDENTITY_MISMATCH (nothing changes).
 */
export function renewLogin(state: State, input: CredentialsInput, now: EpochMs): readonly [State, Account] {
  const [replaced] = replaceCredentials(state, input, now);
  const next = updateAccount(replaced, input.alias, (old) =>
    old.health.status === 'cooldown' && old.health.reason === 'unauthorized'
      ? { ...old, health: { ...old.health, status: 'probation', until: null } }
      : old,
  );
  return [next, findAccount(next, input.alias)];
}

/** An access token whose end nobody tells is taken to live this long, in milliseconds; if it ends sooner, its 401 has it renewed. */
const UNTOLD_LIFE_MS = 60 * 60 * 1_000;

/**
 * Stores what a refresh of this account brought; what the issuer did not say stays as it was, and the seat is that of the token that was spent.
 * Shape: without a new access token the old one counts as expired, so that nobody is given it.
 * Errors: ACCOUNT_NOT_FOUND, IDENTITY_MISMATCH (nothing changes).
 * Not: once its intent is closed, for then a login or a copy of codex has replaced the tokens that were renewed.
 */
export function renewCredentials(
  state: State,
  { alias, renewed }: { readonly alias: Alias; readonly renewed: RenewedTokens },
  now: EpochMs,
): readonly [State, Account] {
  const account = findAccount(state, alias);
  if (account.refreshIntent === null) return [state, account];
  const { seat, credentials: old } = account;
  const hasAccess = renewed.accessToken !== null;
  const tokens: TokenSet = {
    ...renewed,
    accessToken: renewed.accessToken ?? old.accessToken,
    expiresAtMs: hasAccess ? (renewed.expiresAtMs ?? now + UNTOLD_LIFE_MS) : Math.min(old.expiresAt, now),
    accountId: renewed.accountId ?? seat.accountId,
    userId: renewed.userId ?? seat.userId,
  };
  return replaceCredentials(state, { alias, tokens }, hasAccess ? now : old.lastRefreshAt);
}

/** Replaces the tokens only if the given ones are newer; an older copy never wins. Shape: answers whether it did. */
export function adoptNewer(
  state: State,
  { alias, tokens, refreshedAt }: CredentialsInput & { readonly refreshedAt: EpochMs },
): readonly [State, boolean] {
  const { credentials, seat } = findAccount(state, alias);
  const isNewer =
    refreshedAt > credentials.lastRefreshAt &&
    tokens.expiresAtMs > credentials.expiresAt &&
    tokens.refreshToken !== credentials.refreshToken;
  if (!isNewer || !isSameSeat(seat, tokens)) return [state, false];
  const [next] = replaceCredentials(state, { alias, tokens }, refreshedAt);
  return [next, true];
}

/** The stored form of a token set. */
export function credentialsOf(tokens: TokenSet, now: EpochMs): Credentials {
  return {
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken,
    idToken: tokens.idToken,
    expiresAt: tokens.expiresAtMs,
    lastRefreshAt: now,
  };
}
