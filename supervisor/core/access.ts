import { OmaError } from '../../contract/errors.ts';
import type { Alias } from '../../contract/scalars.ts';
import type { Account, Seat, State } from './state.ts';

/** Finds an account. Errors: ACCOUNT_NOT_FOUND. */
export function findAccount(state: State, alias: Alias): Account {
  const account = state.accounts.find((candidate) => candidate.alias === alias);
  if (account === undefined) throw notFound(alias);
  return account;
}

/** Finds the account of a seat, if there is one. */
export function findSeat(state: State, seat: Seat): Account | undefined {
  return state.accounts.find((account) => isSameSeat(account.seat, seat));
}

/** Tells whether two seats are one: workspace and person are the same. */
export function isSameSeat(a: Seat, b: Seat): boolean {
  return a.accountId === b.accountId && a.userId === b.userId;
}

/** Replaces one account by a changed copy; every other account keeps its identity. Errors: ACCOUNT_NOT_FOUND. */
export function updateAccount(state: State, alias: Alias, change: (account: Account) => Account): State {
  const index = state.accounts.findIndex((account) => account.alias === alias);
  const account = state.accounts[index];
  if (account === undefined) throw notFound(alias);
  const changed = change(account);
  return changed === account ? state : { ...state, accounts: state.accounts.with(index, changed) };
}

/** Forgets which sessions are bound to an account. */
export function withoutBindings(state: State, alias: Alias): State {
  const bindings = new Map([...state.bindings].filter(([, binding]) => binding.alias !== alias));
  return bindings.size === state.bindings.size ? state : { ...state, bindings };
}

function notFound(alias: Alias): OmaError {
  return new OmaError('ACCOUNT_NOT_FOUND', `There is no account "${alias}". List the accounts with "oma list".`, {
    alias,
  });
}
