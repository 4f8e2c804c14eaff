import { isSameSeat } from '../core/access.ts';
import { type Account, ACCOUNTS_MAX, BINDINGS_MAX, EMPTY_STATE, type State } from '../core/state.ts';
import { ACCOUNT_PARTS } from './account-fields.ts';
import { TIME_MAX } from './account-schema.ts';
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
 * Creates a check that remembers the last state it found good.
 * Why: it runs on every change, before the change counts; whatever kept its identity since then is still good, so a
 * lease costs the check of the one part of the one account that it changed.
 */
export function createInvariantCheck(): (state: State) => readonly string[] {
  let known: Known = { state: EMPTY_STATE, aliases: new Set() };
  return (state) => {
    const problems: string[] = [];
    const changed = changedIndexes(state.accounts, known.state.accounts);
    const isRenamed = changed.some((index) => !hasSameName(state.accounts[index], known.state.accounts[index]));
    const aliases = isRenamed ? checkNames(state.accounts, problems) : known.aliases;
    for (const index of changed) checkAccount(state.accounts[index], known.state.accounts[index], problems);
    if (state.settings !== known.state.settings) {
      addIssues(problems, 'settings', persistedSettingsSchema.safeParse(settingsToFields(state.settings)));
    }
    checkForce(state, known.state, problems);
    checkRotation(state, known.state, problems);
    checkActive(state, known.state, { aliases, problems });
    if (isRenamed || state.bindings !== known.state.bindings) checkBindings(state, aliases, problems);
    if (problems.length === 0) known = { state, aliases };
    return problems;
  };
}

interface Known {
  readonly state: State;
  readonly aliases: ReadonlySet<string>;
}

type Issues = {
  readonly error?:
    { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] } | undefined;
};

/** Shape: also the indexes that only one of the two has. */
function changedIndexes(accounts: readonly Account[], known: readonly Account[]): readonly number[] {
  const changed: number[] = [];
  const length = Math.max(accounts.length, known.length);
  for (let index = 0; index < length; index += 1) if (accounts[index] !== known[index]) changed.push(index);
  return changed;
}

function hasSameName(account: Account | undefined, known: Account | undefined): boolean {
  return (
    account !== undefined &&
    known !== undefined &&
    account.alias === known.alias &&
    isSameSeat(account.seat, known.seat)
  );
}

function checkNames(accounts: readonly Account[], problems: string[]): ReadonlySet<string> {
  if (accounts.length > ACCOUNTS_MAX) problems.push(`there are more than ${String(ACCOUNTS_MAX)} accounts`);
  const aliases = new Set<string>();
  const seats = new Set<string>();
  for (const { alias, seat } of accounts) {
    const key = JSON.stringify([seat.accountId, seat.userId]);
    if (aliases.has(alias)) problems.push(`two accounts are called "${alias}"`);
    if (seats.has(key)) problems.push(`account "${alias}" has the seat of another account`);
    aliases.add(alias);
    seats.add(key);
  }
  return aliases;
}

function checkAccount(account: Account | undefined, known: Account | undefined, problems: string[]): void {
  if (account === undefined) return;
  for (const part of ACCOUNT_PARTS) {
    if (known !== undefined && part.isSame(account, known)) continue;
    addIssues(problems, `account "${account.alias}"`, part.schema.safeParse(part.fields(account)));
  }
  checkCooldowns(account, problems);
}

function checkCooldowns({ alias, health, modelCooldowns }: Account, problems: string[]): void {
  if (health.status === 'cooldown' && health.until === null)
    problems.push(`account "${alias}" cools down without an end`);
  if (modelCooldowns.length < 2) return;
  const models = new Set(modelCooldowns.map((entry) => entry.model));
  if (models.size < modelCooldowns.length) problems.push(`account "${alias}" has two cooldowns for one model`);
}

function checkForce({ force, accounts }: State, known: State, problems: string[]): void {
  if (force === null) return;
  if (force !== known.force) addIssues(problems, 'force', forceFieldsSchema.safeParse(forceToFields(force)));
  const forced = accounts.find((account) => account.alias === force.forcedAlias);
  if (forced === undefined) problems.push(`the forced account "${force.forcedAlias}" does not exist`);
  else if (!forced.availability.enabled) problems.push(`the forced account "${force.forcedAlias}" is disabled`);
}

function checkRotation(
  { accounts, rotation: { cursor, credits, seed } }: State,
  known: State,
  problems: string[],
): void {
  if (!isIntegerIn(cursor, -1, accounts.length - 1)) problems.push('the rotation cursor points beside the accounts');
  if (!isIntegerIn(seed, 0, SEED_MAX)) problems.push('the rotation seed is no unsigned 32-bit integer');
  if (credits.length !== accounts.length) problems.push('the rotation credits are not one for each account');
  if (credits !== known.rotation.credits && !credits.every(Number.isFinite))
    problems.push('a rotation credit is no number');
}

interface Names {
  readonly aliases: ReadonlySet<string>;
  readonly problems: string[];
}

function checkActive({ activeAlias, forceAnchors }: State, known: State, { aliases, problems }: Names): void {
  if (activeAlias !== null && !aliases.has(activeAlias))
    problems.push(`the active account "${activeAlias}" does not exist`);
  if (forceAnchors === known.forceAnchors) return;
  for (const [alias, at] of forceAnchors)
    if (!isIntegerIn(at, 0, TIME_MAX)) problems.push(`the force of "${alias}" began at no time`);
}

/** Why: not by the schema, which would be slow for a thousand bindings. */
function checkBindings({ bindings }: State, aliases: ReadonlySet<string>, problems: string[]): void {
  if (bindings.size > BINDINGS_MAX) problems.push(`more than ${String(BINDINGS_MAX)} sessions are bound`);
  for (const [session, { alias, usedAt }] of bindings) {
    if (!aliases.has(alias)) problems.push(`a session is bound to "${alias}", which does not exist`);
    const isWellFormed = isIntegerIn(session.length, 1, SESSION_ID_MAX) && isIntegerIn(usedAt, 0, TIME_MAX);
    if (!isWellFormed) problems.push(`the binding of a session to "${alias}" is not well-formed`);
  }
}

function addIssues(problems: string[], what: string, { error }: Issues): void {
  if (error === undefined) return;
  problems.push(...error.issues.map((issue) => `${what}: ${issue.path.map(String).join('.')}: ${issue.message}`));
}

function isIntegerIn(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
