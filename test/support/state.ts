import type { Outcome, OutcomeKind } from '../../contract/failure.ts';
import { secretSchema } from '../../contract/scalars.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../contract/settings.ts';
import type { TokenSet } from '../../contract/worker-operations.ts';
import { addAccount, type NewAccount } from '../../supervisor/core/accounts.ts';
import { type Account, EMPTY_STATE, type State } from '../../supervisor/core/state.ts';

/** An instant in the tests' world: 2026-11-23T12:00:00Z. */
export const NOON = Date.UTC(2026, 10, 23, 12);
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** A login of the given alias that nobody ever had. */
export function newAccount(alias: string): NewAccount {
  return {
    alias,
    seat: { accountId: `ws-${alias}`, userId: `user-${alias}` },
    email: `${alias}@example.test`,
    planType: 'plus',
    source: 'login',
    credentials: {
      accessToken: secretSchema.parse(`access-${alias}`),
      refreshToken: secretSchema.parse(`refresh-${alias}`),
      idToken: null,
      expiresAt: NOON + 10 * 24 * HOUR,
      lastRefreshAt: NOON - HOUR,
    },
  };
}

/** Tokens as the worker would bring them for the seat of an alias. */
export function tokenSet(alias: string, change: Partial<TokenSet> = {}): TokenSet {
  return {
    accessToken: secretSchema.parse(`access-${alias}-new`),
    refreshToken: secretSchema.parse(`refresh-${alias}-new`),
    idToken: null,
    expiresAtMs: NOON + 20 * 24 * HOUR,
    accountId: `ws-${alias}`,
    userId: `user-${alias}`,
    email: `${alias}@example.test`,
    planType: 'plus',
    ...change,
  };
}

/** A state with these accounts, all healthy. */
export function stateWith(...aliases: readonly string[]): State {
  return aliases.reduce<State>((state, alias) => addAccount(state, newAccount(alias), NOON)[0], EMPTY_STATE);
}

/** Changes one account of a state. */
export function withAccount(state: State, alias: string, change: Partial<Account>): State {
  return {
    ...state,
    accounts: state.accounts.map((account) => (account.alias === alias ? { ...account, ...change } : account)),
  };
}

/** The account of an alias; a missing one fails the test. */
export function accountOf(state: State, alias: string): Account {
  const account = state.accounts.find((candidate) => candidate.alias === alias);
  if (account === undefined) throw new Error(`no account ${alias}`);
  return account;
}

/** Default settings with some changed. */
export function settingsWith(change: Partial<Settings> = {}): Settings {
  return { ...DEFAULT_SETTINGS, ...change };
}

/** An outcome of a kind, before any output, with no further facts. */
export function outcome(kind: OutcomeKind, change: Partial<Outcome> = {}): Outcome {
  return {
    kind,
    status: null,
    retryAtMs: null,
    limitId: null,
    errorCode: null,
    phase: 'before-output',
    firstByteMs: null,
    durationMs: 5,
    ...change,
  };
}
