import type { Failure } from './evidence.ts';

/** One exec: which model, how hard it thinks, and whether codex sees only our short description of it. */
export interface Attempt {
  readonly model: string;
  readonly effort: string;
  /** Why: the short catalogue makes the request five times smaller, which the account pays for; a backend may refuse it. */
  readonly shortCatalogue: boolean;
}

/** What the supervisor asked for. Shape: models in order of preference, not empty. */
export interface Wish {
  readonly models: readonly string[];
  readonly effort: string;
}

/** An attempt that failed, and how. */
export interface Tried {
  readonly attempt: Attempt;
  readonly failure: Pick<Failure, 'wrong' | 'efforts'>;
}

/** Execs of one probe, at most. */
export const ATTEMPTS_MAX = 8;

/**
 * Plans the next exec; null = there is nothing left to try.
 * Shape: a refused effort is replaced for the same model, a refused model by the next one, a refused request is sent once more in full; anything else ends the probe.
 */
export function nextAttempt({ models, effort }: Wish, tried: readonly Tried[]): Attempt | null {
  const last = tried.at(-1);
  const [first] = models;
  if (last === undefined) return first === undefined ? null : { model: first, effort, shortCatalogue: true };
  if (tried.length >= ATTEMPTS_MAX) return null;
  switch (last.failure.wrong) {
    case 'effort':
      return otherEffort(last, tried) ?? otherModel({ models, effort }, last);
    case 'model':
      return otherModel({ models, effort }, last);
    case 'request':
      return last.attempt.shortCatalogue ? { ...last.attempt, shortCatalogue: false } : null;
    case null:
      return null;
  }
}

/** Cheapest first; nearly every model takes the first ones. */
const COMMON_EFFORTS = ['low', 'medium', 'minimal', 'none', 'high'] as const;

/** Efforts tried with one model, at most. */
const EFFORTS_MAX = 3;

function otherEffort({ attempt, failure }: Tried, tried: readonly Tried[]): Attempt | null {
  const used = tried.filter((one) => one.attempt.model === attempt.model).map((one) => one.attempt.effort);
  if (used.length >= EFFORTS_MAX) return null;
  const named = failure.efforts.filter((effort) => !used.includes(effort));
  const common = COMMON_EFFORTS.filter((effort) => !used.includes(effort));
  // What the backend says it takes is better than a guess, and of that the cheapest.
  const effort = common.find((candidate) => named.includes(candidate)) ?? named[0] ?? common[0];
  return effort === undefined ? null : { ...attempt, effort };
}

function otherModel({ models, effort }: Wish, { attempt }: Tried): Attempt | null {
  const model = models[models.indexOf(attempt.model) + 1];
  return model === undefined ? null : { ...attempt, model, effort };
}
