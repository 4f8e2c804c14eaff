import * as z from 'zod';

import { actorSchema, aliasSchema } from '../../contract/scalars.ts';
import { partialSettingsSchema, strategySchema } from '../../contract/settings.ts';
import {
  type Account,
  ACCOUNTS_MAX,
  BINDINGS_MAX,
  type Force,
  type PersistedSettings,
  type State,
} from '../core/state.ts';
import { accountFromFields, accountToFields } from './account-fields.ts';
import { accountFieldsSchema, type Fields, timeSchema } from './account-schema.ts';

/** Marks a store file as ours; upstream's have no such field. */
export const STORE_FORMAT = 'oma';

/** Version of the file that this oma writes. */
export const STORE_VERSION = 2;

/**
 * Fields of a file that this oma does not know: notes of a person, or fields of a later oma of the same version.
 * Shape: `accounts` is keyed by `extrasKey`. Why: they are written back as they were, because a store never erases what it does not understand.
 */
export interface Extras {
  readonly root: Fields;
  readonly settings: Fields;
  readonly accounts: ReadonlyMap<string, Fields>;
}

/** No unknown field. */
export const NO_EXTRAS: Extras = { root: {}, settings: {}, accounts: new Map() };

/** What a file says, or why it cannot be believed. Shape: problems name fields, never values. */
export type Decoded =
  | { readonly ok: true; readonly state: State; readonly extras: Extras }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Problems named at most; one is enough to refuse a file. */
const PROBLEMS_MAX = 20;
const ANCHORS_MAX = ACCOUNTS_MAX;

/** Longest session id of a binding, in characters. */
export const SESSION_ID_MAX = 256;

const settingsFieldsSchema = partialSettingsSchema
  .extend({ revision: z.int().nonnegative(), updatedAt: timeSchema.nullable(), updatedBy: actorSchema.nullable() })
  .strip();

/** The persisted settings as the file has them: each setting by its name, beside who changed them last. */
export const persistedSettingsSchema = settingsFieldsSchema.refine(
  ({ criticalThreshold, lowThreshold }) =>
    criticalThreshold === undefined || lowThreshold === undefined || criticalThreshold < lowThreshold,
  { path: ['criticalThreshold'], message: 'the critical threshold is below the low one' },
);

/** The force as the file has it: four fields, all null when nothing is forced. */
export const forceFieldsSchema = z.object({
  forcedAlias: aliasSchema.nullable(),
  forcedUntil: timeSchema.nullable(),
  previousRotationStrategy: strategySchema.nullable(),
  forcedBy: actorSchema.nullable(),
});

const rootSchema = z
  .object({
    format: z.literal(STORE_FORMAT),
    version: z.literal(STORE_VERSION),
    activeAlias: aliasSchema.nullable(),
    ...forceFieldsSchema.shape,
    forceAnchors: z.array(z.strictObject({ alias: aliasSchema, activatedAt: timeSchema })).max(ANCHORS_MAX),
    settings: persistedSettingsSchema,
    rotation: z.strictObject({
      cursor: z.int().min(-1),
      credits: z.array(z.number()).max(ACCOUNTS_MAX),
      seed: z.int().min(0).max(0xffff_ffff),
    }),
    bindings: z
      .array(z.strictObject({ session: z.string().min(1).max(SESSION_ID_MAX), alias: aliasSchema, usedAt: timeSchema }))
      .max(BINDINGS_MAX)
      .describe('Longest unused first.'),
    accounts: z.array(accountFieldsSchema).max(ACCOUNTS_MAX).describe('In the order of rotation.'),
  })
  .refine(
    (root) =>
      new Set(
        [root.forcedAlias, root.forcedUntil, root.previousRotationStrategy, root.forcedBy].map(
          (field) => field === null,
        ),
      ).size === 1,
    {
      path: ['forcedAlias'],
      message: 'the four fields of a force are all there or all null',
    },
  )
  .refine((root) => new Set(root.bindings.map((binding) => binding.session)).size === root.bindings.length, {
    path: ['bindings'],
    message: 'a session appears once',
  })
  .refine((root) => new Set(root.forceAnchors.map((anchor) => anchor.alias)).size === root.forceAnchors.length, {
    path: ['forceAnchors'],
    message: 'an alias appears once',
  });

type Root = z.output<typeof rootSchema>;

/** Turns the parsed JSON of a file into a state. Not: it checks each field, `checkInvariants` checks them against each other. */
export function decodeStore(raw: unknown): Decoded {
  const parsed = rootSchema.safeParse(raw);
  if (!parsed.success)
    return {
      ok: false,
      problems: parsed.error.issues
        .slice(0, PROBLEMS_MAX)
        .map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`),
    };
  const state = stateOf(parsed.data);
  return { ok: true, state, extras: extrasOf(raw, state.accounts) };
}

/**
 * Creates the function that writes a state as text: one line for each top-level field and each account.
 * Why: the text of an account is kept with the (immutable) account, so that a large store costs little when one account changes.
 */
export function createEncoder(extras: Extras): (state: State) => string {
  const texts = new WeakMap<Account, string>();
  const textOf = (account: Account): string => {
    const known = texts.get(account);
    if (known !== undefined) return known;
    const text = JSON.stringify({ ...accountToFields(account), ...extras.accounts.get(extrasKey(account)) });
    texts.set(account, text);
    return text;
  };
  return (state) => {
    const fields = Object.entries({ ...rootToFields(state, extras), ...extras.root }).map(
      ([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`,
    );
    const accounts = state.accounts.map(textOf);
    return `{\n${fields.join(',\n')},\n"accounts": [${accounts.length === 0 ? '' : `\n${accounts.join(',\n')}\n`}]\n}\n`;
  };
}

/** The key of an account's unknown fields. Why: alias and seat, so that they never pass to another account of the same name. */
export function extrasKey({ alias, seat }: Pick<Account, 'alias' | 'seat'>): string {
  return JSON.stringify([alias, seat.accountId, seat.userId]);
}

/** The persisted settings as fields. */
export function settingsToFields({ values, revision, updatedAt, updatedBy }: PersistedSettings): Fields {
  return { ...values, revision, updatedAt, updatedBy };
}

/** The force as fields. */
export function forceToFields(force: Force | null): Fields {
  const { forcedAlias, forcedUntil, previousRotationStrategy, forcedBy } = force ?? {
    forcedAlias: null,
    forcedUntil: null,
    previousRotationStrategy: null,
    forcedBy: null,
  };
  return { forcedAlias, forcedUntil, previousRotationStrategy, forcedBy };
}

function rootToFields(state: State, extras: Extras): Fields {
  return {
    format: STORE_FORMAT,
    version: STORE_VERSION,
    activeAlias: state.activeAlias,
    ...forceToFields(state.force),
    forceAnchors: [...state.forceAnchors].map(([alias, activatedAt]) => ({ alias, activatedAt })),
    settings: { ...settingsToFields(state.settings), ...extras.settings },
    rotation: { cursor: state.rotation.cursor, credits: state.rotation.credits, seed: state.rotation.seed },
    bindings: [...state.bindings].map(([session, { alias, usedAt }]) => ({ session, alias, usedAt })),
  };
}

function stateOf(root: Root): State {
  const { revision, updatedAt, updatedBy, ...values } = root.settings;
  return {
    accounts: root.accounts.map(accountFromFields),
    activeAlias: root.activeAlias,
    rotation: root.rotation,
    bindings: new Map(root.bindings.map(({ session, alias, usedAt }) => [session, { alias, usedAt }])),
    force: forceOf(root),
    forceAnchors: new Map(root.forceAnchors.map(({ alias, activatedAt }) => [alias, activatedAt])),
    settings: { values, revision, updatedAt, updatedBy },
  };
}

function forceOf({ forcedAlias, forcedUntil, previousRotationStrategy, forcedBy }: Root): Force | null {
  if (forcedAlias === null || forcedUntil === null || previousRotationStrategy === null || forcedBy === null)
    return null;
  return { forcedAlias, forcedUntil, previousRotationStrategy, forcedBy };
}

function extrasOf(raw: unknown, accounts: readonly Account[]): Extras {
  const rawAccounts = fieldOf(raw, 'accounts');
  const listed: readonly unknown[] = Array.isArray(rawAccounts) ? rawAccounts : [];
  const entries = accounts.map((account, index): readonly [string, Fields] => [
    extrasKey(account),
    unknownFields(listed[index], accountFieldsSchema.shape),
  ]);
  return {
    root: unknownFields(raw, rootSchema.shape),
    settings: unknownFields(fieldOf(raw, 'settings'), settingsFieldsSchema.shape),
    accounts: new Map(entries.filter(([, fields]) => Object.keys(fields).length > 0)),
  };
}

function fieldOf(raw: unknown, name: string): unknown {
  return typeof raw === 'object' && raw !== null ? Object.entries(raw).find(([key]) => key === name)?.[1] : undefined;
}

function unknownFields(raw: unknown, known: Fields): Fields {
  return typeof raw === 'object' && raw !== null
    ? Object.fromEntries(Object.entries(raw).filter(([name]) => !Object.hasOwn(known, name)))
    : {};
}
