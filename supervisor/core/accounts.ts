import { OmaError } from '../../contract/errors.ts';
import type { Alias, EpochMs } from '../../contract/scalars.ts';
import { findAccount, findSeat, updateAccount, withoutBindings } from './access.ts';
import { endForceIf } from './force.ts';
import {
  type Account,
  ACCOUNTS_MAX,
  type AccountSource,
  type Credentials,
  HEALTHY,
  type Seat,
  type State,
  UNKNOWN_LIMITS,
} from './state.ts';

/** An account as a login or an import brings it. */
export interface NewAccount {
  readonly alias: Alias;
  readonly seat: Seat;
  readonly email: string | null;
  readonly planType: string | null;
  readonly source: AccountSource;
  readonly credentials: Credentials;
}

/** Whose switch is moved, where to, by whom and why. */
export interface EnabledInput {
  readonly alias: Alias;
  readonly enabled: boolean;
  readonly actor: string;
  readonly reason: string | null;
}

/** Adds an account at the end of the rotation. Errors: ALIAS_TAKEN, SEAT_EXISTS naming the alias that has the seat. */
export function addAccount(state: State, added: NewAccount, now: EpochMs): readonly [State, Account] {
  refuseTakenAlias(state, added.alias);
  const twin = findSeat(state, added.seat);
  if (twin !== undefined) {
    throw new OmaError(
      'SEAT_EXISTS',
      `This login is the account "${twin.alias}" already. To renew its login run "oma reauth ${twin.alias}".`,
      { alias: twin.alias },
    );
  }
  if (state.accounts.length >= ACCOUNTS_MAX)
    throw new OmaError('INVALID_PARAMS', `oma takes at most ${String(ACCOUNTS_MAX)} accounts.`);
  const account: Account = {
    ...added,
    addedAt: now,
    auth: { state: 'ok' },
    refreshIntent: null,
    availability: { enabled: true },
    health: HEALTHY,
    modelCooldowns: [],
    usage: { count: 0, lastUsedAt: null },
    limits: UNKNOWN_LIMITS,
  };
  const rotation = { ...state.rotation, credits: [...state.rotation.credits, 0] };
  return [{ ...state, accounts: [...state.accounts, account], rotation }, account];
}

/** Refuses an alias that an account has. Errors: ALIAS_TAKEN. */
export function refuseTakenAlias(state: State, alias: Alias): void {
  if (state.accounts.some((account) => account.alias === alias)) {
    throw new OmaError(
      'ALIAS_TAKEN',
      `There is an account "${alias}" already. Choose another alias, or renew its login with "oma reauth ${alias}".`,
      { alias },
    );
  }
}

/** Moves the Enabled switch. Errors: ACCOUNT_NOT_FOUND, ALREADY_ENABLED, ALREADY_DISABLED, LAST_ENABLED_ACCOUNT. */
export function setEnabled(
  state: State,
  { alias, enabled, actor, reason }: EnabledInput,
  now: EpochMs,
): readonly [State, Account] {
  const account = findAccount(state, alias);
  if (account.availability.enabled === enabled) {
    if (enabled)
      throw new OmaError('ALREADY_ENABLED', `"${alias}" is enabled already; nothing was changed.`, { alias });
    throw new OmaError('ALREADY_DISABLED', `"${alias}" is disabled already; nothing was changed.`, { alias });
  }
  if (!enabled) refuseLastEnabled(state, alias);
  const changed = updateAccount(state, alias, (old) => ({
    ...old,
    availability: enabled
      ? { enabled: true }
      : { enabled: false, disabledAt: now, disabledBy: actor, disableReason: reason },
  }));
  const next = enabled ? changed : endForceIf(withoutBindings(changed, alias), alias);
  return [next, findAccount(next, alias)];
}

/** Removes an account, its weight, bindings and force. Errors: ACCOUNT_NOT_FOUND. */
export function removeAccount(state: State, alias: Alias): readonly [State, Account] {
  const removed = findAccount(state, alias);
  const index = state.accounts.indexOf(removed);
  const { cursor, credits, seed } = state.rotation;
  const accountWeights = Object.fromEntries(
    Object.entries(state.settings.values.accountWeights ?? {}).filter(([name]) => name !== alias),
  );
  const reserved = state.settings.values.antigravityReserved?.filter((name) => name !== alias);
  const values = {
    ...state.settings.values,
    ...(state.settings.values.accountWeights === undefined ? {} : { accountWeights }),
    ...(reserved === undefined ? {} : { antigravityReserved: reserved }),
  };
  const anchors = new Map(state.forceAnchors);
  anchors.delete(alias);
  const next: State = {
    ...withoutBindings(endForceIf(state, alias), alias),
    accounts: state.accounts.toSpliced(index, 1),
    activeAlias: state.activeAlias === alias ? null : state.activeAlias,
    rotation: { seed, cursor: cursor >= index ? cursor - 1 : cursor, credits: credits.toSpliced(index, 1) },
    forceAnchors: anchors,
    settings: { ...state.settings, values },
  };
  return [next, removed];
}

function refuseLastEnabled(state: State, alias: Alias): void {
  const others = state.accounts.some((account) => account.alias !== alias && account.availability.enabled);
  if (!others) {
    throw new OmaError(
      'LAST_ENABLED_ACCOUNT',
      `"${alias}" is the last enabled account; disabling it would leave nothing to work with. Enable or add another one first.`,
      { alias },
    );
  }
}
