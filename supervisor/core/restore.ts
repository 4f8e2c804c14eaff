import type { OlderPolicy, RestoreResult } from '../../contract/backup.ts';
import type { Alias, EpochMs } from '../../contract/scalars.ts';
import { type PartialSettings, settingsSchema } from '../../contract/settings.ts';
import { findSeat, updateAccount, withoutBindings } from './access.ts';
import { endForceIf } from './force.ts';
import { freeAlias } from './free-alias.ts';
import { persistSettings } from './settings.ts';
import type { Account, State } from './state.ts';
import { isoTime } from './time.ts';

/** A backup to put back. */
export interface RestoreInput {
  readonly backup: State;
  readonly onOlder: OlderPolicy;
  readonly actor: string;
}

/** What a restore changes, for people. */
export type RestoreDiff = Omit<RestoreResult, 'dryRun'>;

/**
 * Puts a backup back: its accounts, which of them are enabled, and its settings. Accounts that it does not know stay, and so do counters and limits of those that are there.
 * Shape: with `refuse` the diff names older logins and the state keeps the newer ones; the caller refuses.
 * Why: a refresh token lives until it is used once, so an older copy of a login is most likely dead.
 */
export function restoreBackup(
  state: State,
  { backup, onOlder, actor }: RestoreInput,
  now: EpochMs,
): readonly [State, RestoreDiff] {
  const aliasOf = new Map<Alias, Alias>();
  const diff: RestoreDiff = {
    added: [],
    renewed: [],
    older: [],
    switched: [],
    untouched: state.accounts.filter(({ seat }) => findSeat(backup, seat) === undefined).map(({ alias }) => alias),
    settings: [],
  };
  const withAccounts = backup.accounts.reduce((before, account) => {
    const twin = findSeat(before, account.seat);
    const [next, alias] =
      twin === undefined ? add(before, account, diff) : renew(before, { twin, account, onOlder }, diff);
    aliasOf.set(account.alias, alias);
    return next;
  }, state);
  const values = renamedValues(backup.settings.values, aliasOf);
  diff.settings.push(...changedSettings(state.settings.values, values));
  return [diff.settings.length === 0 ? withAccounts : persistSettings(withAccounts, { values, actor }, now), diff];
}

function add(state: State, account: Account, { added }: RestoreDiff): readonly [State, Alias] {
  const alias = freeAlias(state, account.alias);
  added.push({ alias, was: account.alias });
  const rotation = { ...state.rotation, credits: [...state.rotation.credits, 0] };
  return [{ ...state, rotation, accounts: [...state.accounts, { ...account, alias }] }, alias];
}

interface Renewal {
  readonly twin: Account;
  readonly account: Account;
  readonly onOlder: OlderPolicy;
}

function renew(state: State, { twin, account, onOlder }: Renewal, diff: RestoreDiff): readonly [State, Alias] {
  const { alias } = twin;
  const order = orderOf(account, twin);
  const stamps = {
    alias,
    stored: refreshedAt(twin),
    backup: refreshedAt(account),
  };
  if (order === 'newer') diff.renewed.push(stamps);
  if (order === 'older') diff.older.push(stamps);
  const isTaken = order === 'newer' || (order === 'older' && onOlder === 'use-older');
  const { credentials, auth, refreshIntent } = isTaken ? account : twin;
  const { availability } = account;
  const changed = updateAccount(state, alias, (old) => ({ ...old, credentials, auth, refreshIntent, availability }));
  if (availability.enabled === twin.availability.enabled) return [changed, alias];
  diff.switched.push({ alias, enabled: availability.enabled });
  return [availability.enabled ? changed : endForceIf(withoutBindings(changed, alias), alias), alias];
}

/** Shape: null = what the login came from did not say. */
function refreshedAt({ credentials }: Account): string | null {
  return credentials.lastRefreshAt === 0 ? null : isoTime(credentials.lastRefreshAt);
}

function orderOf({ credentials: ours }: Account, { credentials: stored }: Account): 'same' | 'newer' | 'older' {
  if (ours.refreshToken === stored.refreshToken) return 'same';
  return ours.lastRefreshAt > stored.lastRefreshAt ? 'newer' : 'older';
}

/** The settings of the backup with the aliases that its accounts have here. */
function renamedValues(values: PartialSettings, aliasOf: ReadonlyMap<Alias, Alias>): PartialSettings {
  const here = (alias: Alias): Alias => aliasOf.get(alias) ?? alias;
  const { accountWeights, antigravityReserved, ...others } = values;
  return {
    ...others,
    ...(accountWeights === undefined
      ? {}
      : {
          accountWeights: Object.fromEntries(
            Object.entries(accountWeights).map(([alias, weight]) => [here(alias), weight]),
          ),
        }),
    ...(antigravityReserved === undefined ? {} : { antigravityReserved: antigravityReserved.map(here) }),
  };
}

function changedSettings(before: PartialSettings, after: PartialSettings): RestoreDiff['settings'] {
  return settingsSchema
    .keyof()
    .options.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => ({ name, before: before[name] ?? null, after: after[name] ?? null }));
}
