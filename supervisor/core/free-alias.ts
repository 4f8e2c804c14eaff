import { type Alias, ALIAS_LENGTH_MAX } from '../../contract/scalars.ts';
import type { State } from './state.ts';

/** Room for `-` and a number at the end of an alias, in characters. */
const SUFFIX_LENGTH_MAX = 8;

/** The wanted alias, or the first free one of `alias-2`, `alias-3` and so on. */
export function freeAlias(state: State, wanted: Alias): Alias {
  const taken = new Set(state.accounts.map(({ alias }) => alias));
  let alias = wanted;
  for (let suffix = 2; taken.has(alias); suffix += 1)
    alias = `${wanted.slice(0, ALIAS_LENGTH_MAX - SUFFIX_LENGTH_MAX)}-${String(suffix)}`;
  return alias;
}
