import { createHash } from 'node:crypto';

import { isOmaError, OmaError } from '../../contract/errors.ts';
import type { Alias, EpochMs, Secret } from '../../contract/scalars.ts';
import type { RefreshAnswer, TokenSet } from '../../contract/worker-operations.ts';
import { findAccount } from '../core/access.ts';
import {
  abandonRefresh,
  beginRefresh,
  leaveRefreshUnanswered,
  replaceCredentials,
  requireLogin,
} from '../core/credentials.ts';
import type { Account } from '../core/state.ts';
import { isoTime } from '../core/time.ts';
import type { Context } from './context.ts';

/** After a refresh that could not be done, the next one for that account waits this long, in milliseconds. */
const RETRY_AFTER_MS = 15 * 1_000;

/** The only place that causes refreshes: one at a time for each account, and one at a time in all. */
export interface Refresher {
  /**
   * Replaces the access token of an account unless it is not `stale` any more; however many ask, one refresh is sent.
   * Errors: ACCOUNT_NOT_FOUND, ACCOUNT_DISABLED, ACCOUNT_NEEDS_LOGIN, REFRESH_REJECTED, UPSTREAM_UNREACHABLE, CHILD_UNAVAILABLE, STORE_UNWRITABLE.
   */
  renew: (alias: Alias, stale: Secret) => Promise<Account>;
  /** Whether a refresh of this account is on its way. */
  isRefreshing: (alias: Alias) => boolean;
}

/** What the refresher needs besides the context. */
export interface RefresherHooks {
  /** Looks for newer tokens of this account elsewhere (codex's own login file) before one is spent. */
  adopt: (alias: Alias) => Promise<boolean>;
  /** Tells that an account has new tokens on disk. */
  renewed: (account: Account) => void;
}

/** Creates the refresher. Why: a global lane, because providers were seen to revoke sibling logins refreshed at the same instant. */
export function createRefresher(context: Context, hooks: RefresherHooks): Refresher {
  const flights = new Map<Alias, Promise<Account>>();
  const blockedUntil = new Map<Alias, EpochMs>();
  const unsaved = new Map<Alias, TokenSet>();
  let lane: Promise<unknown> = Promise.resolve();

  const renew = (alias: Alias, stale: Secret): Promise<Account> => {
    const flying = flights.get(alias);
    if (flying !== undefined) return flying;
    const flight = lane.then(() => renewOne(alias, stale)).finally(() => flights.delete(alias));
    lane = flight.catch(() => undefined);
    flights.set(alias, flight);
    return flight;
  };

  const renewOne = async (alias: Alias, stale: Secret): Promise<Account> => {
    const account = refreshable(context, alias);
    if (account.credentials.accessToken !== stale) return settled(context, alias);
    refuseTooEarly(alias, blockedUntil.get(alias), context.now());
    const rescued = unsaved.get(alias);
    if (rescued !== undefined) return save(alias, rescued);
    if (await hooks.adopt(alias)) return settled(context, alias);
    await context.store.transact(
      'refresh.begin',
      (state, now) => beginRefresh(state, { alias, fingerprint: fingerprintOf(account.credentials.refreshToken) }, now),
      'before-reply',
    );
    return conclude(alias, await ask(context, account.credentials.refreshToken));
  };

  const conclude = async (alias: Alias, answer: RefreshAnswer): Promise<Account> => {
    switch (answer.status) {
      case 'granted':
        return save(alias, answer.tokens);
      case 'rejected':
        return refuse(alias, answer.code);
      case 'not-sent':
        blockedUntil.set(alias, context.now() + RETRY_AFTER_MS);
        await context.store.transact(
          'refresh.not-sent',
          (state) => [abandonRefresh(state, alias), undefined],
          'before-reply',
        );
        throw unreachable(alias, answer.message);
      case 'unanswered':
        blockedUntil.set(alias, context.now() + RETRY_AFTER_MS);
        await context.store.transact(
          'refresh.unanswered',
          (state) => [leaveRefreshUnanswered(state, alias), undefined],
          'before-reply',
        );
        throw unreachable(alias, answer.message);
    }
  };

  /** Stores the provider's final no. Errors: REFRESH_REJECTED, always. */
  const refuse = async (alias: Alias, reason: string): Promise<never> => {
    await context.store.transact(
      'refresh.rejected',
      (state, now) => [requireLogin(state, { alias, reason }, now), undefined],
      'before-reply',
    );
    context.emit({ type: 'account-needs-login', at: isoTime(context.now()), alias, reason });
    throw new OmaError(
      'REFRESH_REJECTED',
      `The provider no longer accepts the login of "${alias}" (${reason}). Renew it with "oma reauth ${alias}".`,
      { alias, reason },
    );
  };

  /** Why: the old token is spent, so these must reach the disk sooner or later; until then nobody gets them. */
  const save = async (alias: Alias, tokens: TokenSet): Promise<Account> => {
    try {
      const account = await context.store.transact(
        'refresh.finish',
        (state, now) => replaceCredentials(state, { alias, tokens }, now),
        'before-reply',
      );
      unsaved.delete(alias);
      blockedUntil.delete(alias);
      hooks.renewed(account);
      return account;
    } catch (error) {
      if (isOmaError(error, 'IDENTITY_MISMATCH')) return refuse(alias, 'another-identity');
      if (isOmaError(error, 'STORE_UNWRITABLE')) {
        unsaved.set(alias, tokens);
        context.later(
          1_000,
          () =>
            void renew(alias, findAccount(context.store.read(), alias).credentials.accessToken).catch(() => undefined),
        );
      }
      throw error;
    }
  };

  return { renew, isRefreshing: (alias) => flights.has(alias) };
}

async function ask({ worker, addresses }: Context, refreshToken: Secret): Promise<RefreshAnswer> {
  try {
    return await worker['token.refresh']({ issuerUrl: addresses.issuerUrl, refreshToken });
  } catch (error) {
    const message = isOmaError(error) ? error.code : 'the worker failed';
    return { status: isOmaError(error, 'CHILD_UNAVAILABLE') ? 'not-sent' : 'unanswered', message };
  }
}

function refreshable({ store }: Context, alias: Alias): Account {
  const account = findAccount(store.read(), alias);
  if (!account.availability.enabled)
    throw new OmaError(
      'ACCOUNT_DISABLED',
      `"${alias}" is disabled, so its login is not refreshed. Enable it with "oma enable ${alias}".`,
      { alias },
    );
  if (account.auth.state === 'needs-login') {
    throw new OmaError(
      'ACCOUNT_NEEDS_LOGIN',
      `"${alias}" must be logged in again (${account.auth.reason}): "oma reauth ${alias}".`,
      { alias, reason: account.auth.reason },
    );
  }
  return account;
}

/** The account once everything about it is on disk. */
async function settled({ store }: Context, alias: Alias): Promise<Account> {
  await store.settled();
  return findAccount(store.read(), alias);
}

function refuseTooEarly(alias: Alias, until: EpochMs | undefined, now: EpochMs): void {
  if (until !== undefined && until > now) throw unreachable(alias, 'the last attempt failed moments ago');
}

function unreachable(alias: Alias, why: string): OmaError {
  return new OmaError(
    'UPSTREAM_UNREACHABLE',
    `The login of "${alias}" could not be refreshed now: ${why}. oma tries again by itself.`,
    { alias },
  );
}

function fingerprintOf(token: Secret): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 16);
}
