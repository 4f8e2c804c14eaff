import { OmaError } from '../../contract/errors.ts';
import { FORCE_TTL_MS, type ForceEnd } from '../../contract/force.ts';
import type { Alias, EpochMs } from '../../contract/scalars.ts';
import type { Settings } from '../../contract/settings.ts';
import { findAccount } from './access.ts';
import { blockersOf, NO_NEEDS, type Question } from './eligibility.ts';
import type { Force, State } from './state.ts';

/** Who forces which account. */
export interface ForceInput {
  readonly alias: Alias;
  readonly actor: string;
  readonly settings: Settings;
}

/** A force that ended, and why. */
export interface EndedForce {
  readonly alias: Alias;
  readonly because: ForceEnd;
}

/**
 * Pins an account until 24 h after the first activation of its alias; activating it again moves nothing.
 * Errors: ACCOUNT_NOT_FOUND, ACCOUNT_DISABLED, ACCOUNT_INELIGIBLE.
 */
export function activateForce(
  state: State,
  { alias, actor, settings }: ForceInput,
  now: EpochMs,
): readonly [State, Force] {
  const account = findAccount(state, alias);
  if (!account.availability.enabled)
    throw new OmaError('ACCOUNT_DISABLED', `"${alias}" is disabled. Enable it first with "oma enable ${alias}".`, {
      alias,
    });
  const blockers = blockersOf(account, { needs: NO_NEEDS, settings, now });
  if (blockers.length > 0) {
    const reasons = blockers.map((blocker) => blocker.code);
    throw new OmaError(
      'ACCOUNT_INELIGIBLE',
      `"${alias}" cannot serve now (${reasons.join(', ')}), so it cannot be forced. Choose another account or wait.`,
      { alias, blockers },
    );
  }
  if (state.force?.forcedAlias === alias && state.force.forcedUntil > now) return [state, state.force];
  const anchors = liveAnchors(state, now);
  const anchor = anchors.get(alias) ?? now;
  anchors.set(alias, anchor);
  const force: Force = {
    forcedAlias: alias,
    forcedUntil: anchor + FORCE_TTL_MS,
    previousRotationStrategy: state.force?.previousRotationStrategy ?? settings.rotationStrategy,
    forcedBy: actor,
  };
  const bindings = new Map([...state.bindings].filter(([, binding]) => binding.alias === alias));
  return [{ ...state, force, forceAnchors: anchors, bindings }, force];
}

/** Ends the force on request. Errors: FORCE_NOT_ACTIVE. */
export function clearForce(state: State): readonly [State, EndedForce] {
  if (state.force === null) throw new OmaError('FORCE_NOT_ACTIVE', 'No account is forced; nothing was changed.');
  return [dropForce(state, state.force), { alias: state.force.forcedAlias, because: 'cleared' }];
}

/**
 * Ends a force that may no longer stand: expired, its account gone, disabled or unable to serve (a cooldown counts).
 * Not: what only concerns one request (its model, accounts it has tried) does not end a force.
 */
export function reconcileForce(state: State, settings: Settings, now: EpochMs): readonly [State, EndedForce | null] {
  const { force } = state;
  if (force === null) return [state, null];
  if (force.forcedUntil - now > FORCE_TTL_MS) return [clockSetBack(state, force, now), null];
  const because = force.forcedUntil <= now ? 'expired' : lossOf(state, force, { needs: NO_NEEDS, settings, now });
  return because === null ? [state, null] : [dropForce(state, force), { alias: force.forcedAlias, because }];
}

/** Why: a force that was begun in what is the future now would last longer than it may. */
function clockSetBack(state: State, force: Force, now: EpochMs): State {
  const forceAnchors = new Map([...state.forceAnchors].map(([alias, anchor]) => [alias, Math.min(anchor, now)]));
  return { ...state, force: { ...force, forcedUntil: now + FORCE_TTL_MS }, forceAnchors };
}

/** Ends the force if it pins this account. */
export function endForceIf(state: State, alias: Alias): State {
  return state.force?.forcedAlias === alias ? dropForce(state, state.force) : state;
}

/** How the forced account was lost, if it was. */
function lossOf(state: State, { forcedAlias }: Force, question: Question): ForceEnd | null {
  const account = state.accounts.find(({ alias }) => alias === forcedAlias);
  if (account === undefined) return 'removed';
  if (!account.availability.enabled) return 'disabled';
  return blockersOf(account, question).length > 0 ? 'ineligible' : null;
}

/** Sessions that the force brought to its account choose anew. */
function dropForce(state: State, force: Force): State {
  const bindings = new Map([...state.bindings].filter(([, binding]) => binding.alias !== force.forcedAlias));
  return { ...state, force: null, bindings };
}

function liveAnchors(state: State, now: EpochMs): Map<Alias, EpochMs> {
  return new Map([...state.forceAnchors].filter(([, anchor]) => anchor + FORCE_TTL_MS > now));
}
