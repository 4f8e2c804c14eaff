/** Farther than this many edits a name is no longer a likely slip of the fingers. */
const DISTANCE_MAX = 2;

/** Finds the known name that a mistyped one most likely meant, or null. */
export function nearest(typed: string, known: readonly string[]): string | null {
  const ranked = known
    .map((name) => ({ name, distance: distance(typed.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance: edits }) => edits <= DISTANCE_MAX && edits < name.length)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.name ?? null;
}

// Levenshtein over one row; names here are a few letters long.
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(from).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(to).entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
