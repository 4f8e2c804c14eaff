import { isSameSeat } from '../core/access.ts';
import { type Account, ACCOUNTS_MAX, BINDINGS_MAX, type Rotation, type State } from '../core/state.ts';
import { ACCOUNT_PARTS, TIME_MAX } from './account-fields.ts';
import {
  forceFieldsSchema,
  forceToFields,
  persistedSettingsSchema,
  SESSION_ID_MAX,
  settingsToFields,
} from './schema.ts';

const SEED_MAX = 0xffff_ffff;

/** Checks a state against everything that must always hold. Shape: empty = it holds; problems never name a secret. */
export function checkInvariants(state: State): readonly string[] {
  return createInvariantCheck()(state);
}

/**
 * Creates a check that remembers what it found good.
 * Why: it runs on every change; a lease changes one account, and whatever kept its identity is still good.
 */
export function createInvariantCheck(): (state: State) => readonly string[] {
  const good = new WeakSet();
  let known: Names = { accounts: [], aliases: new Set() };
  const unlessGood = (part: object | null, check: () => readonly string[]): readonly string[] => {
    if (part !== null && good.has(part)) return NONE;
    const problems = check();
    if (part !== null && problems.length === 0) good.add(part);
    return problems;
  };
  const accountProblems = (account: Account): readonly string[] =>
    unlessGood(account, () => [
      ...ACCOUNT_PARTS.flatMap((part) =>
        unlessGood(part.of(account), () =>
          fieldProblems(part.schema.safeParse(part.fields(account)), `account "${account.alias}"`),
        ),
      ),
      ...combinedProblems(account),
    ]);

  return (state) => {
    const { accounts, rotation, settings, force, bindings, forceAnchors } = state;
    const changed = accounts.filter((account, index) => account !== known.accounts[index]);
    const isRenamed =
      accounts.length !== known.accounts.length ||
      accounts.some((account, index) => !hasSameName(account, known.accounts[index]));
    const names = isRenamed ? namesOf(accounts) : { accounts, aliases: known.aliases, problems: NONE };
    const problems = [
      ...names.problems,
      ...changed.flatMap(accountProblems),
      ...unlessGood(settings, () =>
        fieldProblems(persistedSettingsSchema.safeParse(settingsToFields(settings)), 'settings'),
      ),
      ...unlessGood(force, () => fieldProblems(forceFieldsSchema.safeParse(forceToFields(force)), 'force')),
      ...unlessGood(rotation.credits, () =>
        rotation.credits.every(Number.isFinite) ? NONE : ['a rotation credit is no number'],
      ),
      ...rotationProblems(rotation, accounts.length),
      ...forceProblems(state),
      ...(state.activeAlias === null || names.aliases.has(state.activeAlias)
        ? NONE
        : [`the active account "${state.activeAlias}" does not exist`]),
      ...unlessGood(forceAnchors, () => anchorProblems(forceAnchors)),
      ...unlessGood(isRenamed ? null : bindings, () => bindingProblems(bindings, names.aliases)),
    ];
    if (problems.length === 0) known = names;
    return problems;
  };
}

const NONE: readonly string[] = [];

interface Names {
  readonly accounts: readonly Account[];
  readonly aliases: ReadonlySet<string>;
}

function hasSameName(account: Account, known: Account | undefined): boolean {
  return (
    account === known || (known !== undefined && account.alias === known.alias && isSameSeat(account.seat, known.seat))
  );
}

function namesOf(accounts: readonly Account[]): Names & { readonly problems: readonly string[] } {
  const problems = accounts.length > ACCOUNTS_MAX ? [`there are more than ${String(ACCOUNTS_MAX)} accounts`] : [];
  const aliases = new Set<string>();
  const seats = new Set<string>();
  for (const { alias, seat } of accounts) {
    const key = JSON.stringify([seat.accountId, seat.userId]);
    if (aliases.has(alias)) problems.push(`two accounts are called "${alias}"`);
    if (seats.has(key)) problems.push(`account "${alias}" has the seat of another account`);
    aliases.add(alias);
    seats.add(key);
  }
  return { accounts, aliases, problems };
}

function combinedProblems({ alias, health, modelCooldowns }: Account): readonly string[] {
  const models = new Set(modelCooldowns.map((entry) => entry.model));
  return [
    ...(health.status === 'cooldown' && health.until === null ? [`account "${alias}" cools down without an end`] : []),
    ...(models.size === modelCooldowns.length ? [] : [`account "${alias}" has two cooldowns for one model`]),
  ];
}

function rotationProblems({ cursor, credits, seed }: Rotation, accounts: number): readonly string[] {
  const isCursorGood = Number.isInteger(cursor) && cursor >= -1 && cursor < accounts;
  const isSeedGood = Number.isInteger(seed) && seed >= 0 && seed <= SEED_MAX;
  if (isCursorGood && isSeedGood && credits.length === accounts) return NONE;
  return [
    ...(isCursorGood ? [] : ['the rotation cursor points beside the accounts']),
    ...(isSeedGood ? [] : ['the rotation seed is no unsigned 32-bit integer']),
    ...(credits.length === accounts ? [] : ['the rotation credits are not one for each account']),
  ];
}

function forceProblems({ force, accounts }: State): readonly string[] {
  if (force === null) return NONE;
  const forced = accounts.find((account) => account.alias === force.forcedAlias);
  if (forced === undefined) return [`the forced account "${force.forcedAlias}" does not exist`];
  return forced.availability.enabled ? NONE : [`the forced account "${force.forcedAlias}" is disabled`];
}

function anchorProblems(anchors: State['forceAnchors']): readonly string[] {
  return [...anchors]
    .filter(([, activatedAt]) => !isTime(activatedAt))
    .map(([alias]) => `the force of "${alias}" began at no time`);
}

function bindingProblems(bindings: State['bindings'], aliases: ReadonlySet<string>): readonly string[] {
  const problems = bindings.size > BINDINGS_MAX ? [`more than ${String(BINDINGS_MAX)} sessions are bound`] : [];
  for (const [session, { alias, usedAt }] of bindings) {
    if (!aliases.has(alias)) problems.push(`a session is bound to "${alias}", which does not exist`);
    if (!isTime(usedAt) || session.length === 0 || session.length > SESSION_ID_MAX)
      problems.push(`the binding of a session to "${alias}" is not well-formed`);
  }
  return problems;
}

/** Why: not by the schema, which is too slow for a thousand bindings on every lease. */
function isTime(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= TIME_MAX;
}

interface Parsed {
  readonly success: boolean;
  readonly error?:
    { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] } | undefined;
}

function fieldProblems(parsed: Parsed, what: string): readonly string[] {
  return (parsed.error?.issues ?? []).map((issue) => `${what}: ${issue.path.map(String).join('.')}: ${issue.message}`);
}
