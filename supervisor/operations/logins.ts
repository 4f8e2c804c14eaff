import type { AccountView } from '../../contract/account.ts';
import { isOmaError, OmaError } from '../../contract/errors.ts';
import type { LoginMethod, LoginView } from '../../contract/login.ts';
import type { CallContext } from '../../contract/operation.ts';
import type { Alias, EpochMs } from '../../contract/scalars.ts';
import type { TokenSet } from '../../contract/worker-operations.ts';
import { findAccount } from '../core/access.ts';
import { addAccount, refuseTakenAlias } from '../core/accounts.ts';
import { credentialsOf, renewLogin } from '../core/credentials.ts';
import type { Account, AccountSource } from '../core/state.ts';
import { isoTime } from '../core/time.ts';
import type { Audit } from './audit.ts';
import type { Context } from './context.ts';

/** Logins remembered after their end, for those who still ask. */
const LOGINS_MAX = 50;

/** `wait` answers after this long at the latest, in milliseconds. */
const WAIT_MS = 25 * 1_000;

/** Logins of new accounts and of accounts that exist. */
export interface Logins {
  /** Errors: ALIAS_TAKEN and what the worker says. */
  add: (alias: Alias, method: LoginMethod, call: CallContext) => Promise<LoginView>;
  /** Errors: ACCOUNT_NOT_FOUND, ACCOUNT_DISABLED, OPERATION_IN_PROGRESS and what the worker says. */
  reauth: (alias: Alias, method: LoginMethod, call: CallContext) => Promise<LoginView>;
  get: (loginId: string) => LoginView;
  list: () => readonly LoginView[];
  wait: (loginId: string) => Promise<LoginView>;
  paste: (loginId: string, pasted: string) => Promise<LoginView>;
  cancel: (loginId: string) => Promise<LoginView>;
  /** Ends the logins under way of an account that is gone. Never rejects: without its account a login changes nothing. */
  cancelOf: (alias: Alias) => Promise<void>;
  reauthState: (alias: Alias) => AccountView['reauth'];
}

interface Entry {
  view: LoginView;
  readonly done: Promise<void>;
}

interface Begin {
  readonly alias: Alias;
  readonly method: LoginMethod;
  readonly purpose: LoginView['purpose'];
  readonly call: CallContext;
}

/** What the logins tell when an account has new tokens on disk. */
export interface LoginHooks {
  readonly audit: Audit;
  renewed: (account: Account) => void;
}

/** Creates the logins over the given context. */
export function createLogins(context: Context, hooks: LoginHooks): Logins {
  const { worker, store } = context;
  const list = new LoginList(context, hooks);
  return {
    add: async (alias, method, call) => {
      refuseTakenAlias(store.read(), alias);
      return list.begin({ alias, method, purpose: 'add', call });
    },
    reauth: async (alias, method, call) => {
      const account = findAccount(store.read(), alias);
      if (!account.availability.enabled)
        throw new OmaError('ACCOUNT_DISABLED', `"${alias}" is disabled. Enable it first with "oma enable ${alias}".`, {
          alias,
        });
      return list.begin({ alias, method, purpose: 'reauth', call });
    },
    get: (loginId) => list.find(loginId).view,
    list: () => list.entries().map((entry) => entry.view),
    wait: async (loginId) => {
      const entry = list.find(loginId);
      if (entry.view.state === 'in-progress') await Promise.race([entry.done, elapsed(context, WAIT_MS)]);
      return entry.view;
    },
    paste: async (loginId, pasted) => {
      list.find(loginId);
      await worker['login.paste']({ loginId, pasted });
      return list.find(loginId).view;
    },
    cancel: async (loginId) => {
      const entry = list.find(loginId);
      if (entry.view.state === 'in-progress') await endAtWorker(context, loginId);
      await entry.done;
      return entry.view;
    },
    cancelOf: async (alias) => {
      const running = list.entries().filter(({ view }) => view.alias === alias && view.state === 'in-progress');
      await Promise.all(running.map(({ view }) => endIfPossible(context, view)));
    },
    reauthState: (alias) => reauthStateOf(list.entries(), alias),
  };
}

/** The logins under way and the last ones that are over. */
class LoginList {
  readonly #context: Context;
  readonly #hooks: LoginHooks;
  readonly #entries = new Map<string, Entry>();
  readonly #starting = new Set<Alias>();

  constructor(context: Context, hooks: LoginHooks) {
    this.#context = context;
    this.#hooks = hooks;
  }

  entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  /** Errors: LOGIN_NOT_FOUND. */
  find(loginId: string): Entry {
    const entry = this.#entries.get(loginId);
    if (entry === undefined)
      throw new OmaError('LOGIN_NOT_FOUND', 'This login is unknown or long over. Begin a new one.');
    return entry;
  }

  /** Errors: OPERATION_IN_PROGRESS and what the worker says. */
  async begin(login: Begin): Promise<LoginView> {
    const { alias, method, purpose } = login;
    this.#refuseSecond(alias);
    this.#starting.add(alias);
    try {
      const { newId, worker, addresses } = this.#context;
      const loginId = newId('login');
      const begun = await worker['login.begin']({ loginId, method, issuerUrl: addresses.issuerUrl });
      const { url, userCode, instructions, expiresAtMs } = begun;
      const view: LoginView = {
        loginId,
        alias,
        purpose,
        method: begun.method,
        state: 'in-progress',
        url,
        userCode,
        instructions,
        expiresAt: isoTime(expiresAtMs),
        error: null,
      };
      this.#entries.set(loginId, { view, done: Promise.resolve().then(() => this.#finish(loginId, login)) });
      this.#forgetOldest();
      this.#tellChanged();
      return view;
    } finally {
      this.#starting.delete(alias);
    }
  }

  async #finish(loginId: string, { alias, purpose, call }: Begin): Promise<void> {
    const context = this.#context;
    try {
      const tokens = await context.worker['login.finish']({ loginId });
      const account =
        purpose === 'add' ? await storeNew(context, alias, tokens) : await storeAgain(context, alias, tokens);
      this.#hooks.audit.record(call, {
        action: purpose === 'add' ? 'account.add' : 'account.reauth',
        target: alias,
        detail: {},
      });
      this.#hooks.renewed(account);
      this.#change(loginId, { state: 'success', url: null, userCode: null });
    } catch (error) {
      if (!isOmaError(error))
        context.log.error({ loginId, alias, cause: String(error) }, 'a login failed for a reason nobody foresaw');
      const { code, message } = isOmaError(error)
        ? error
        : new OmaError('INTERNAL', 'oma made a mistake during this login; its log says more. Try again.');
      this.#change(loginId, { state: 'error', url: null, userCode: null, error: { code, message } });
    }
  }

  #change(loginId: string, view: Partial<LoginView>): void {
    const entry = this.#entries.get(loginId);
    if (entry === undefined) return;
    entry.view = { ...entry.view, ...view };
    this.#tellChanged();
  }

  #tellChanged(): void {
    const { emit, now } = this.#context;
    emit({ type: 'changed', at: isoTime(now()), topics: ['logins', 'accounts'] });
  }

  #refuseSecond(alias: Alias): void {
    const isRunning =
      this.#starting.has(alias) ||
      this.entries().some(({ view }) => view.alias === alias && view.state === 'in-progress');
    if (isRunning)
      throw new OmaError(
        'OPERATION_IN_PROGRESS',
        `A login of "${alias}" is under way already. Finish or cancel it first.`,
        { alias },
      );
  }

  #forgetOldest(): void {
    if (this.#entries.size <= LOGINS_MAX) return;
    const over = this.entries().find(({ view }) => view.state !== 'in-progress');
    if (over !== undefined) this.#entries.delete(over.view.loginId);
  }
}

/** The worker may have forgotten the login meanwhile, which is as good. */
async function endAtWorker({ worker }: Context, loginId: string): Promise<void> {
  try {
    await worker['login.cancel']({ loginId });
  } catch (error) {
    if (!isOmaError(error, 'LOGIN_NOT_FOUND')) throw error;
  }
}

async function endIfPossible(context: Context, { alias, loginId }: LoginView): Promise<void> {
  await endAtWorker(context, loginId).catch((error: unknown) => {
    context.log.warn({ alias, loginId, cause: String(error) }, 'the login of a removed account could not be ended');
  });
}

async function storeNew({ store, addresses }: Context, alias: Alias, tokens: TokenSet): Promise<Account> {
  const source: AccountSource = addresses.demo ? 'demo' : 'login';
  const { email, planType, accountId, userId } = tokens;
  return store.transact(
    'account.add',
    (state, now) =>
      addAccount(
        state,
        { alias, seat: { accountId, userId }, email, planType, source, credentials: credentialsOf(tokens, now) },
        now,
      ),
    'before-reply',
  );
}

async function storeAgain({ store }: Context, alias: Alias, tokens: TokenSet): Promise<Account> {
  return store.transact('account.reauth', (state, now) => renewLogin(state, { alias, tokens }, now), 'before-reply');
}

function reauthStateOf(entries: readonly Entry[], alias: Alias): AccountView['reauth'] {
  const last = entries.findLast(({ view }) => view.alias === alias && view.purpose === 'reauth');
  if (last === undefined) return 'idle';
  if (last.view.error?.code === 'LOGIN_CANCELLED') return 'idle';
  return last.view.state;
}

function elapsed({ later }: Context, delayMs: EpochMs): Promise<void> {
  return new Promise((resolve) => {
    later(delayMs, resolve);
  });
}
