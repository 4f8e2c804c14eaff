import { parseEnv } from '../../contract/env.ts';
import { isOmaError } from '../../contract/errors.ts';
import { type PathFacts, resolvePaths } from '../../runtime/paths.ts';
import type { DescribedService } from './facts.ts';

/** What a service ought to start, and for which store: this oma, as it is called now. */
export interface ServiceTarget {
  readonly node: string;
  readonly supervisor: string;
  readonly storeFile: string;
  readonly socketPath: string;
}

/** Where a description departs from what it ought to say. Shape: `described` null = it does not say so. */
export interface Difference {
  readonly part: keyof ServiceTarget;
  readonly described: string | null;
  readonly ours: string;
}

/** The same, and whether what it names instead is not there. */
export interface JudgedDifference extends Difference {
  readonly isGone: boolean;
}

const PARTS: readonly (keyof ServiceTarget)[] = ['supervisor', 'node', 'storeFile', 'socketPath'];

/** Compares a description with what it ought to say; pure. Shape: empty = it starts this oma for this store. */
export function compareService(
  described: DescribedService,
  target: ServiceTarget,
  facts: PathFacts,
): readonly Difference[] {
  const told: Record<keyof ServiceTarget, string | null> = { ...described, ...placesOf(described, facts) };
  return PARTS.filter((part) => told[part] !== target[part]).map((part) => ({
    part,
    described: told[part],
    ours: target[part],
  }));
}

const OTHERWISE = {
  supervisor: 'it starts another oma',
  node: 'it runs on another Node than this command',
  storeFile: 'it works with another store than this command',
  socketPath: 'it listens on another socket than this command',
} as const satisfies Record<keyof ServiceTarget, string>;

const GONE = {
  supervisor: 'it starts an oma that is gone',
  node: 'it runs on a Node that is gone',
  storeFile: 'it works with another store than this command, and there is none',
  socketPath: OTHERWISE.socketPath,
} as const satisfies Record<keyof ServiceTarget, string>;

/** Says in words, for the middle of a sentence, where a description departs. */
export function differenceText({ part, described, isGone }: JudgedDifference): string {
  if (described === null) return `it does not say ${UNSAID[part]} in a form that oma understands`;
  return `${(isGone ? GONE : OTHERWISE)[part]}: ${described}`;
}

const UNSAID = {
  supervisor: 'what it starts',
  node: 'which Node it runs on',
  storeFile: 'with which store it works',
  socketPath: 'on which socket it listens',
} as const satisfies Record<keyof ServiceTarget, string>;

function placesOf(
  { environment }: DescribedService,
  facts: PathFacts,
): { readonly storeFile: string | null; readonly socketPath: string | null } {
  try {
    return resolvePaths(parseEnv(environment), {
      ...facts,
      home: environment['HOME'] ?? facts.home,
      xdgStateHome: environment['XDG_STATE_HOME'],
      xdgConfigHome: environment['XDG_CONFIG_HOME'],
      xdgDataHome: environment['XDG_DATA_HOME'],
    });
  } catch (error) {
    if (!isOmaError(error)) throw error;
    return { storeFile: null, socketPath: null };
  }
}
