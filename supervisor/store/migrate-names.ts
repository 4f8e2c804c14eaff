import { type Alias, ALIAS_LENGTH_MAX, aliasSchema } from '../../contract/scalars.ts';

/**
 * Gives every name of another program an alias of ours, in the same order.
 * Shape: names that are aliases stay as they are; the others are changed as little as possible, and numbered when taken.
 * Why: the names that may stay are given first, so that a changed one never takes the place of a good one.
 */
export function assignAliases(names: readonly string[]): readonly Alias[] {
  const taken = new Set<string>();
  const kept = names.map((name) => {
    const isKept = aliasSchema.safeParse(name).success && !taken.has(name);
    if (isKept) taken.add(name);
    return isKept;
  });
  return names.map((name, index) => {
    if (kept[index] === true) return name;
    const alias = freeAlias(name, taken);
    taken.add(alias);
    return alias;
  });
}

function freeAlias(name: string, taken: ReadonlySet<string>): Alias {
  const cleaned = name
    .replace(/[^A-Za-z0-9._@-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .replace(/-+$/, '')
    .slice(0, ALIAS_LENGTH_MAX);
  const base = cleaned === '' ? 'account' : cleaned;
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : `-${String(number)}`;
    const candidate = `${base.slice(0, ALIAS_LENGTH_MAX - suffix.length)}${suffix}`;
    if (!taken.has(candidate) && aliasSchema.safeParse(candidate).success) return candidate;
  }
}
