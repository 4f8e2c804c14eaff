import type { Settings } from '../../contract/settings.ts';
import { lastingStanding } from './eligibility.ts';
import type { Account } from './state.ts';
import { weightsOf } from './weighted.ts';

/** What weighing all accounts against each other needs of them. Shape: `sure` and `unsure` are indexes of accounts, ascending. */
export interface Lineup {
  /** Eligible for every request at any time. */
  readonly sure: readonly number[];
  /** Those of which it has to be asked each time; accounts that can never serve are in neither list. */
  readonly unsure: readonly number[];
  /** One for each account. */
  readonly weights: readonly number[];
}

/** How often each account was used, and when last. Shape: one entry for each account; 0 = never. Units: `lastAt` in epoch milliseconds. */
export interface Uses {
  readonly counts: Float64Array;
  readonly lastAt: Float64Array;
}

interface Known {
  settings: Settings | null;
  lineup: Lineup | null;
  uses: Uses | null;
}

/**
 * What was found out about a list of accounts, kept as long as that list lives.
 * Why: to look at thousands of accounts takes a millisecond, nearly all of it waiting for memory, and one lease changes one of them.
 */
const knownOf = new WeakMap<readonly Account[], Known>();

/** Sorts the accounts by how surely they can serve; done once until an account changes otherwise than by being used. */
export function lineupOf(accounts: readonly Account[], settings: Settings): Lineup {
  const known = knownAbout(accounts);
  if (known.lineup === null || known.settings !== settings) {
    known.lineup = lineUp(accounts, settings);
    known.settings = settings;
  }
  return known.lineup;
}

/** Reads how often the accounts were used; done once until an account changes otherwise than by being used. */
export function usesOf(accounts: readonly Account[]): Uses {
  const known = knownAbout(accounts);
  known.uses ??= {
    counts: Float64Array.from(accounts, ({ usage }) => usage.count),
    lastAt: Float64Array.from(accounts, ({ usage }) => usage.lastUsedAt ?? 0),
  };
  return known.uses;
}

/**
 * Replaces an account by itself used once more, and hands on what is known of the list.
 * Why handed on and not copied: whoever asks about the old list, to explain a choice, pays for finding out anew.
 */
export function withUse(accounts: readonly Account[], index: number, used: Account): readonly Account[] {
  const after = accounts.with(index, used);
  const known = knownOf.get(accounts);
  if (known === undefined) return after;
  knownOf.delete(accounts);
  knownOf.set(after, known);
  if (known.uses !== null) {
    known.uses.counts[index] = used.usage.count;
    known.uses.lastAt[index] = used.usage.lastUsedAt ?? 0;
  }
  return after;
}

function knownAbout(accounts: readonly Account[]): Known {
  const before = knownOf.get(accounts);
  if (before !== undefined) return before;
  const known: Known = { settings: null, lineup: null, uses: null };
  knownOf.set(accounts, known);
  return known;
}

function lineUp(accounts: readonly Account[], settings: Settings): Lineup {
  const sure: number[] = [];
  const unsure: number[] = [];
  for (const [index, account] of accounts.entries()) {
    const standing = lastingStanding(account, settings);
    if (standing === 'eligible') sure.push(index);
    else if (standing === null) unsure.push(index);
  }
  return { sure, unsure, weights: weightsOf(accounts, settings.accountWeights) };
}
