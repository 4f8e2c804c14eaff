import type { Decision } from '../../contract/decision.ts';
import { type DecisionInput, explain, remembered } from '../core/decision.ts';
import type { EndedForce } from '../core/force.ts';
import type { Context } from './context.ts';

/** Decisions kept in memory. */
const DECISIONS_MAX = 500;

/** Decisions that wait for the log at most; under a flood further ones are counted only. */
const UNLOGGED_MAX = 500;

/** Decisions are logged in small portions so long after each other, in milliseconds, so that no lease waits for the log. */
const PORTION_PAUSE_MS = 25;

/** One portion ends once it has named so many accounts. */
const PORTION_ACCOUNTS = 400;

/** The recent decisions. */
export interface Decisions {
  record: (input: Omit<DecisionInput, 'endedForce'>) => void;
  /** The next decision says that a force ended, and why. */
  forceEnded: (ended: EndedForce) => void;
  /** Shape: newest first. */
  list: (limit: number, requestId: string | undefined) => readonly Decision[];
  /** Writes what is not in the log yet. */
  flush: () => void;
}

/** Creates the decision log over the given context. */
export function createDecisions({ log, later, emit }: Pick<Context, 'log' | 'later' | 'emit'>): Decisions {
  const ring: DecisionInput[] = [];
  const unlogged: DecisionInput[] = [];
  let endedForce: EndedForce | null = null;
  let skipped = 0;
  let isScheduled = false;
  const write = (accountsMax: number): void => {
    for (let accounts = 0; accounts < accountsMax;) {
      const input = unlogged.shift();
      if (input === undefined) break;
      accounts += input.state.accounts.length + 1;
      const decision = explain(input);
      log.info({ decision }, 'decision');
      emit({ type: 'decision', at: decision.at, decision });
    }
    if (skipped === 0 || unlogged.length > 0) return;
    log.warn({ skipped }, 'decisions were made faster than they can be logged');
    skipped = 0;
  };
  const schedule = (): void => {
    if (isScheduled || unlogged.length === 0) return;
    isScheduled = true;
    later(PORTION_PAUSE_MS, () => {
      isScheduled = false;
      write(PORTION_ACCOUNTS);
      schedule();
    });
  };
  return {
    forceEnded: (ended) => {
      endedForce = ended;
    },
    record: (made) => {
      const input = remembered({ ...made, endedForce });
      endedForce = null;
      ring.push(input);
      if (ring.length > DECISIONS_MAX) ring.shift();
      if (unlogged.length < UNLOGGED_MAX) unlogged.push(input);
      else skipped += 1;
      schedule();
    },
    list: (limit, requestId) =>
      ring
        .filter((input) => requestId === undefined || input.requestId === requestId)
        .slice(-limit)
        .toReversed()
        .map((input) => explain(input)),
    flush: () => {
      write(Number.POSITIVE_INFINITY);
    },
  };
}
