import { createHash } from 'node:crypto';

import { isOmaError, OmaError } from '../../contract/errors.ts';
import type { Alias, EpochMs, Secret } from '../../contract/scalars.ts';
import type { RefreshAnswer, RenewedTokens } from '../../contract/worker-operations.ts';
import { findAccount } from '../core/access.ts';
import {
  abandonRefresh,
  beginRefresh,
  leaveRefreshUnanswered,
  renewCredentials,
  requireLogin,
} from '../core/credentials.ts';
import type { Account } from '../core/state.ts';
import { isoTime } from '../core/time.ts';
import type { Context } from './context.ts';

/** After a refresh that could not be done, the next one for that account waits this long, in milliseconds. */
const RETRY_AFTER_MS = 15 * 1_000;

/** Tokens that could not be stored are tried again after this long, in milliseconds. */
const SAVE_AGAIN_MS = 1_000;

/** The only place that causes refreshes: one at a time for each account, and one at a time in all. */
export interface Refresher {
  /**
   * Replaces the access token of an account unless it is not `stale` any more; however many ask, one refresh is sent.
   * Errors: ACCOUNT_NOT_FOUND, ACCOUNT_DISABLED, ACCOUNT_NEEDS_LOGIN, REFRESH_REJECTED, UPSTREAM_UNREACHABLE, CHILD_UNAVAILABLE, STORE_UNWRITABLE.
   */
  renew: (alias: Alias, stale: Secret) => Promise<Account>;
  /** Whether a refresh of this account is on its way. */
  isRefreshing: (alias: Alias) => boolean;
  /** Begins no refresh any more; resolves once the one on its way is stored, because its old token is spent. */
  finish: () => Promise<void>;
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
  const lane = new RefreshLane(context, hooks);
  return {
    renew: (alias, stale) => lane.renew(alias, stale),
    isRefreshing: (alias) => lane.isRefreshing(alias),
    finish: () => lane.finish(),
  };
}

class RefreshLane {
  readonly #context: Context;
  readonly #hooks: RefresherHooks;
  readonly #flights = new Map<Alias, Promise<Account>>();
  readonly #blockedUntil = new Map<Alias, EpochMs>();
  readonly #unsaved = new Map<Alias, RenewedTokens>();
  #last: Promise<unknown> = Promise.resolve();
  #isFinishing = false;

  constructor(context: Context, hooks: RefresherHooks) {
    this.#context = context;
    this.#hooks = hooks;
  }

  isRefreshing(alias: Alias): boolean {
    return this.#flights.has(alias);
  }

  async finish(): Promise<void> {
    this.#isFinishing = true;
    await this.#last;
    // What the disk refuses still is lost, but not its intent, which the next start names.
    await Promise.allSettled([...this.#unsaved.keys()].map((alias) => this.#saveAgain(alias)));
  }

  renew(alias: Alias, stale: Secret): Promise<Account> {
    const flying = this.#flights.get(alias);
    if (flying !== undefined) return flying;
    const flight = this.#last.then(() => this.#renewOne(alias, stale)).finally(() => this.#flights.delete(alias));
    this.#last = flight.catch(() => undefined);
    this.#flights.set(alias, flight);
    return flight;
  }

  async #renewOne(alias: Alias, stale: Secret): Promise<Account> {
    const context = this.#context;
    const account = refreshable(context, alias);
    if (account.credentials.accessToken !== stale) return settled(context, alias);
    refuseTooEarly(alias, this.#blockedUntil.get(alias), context.now());
    const rescued = this.#unsaved.get(alias);
    if (rescued !== undefined) return this.#save(alias, rescued);
    if (await this.#hooks.adopt(alias)) return settled(context, alias);
    if (this.#isFinishing) throw unreachable(alias, 'this supervisor is stopping');
    await context.store.transact(
      'refresh.begin',
      (state, now) => beginRefresh(state, { alias, fingerprint: fingerprintOf(account.credentials.refreshToken) }, now),
      'before-reply',
    );
    return this.#conclude(alias, await ask(context, account.credentials.refreshToken));
  }

  async #conclude(alias: Alias, answer: RefreshAnswer): Promise<Account> {
    const { store, now, tally } = this.#context;
    tally.refresh(answer.status);
    switch (answer.status) {
      case 'granted':
        return this.#save(alias, answer.tokens);
      case 'rejected':
        return this.#refuse(alias, answer.code);
      case 'not-sent':
        this.#blockedUntil.set(alias, now() + RETRY_AFTER_MS);
        await store.transact('refresh.not-sent', (state) => [abandonRefresh(state, alias), undefined], 'before-reply');
        throw unreachable(alias, answer.message);
      case 'unanswered':
        this.#blockedUntil.set(alias, now() + RETRY_AFTER_MS);
        await store.transact(
          'refresh.unanswered',
          (state) => [leaveRefreshUnanswered(state, alias), undefined],
          'before-reply',
        );
        throw unreachable(alias, answer.message);
    }
  }

  /** Stores the provider's final no. Errors: REFRESH_REJECTED, unless the login was renewed meanwhile. */
  async #refuse(alias: Alias, reason: string): Promise<Account> {
    const { store, emit, now } = this.#context;
    const account = await store.transact(
      'refresh.rejected',
      (state, at) => requireLogin(state, { alias, reason }, at),
      'before-reply',
    );
    if (account.auth.state === 'ok') return account;
    emit({ type: 'account-needs-login', at: isoTime(now()), alias, reason });
    throw new OmaError(
      'REFRESH_REJECTED',
      `The provider no longer accepts the login of "${alias}" (${reason}). Renew it with "oma reauth ${alias}".`,
      { alias, reason },
    );
  }

  /** Why: the old token is spent, so these must reach the disk sooner or later; until then nobody gets them. */
  async #save(alias: Alias, renewed: RenewedTokens): Promise<Account> {
    this.#unsaved.delete(alias);
    try {
      const account = await this.#context.store.transact(
        'refresh.finish',
        (state, now) => renewCredentials(state, { alias, renewed }, now),
        'before-reply',
      );
      this.#blockedUntil.delete(alias);
      this.#hooks.renewed(account);
      this.#refuseIncomplete(alias, renewed);
      return account;
    } catch (error) {
      if (isOmaError(error, 'IDENTITY_MISMATCH')) return this.#refuse(alias, 'another-identity');
      if (isOmaError(error, 'STORE_UNWRITABLE')) this.#saveLater(alias, renewed);
      throw error;
    }
  }

  /** Whatever the provider left unsaid is logged; without an access token there is nothing to hand out. Errors: UPSTREAM_UNREACHABLE. */
  #refuseIncomplete(alias: Alias, { accessToken, expiresAtMs, accountId }: RenewedTokens): void {
    const { log, now } = this.#context;
    const told = { access_token: accessToken, expires_in: expiresAtMs, chatgpt_account_id: accountId };
    const untold = Object.entries(told).flatMap(([name, value]) => (value === null ? [name] : []));
    if (untold.length > 0) log.warn({ alias, untold }, 'the renewed login was stored, but parts of it cannot be read');
    if (accessToken !== null) return;
    this.#blockedUntil.set(alias, now() + RETRY_AFTER_MS);
    throw unreachable(alias, 'the provider renewed the login without giving a new access token');
  }

  #saveLater(alias: Alias, renewed: RenewedTokens): void {
    this.#unsaved.set(alias, renewed);
    // A failure puts it off once more, or its account is gone.
    this.#context.later(SAVE_AGAIN_MS, () => void this.#saveAgain(alias).catch(() => undefined));
  }

  async #saveAgain(alias: Alias): Promise<void> {
    const renewed = this.#unsaved.get(alias);
    if (renewed !== undefined) await this.#save(alias, renewed);
  }
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
  // A later end than that was noted before the clock was set back.
  if (until !== undefined && until > now && until - now <= RETRY_AFTER_MS)
    throw unreachable(alias, 'the last attempt failed moments ago');
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
