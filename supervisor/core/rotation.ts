import { ATTEMPTS_MAX } from '../../contract/failure.ts';
import { type Question, type Standing, standing } from './eligibility.ts';
import { lineupOf, type Uses, usesOf } from './lineup.ts';
import type { Account, Rotation, State } from './state.ts';
import { pickWeighted } from './weighted.ts';

/** A pick: which account, by index, where rotation stands after it, and whether it is one that is kept for last. */
export interface Picked {
  readonly index: number;
  readonly rotation: Rotation;
  readonly isCritical: boolean;
}

/** Counts the accounts that can serve a request, up to as many as one request may try. Why: further ones change nothing, and there may be thousands. */
export function countAble({ accounts }: State, question: Question): number {
  let able = 0;
  for (const account of accounts) {
    if (standing(account, question) !== 'blocked') able += 1;
    if (able === ATTEMPTS_MAX) break;
  }
  return able;
}

/** Picks by the strategy in force: of the eligible accounts, else of the critical ones. Shape: null = nobody can serve. */
export function pick(state: State, question: Question): Picked | null {
  const eligible = pickAmong(state, question, 'eligible');
  if (eligible !== null) return { ...eligible, isCritical: false };
  const critical = pickAmong(state, question, 'critical');
  return critical === null ? null : { ...critical, isCritical: true };
}

type Pick = Omit<Picked, 'isCritical'>;
type Fits = (index: number) => boolean;

/** Why: how an account stands is looked at only when the strategy comes to it, so most picks look at one account and not at all of them. */
function pickAmong(state: State, question: Question, wanted: Standing): Pick | null {
  const { rotation, accounts } = state;
  const fits: Fits = (index) => {
    const account = accounts[index];
    return account !== undefined && standing(account, question) === wanted;
  };
  switch (question.settings.rotationStrategy) {
    case 'round-robin':
      return at(rotation, firstAfter(rotation.cursor, accounts.length, fits));
    case 'least-used':
      return at(rotation, leastUsed(usesOf(accounts), fits));
    case 'random':
      return drawn(state, fits);
    case 'weighted-round-robin':
      return weighted(state, question, { wanted, fits });
  }
}

function at(rotation: Rotation, cursor: number | null): Pick | null {
  return cursor === null ? null : { index: cursor, rotation: { ...rotation, cursor } };
}

/** The first that fits, going round from behind the cursor. */
function firstAfter(cursor: number, length: number, fits: Fits): number | null {
  // Accounts may have been removed since.
  const last = Math.min(cursor, length - 1);
  for (let step = 1; step <= length; step += 1) {
    const index = (last + step) % length;
    if (fits(index)) return index;
  }
  return null;
}

function allThat(accounts: readonly Account[], fits: Fits): readonly number[] {
  const indexes: number[] = [];
  for (let index = 0; index < accounts.length; index += 1) if (fits(index)) indexes.push(index);
  return indexes;
}

/** Fewest uses, then the longest unused, then the order of the accounts. */
function leastUsed({ counts, lastAt }: Uses, fits: Fits): number | null {
  let best: number | null = null;
  let leastCount = Infinity;
  let leastAt = Infinity;
  for (let index = 0; index < counts.length; index += 1) {
    const count = counts[index] ?? 0;
    if (count > leastCount) continue;
    const at = lastAt[index] ?? 0;
    const isLess = count < leastCount || at < leastAt;
    if (!isLess || !fits(index)) continue;
    best = index;
    leastCount = count;
    leastAt = at;
  }
  return best;
}

function weighted(
  { rotation, accounts }: State,
  { needs, settings }: Question,
  { wanted, fits }: { readonly wanted: Standing; readonly fits: Fits },
): Pick | null {
  const { sure, unsure, weights } = lineupOf(accounts, settings);
  const others = unsure.filter(fits);
  const surely = needs.exclude.length === 0 ? sure : sure.filter(fits);
  const indexes = wanted === 'critical' ? others : others.length === 0 ? surely : [...surely, ...others];
  if (indexes.length === 0) return null;
  const { index, credits } = pickWeighted(indexes, rotation.credits, weights);
  return at({ ...rotation, credits }, index);
}

/** Draws until one fits, which keeps every fitting account equally likely; after some draws in vain, one of those that are left. */
function drawn({ rotation, accounts }: State, fits: Fits): Pick | null {
  let { seed } = rotation;
  for (let draw = 0; draw < DRAWS_MAX; draw += 1) {
    seed = nextSeed(seed);
    const index = Math.floor(toUnit(seed) * accounts.length);
    if (fits(index)) return at({ ...rotation, seed }, index);
  }
  const indexes = allThat(accounts, fits);
  seed = nextSeed(seed);
  return at({ ...rotation, seed }, indexes[Math.floor(toUnit(seed) * indexes.length)] ?? null);
}

/** Draws before the fitting accounts are listed. */
const DRAWS_MAX = 8;

/** One step of the generator mulberry32: the state is a plain counter, so it fits into the store. */
function nextSeed(seed: number): number {
  return (seed + 0x6d2b79f5) >>> 0;
}

function toUnit(seed: number): number {
  let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}
