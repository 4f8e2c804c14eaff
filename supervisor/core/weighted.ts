import type { Alias } from '../../contract/scalars.ts';

/** Weight of an account that the settings do not name. */
export const DEFAULT_WEIGHT = 1;

/** A pick of weighted round-robin: the index chosen and the credits after it. */
export interface WeightedPick {
  readonly index: number;
  readonly credits: readonly number[];
}

/**
 * Picks by smooth weighted round-robin among some accounts.
 * Shape: `indexes` are the accounts that may be picked, not empty; `credits` and `weights` are aligned with all accounts.
 * Units: a credit is the share an account was due less the picks it got, in picks.
 * Why: taking the richest account lets others drift by more than one pick; taking, of those that are due, the one whose deadline comes first
 * keeps every account within one pick of its share after any number of picks (R. Tijdeman, The chairman assignment problem, 1980).
 * Accounts left out neither gain nor lose, so they come back without a jump.
 */
export function pickWeighted(
  indexes: readonly number[],
  credits: readonly number[],
  weights: readonly number[],
): WeightedPick {
  let total = 0;
  for (const index of indexes) total += weightAt(weights, index);
  const slack = indexes.length > 1 ? 1 / (2 * indexes.length - 2) : 0;
  const next = [...credits];
  let due = -1;
  let firstDeadline = Infinity;
  for (const index of indexes) {
    const share = weightAt(weights, index) / total;
    const before = next[index] ?? 0;
    const credit = before + share;
    next[index] = credit;
    if (credit < slack - EPSILON) continue;
    const deadline = (1 - slack - before) / share;
    if (deadline >= firstDeadline - EPSILON) continue;
    due = index;
    firstDeadline = deadline;
  }
  // Nobody is due when those who had to wait cannot serve now.
  const index = due === -1 ? richestOf(indexes, next) : due;
  next[index] = (next[index] ?? 0) - 1;
  return { index, credits: next };
}

/** Aligns the weights of the settings with the accounts. */
export function weightsOf(
  accounts: readonly { readonly alias: Alias }[],
  accountWeights: Readonly<Record<Alias, number>>,
): readonly number[] {
  return accounts.map(({ alias }) => accountWeights[alias] ?? DEFAULT_WEIGHT);
}

/** Numbers closer than this are equal, so that rounding cannot decide a pick. */
const EPSILON = 1e-9;

function richestOf(indexes: readonly number[], credits: readonly number[]): number {
  let richest = -1;
  let most = -Infinity;
  for (const index of indexes) {
    const credit = credits[index] ?? 0;
    if (credit <= most + EPSILON) continue;
    richest = index;
    most = credit;
  }
  return richest;
}

function weightAt(weights: readonly number[], index: number): number {
  return weights[index] ?? DEFAULT_WEIGHT;
}
