import type { Blocker } from './account.ts';

/** The blocker that keeps an account out longest: the first without an end, else the one that ends last; undefined = nothing blocks it. Why alone in its file: the page may not load the schemas beside it. */
export function lastBlocker(blockers: readonly Blocker[]): Blocker | undefined {
  return blockers.toSorted((a, b) => endOf(b) - endOf(a))[0];
}

function endOf({ until }: Blocker): number {
  return until === null ? Number.MAX_VALUE : Date.parse(until);
}
