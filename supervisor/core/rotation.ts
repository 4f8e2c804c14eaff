import type { Settings } from '../../contract/settings.ts';
import { type Question, standing } from './eligibility.ts';
import type { Account, Rotation, State } from './state.ts';
import { pickWeighted, weightsOf } from './weighted.ts';

/** A pick: which account, by index, and where rotation stands after it. */
export interface Picked {
  readonly index: number;
  readonly rotation: Rotation;
}

/** The accounts that can serve a request. Shape: indexes into `accounts`, ascending; `critical` only counts when `eligible` is empty. */
export interface Candidates {
  readonly eligible: readonly number[];
  readonly critical: readonly number[];
}

/** Sorts the accounts by how they stand for a request. */
export function candidatesOf({ accounts }: State, question: Question): Candidates {
  const eligible: number[] = [];
  const critical: number[] = [];
  for (let index = 0; index < accounts.length; index += 1) {
    const account = accounts[index];
    if (account === undefined) continue;
    const stands = standing(account, question);
    if (stands === 'eligible') eligible.push(index);
    else if (stands === 'critical') critical.push(index);
  }
  return { eligible, critical };
}

/** Picks one of some accounts by the strategy in force. Shape: `indexes` is not empty and ascending. */
export function pick({ rotation, accounts }: State, indexes: readonly number[], settings: Settings): Picked {
  switch (settings.rotationStrategy) {
    case 'round-robin':
      return at(rotation, indexes.find((index) => index > rotation.cursor) ?? indexes[0] ?? 0);
    case 'least-used':
      return at(rotation, leastUsed(accounts, indexes));
    case 'random': {
      const seed = nextSeed(rotation.seed);
      return at({ ...rotation, seed }, indexes[Math.floor(toUnit(seed) * indexes.length)] ?? 0);
    }
    case 'weighted-round-robin': {
      const { index, credits } = pickWeighted(indexes, rotation.credits, weightsOf(accounts, settings.accountWeights));
      return at({ ...rotation, credits }, index);
    }
  }
}

function at(rotation: Rotation, cursor: number): Picked {
  return { index: cursor, rotation: { ...rotation, cursor } };
}

/** Fewest uses, then the longest unused, then the order of the accounts. */
function leastUsed(accounts: readonly Account[], indexes: readonly number[]): number {
  let best = indexes[0] ?? 0;
  for (const index of indexes) if (isLessUsed(accounts[index], accounts[best])) best = index;
  return best;
}

function isLessUsed(a: Account | undefined, b: Account | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.usage.count !== b.usage.count) return a.usage.count < b.usage.count;
  return (a.usage.lastUsedAt ?? 0) < (b.usage.lastUsedAt ?? 0);
}

/** One step of the generator mulberry32: the state is a plain counter, so it fits into the store. */
function nextSeed(seed: number): number {
  return (seed + 0x6d2b79f5) >>> 0;
}

function toUnit(seed: number): number {
  let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}
