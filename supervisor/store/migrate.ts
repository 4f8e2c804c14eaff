import * as z from 'zod';

import { FORCE_TTL_MS } from '../../contract/force.ts';
import type { Alias, EpochMs } from '../../contract/scalars.ts';
import { type Account, ACCOUNTS_MAX, EMPTY_STATE, type State } from '../core/state.ts';
import { migrateAccount, type MigratedAccount } from './migrate-account.ts';
import { assignAliases } from './migrate-names.ts';
import { migrateForce, migrateSettings } from './migrate-settings.ts';
import { type Extras, extrasKey, NO_EXTRAS } from './schema.ts';
import { parseLenient, upstreamAccountSchema, type UpstreamRoot, upstreamRootSchema } from './upstream-schema.ts';

/** The formats of upstream. */
export type UpstreamFormat = 'upstream-v1' | 'upstream-v2' | 'upstream-array';

/** What a migration did, for people. Shape: nothing is changed or left out without a line here. */
export interface MigrationReport {
  readonly from: UpstreamFormat;
  readonly accounts: number;
  readonly renamed: readonly { readonly from: string; readonly to: Alias }[];
  readonly skipped: readonly { readonly name: string; readonly because: string }[];
  readonly needsLogin: readonly Alias[];
  readonly notes: readonly string[];
}

/** A migrated store. */
export interface Migrated {
  readonly state: State;
  readonly extras: Extras;
  readonly report: MigrationReport;
}

/** Newest version of upstream's format that is known. */
const UPSTREAM_VERSION_MAX = 2;

const headSchema = z.object({
  format: z.never().optional(),
  version: z.int().min(1).optional(),
  accounts: z.custom<object>((value) => typeof value === 'object' && value !== null),
});

/** Tells which format of upstream parsed JSON has; null = none, `newer` = a version nobody knew when this was written. */
export function upstreamFormatOf(raw: unknown): UpstreamFormat | 'newer' | null {
  const head = headSchema.safeParse(raw);
  if (!head.success) return null;
  const { version, accounts } = head.data;
  if (version !== undefined && version > UPSTREAM_VERSION_MAX) return 'newer';
  if (Array.isArray(accounts)) return 'upstream-array';
  return version === 2 ? 'upstream-v2' : 'upstream-v1';
}

/** Turns a store of upstream into ours. Shape: the same input and `now` give the same state; null = it is no store of upstream that we know. */
export function migrate(raw: unknown, now: EpochMs): Migrated | null {
  const from = upstreamFormatOf(raw);
  if (from === null || from === 'newer') return null;
  const { kept, renamed, skipped, ...read } = readAccounts(headSchema.parse(raw).accounts, now);
  const accounts = kept.map(({ account }) => account);
  const aliasOf = new Map(kept.map(({ key, account }) => [key, account.alias]));
  const { value: root, unusable } = parseLenient(upstreamRootSchema, raw);
  const notes = [...read.notes, ...unusable.map((field) => `"${field}" could not be used and was left out`)];
  const surroundings = { accounts, aliasOf, now, notes };
  const settings = migrateSettings(root, surroundings);
  const force = migrateForce(root, settings, surroundings);
  const state: State = {
    ...EMPTY_STATE,
    accounts,
    rotation: { cursor: cursorOf(root, accounts, aliasOf), credits: accounts.map(() => 0), seed: 1 },
    force,
    forceAnchors:
      force === null ? new Map() : new Map([[force.forcedAlias, Math.max(0, force.forcedUntil - FORCE_TTL_MS)]]),
    settings,
  };
  const extras = {
    ...NO_EXTRAS,
    accounts: new Map(
      kept.filter((one) => Object.keys(one.extras).length > 0).map((one) => [extrasKey(one.account), one.extras]),
    ),
  };
  const needsLogin = accounts.filter((account) => account.auth.state === 'needs-login').map((account) => account.alias);
  return { state, extras, report: { from, accounts: accounts.length, renamed, skipped, needsLogin, notes } };
}

interface Kept extends MigratedAccount {
  /** Upstream's name, or the index in the legacy store. */
  readonly key: string;
  readonly isDoubtful: boolean;
}

interface ReadAccounts {
  readonly kept: readonly Kept[];
  readonly renamed: MigrationReport['renamed'];
  readonly skipped: MigrationReport['skipped'];
  readonly notes: readonly string[];
}

function readAccounts(raw: object, now: EpochMs): ReadAccounts {
  const entries = Object.entries(raw).map(([key, value]) => ({ key, ...parseLenient(upstreamAccountSchema, value) }));
  const names = entries.map(({ key, value }, index) =>
    Array.isArray(raw) ? (value.email?.split('@')[0] ?? `account-${String(index + 1)}`) : key,
  );
  const aliases = assignAliases(names);
  const found: Kept[] = [];
  const notes: string[] = [];
  const skipped: { name: string; because: string }[] = [];
  entries.forEach(({ key, value, unusable }, index) => {
    const alias = aliases[index] ?? key;
    notes.push(...unusable.map((field) => `"${alias}": its field "${field}" could not be used and was left out`));
    const migrated = migrateAccount({ alias, fields: value }, now);
    if (migrated === null) skipped.push({ name: alias, because: 'it holds no login' });
    else if (found.length >= ACCOUNTS_MAX)
      skipped.push({ name: alias, because: `oma takes at most ${String(ACCOUNTS_MAX)} accounts` });
    else found.push({ ...migrated, key, isDoubtful: value.authInvalid === true });
  });
  const { winners, losers } = oneForEachSeat(found);
  skipped.push(
    ...losers.map(({ loser, winner }) => ({
      name: loser.account.alias,
      because: `it is the same seat as "${winner.account.alias}", whose login ${merit(winner, loser)}`,
    })),
  );
  notes.push(...winners.flatMap((winner) => winner.notes.map((note) => `"${winner.account.alias}" ${note}`)));
  const renamed = names.flatMap((name, index) =>
    aliases[index] === undefined || aliases[index] === name ? [] : [{ from: name, to: aliases[index] }],
  );
  return { kept: winners, renamed, skipped, notes };
}

/** Why: two records of one seat may hold tokens of different logins; the better one is kept whole, nothing of the two is mixed. */
function oneForEachSeat(found: readonly Kept[]): {
  readonly winners: readonly Kept[];
  readonly losers: readonly { readonly loser: Kept; readonly winner: Kept }[];
} {
  const best = new Map<string, Kept>();
  for (const candidate of found) {
    const rival = best.get(seatKey(candidate));
    if (rival === undefined || isBetter(candidate, rival)) best.set(seatKey(candidate), candidate);
  }
  const winners = found.filter((candidate) => best.get(seatKey(candidate)) === candidate);
  const losers = found.flatMap((loser) => {
    const winner = best.get(seatKey(loser));
    return winner === undefined || winner === loser ? [] : [{ loser, winner }];
  });
  return { winners, losers };
}

function seatKey({ account: { seat } }: Kept): string {
  return JSON.stringify([seat.accountId, seat.userId]);
}

/** Shape: what counts most first. A login that works comes before one that does not, then the one that was renewed last. */
function ranksOf({ account: { auth, credentials }, isDoubtful }: Kept): readonly number[] {
  return [auth.state === 'ok' ? 1 : 0, isDoubtful ? 0 : 1, credentials.lastRefreshAt, credentials.expiresAt];
}

/** Ranks before this one say whether a login works, those from it on how new it is. */
const FIRST_RANK_OF_AGE = 2;

function isBetter(a: Kept, b: Kept): boolean {
  const ranks = ranksOf(b);
  const difference = ranksOf(a).map((rank, index) => rank - (ranks[index] ?? 0));
  return (difference.find((value) => value !== 0) ?? 0) > 0;
}

/** Says why the winner was kept. */
function merit(winner: Kept, loser: Kept): string {
  const ranks = ranksOf(loser);
  const decisive = ranksOf(winner).findIndex((rank, index) => rank !== ranks[index]);
  if (decisive === -1) return 'is as good';
  return decisive < FIRST_RANK_OF_AGE ? 'works, while this one is in doubt' : 'is newer';
}

/** Why: upstream's `activeAlias` is the account picked last, which here is the cursor; which login codex itself uses is read from codex's own file. */
function cursorOf(
  { activeAlias, activeIndex }: UpstreamRoot,
  accounts: readonly Account[],
  aliasOf: ReadonlyMap<string, Alias>,
): number {
  const key = activeAlias ?? (activeIndex === undefined ? undefined : String(activeIndex));
  const alias = key === undefined ? undefined : aliasOf.get(key);
  return alias === undefined ? -1 : accounts.findIndex((account) => account.alias === alias);
}
