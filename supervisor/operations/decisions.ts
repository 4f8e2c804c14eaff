import type { Decision } from '../../contract/decision.ts';
import { type DecisionInput, explain } from '../core/decision.ts';
import type { Context } from './context.ts';

/** Decisions kept in memory. */
const DECISIONS_MAX = 500;

/** Decisions are written to the log this long after they were made, in milliseconds, so that no lease waits for it. */
const LOG_DELAY_MS = 250;

/** The recent decisions. */
export interface Decisions {
  record: (input: DecisionInput) => void;
  /** Shape: newest first. */
  list: (limit: number, requestId: string | undefined) => readonly Decision[];
  /** Writes what is not in the log yet. */
  flush: () => void;
}

/** Creates the decision log over the given context. */
export function createDecisions({ log, later, emit }: Pick<Context, 'log' | 'later' | 'emit'>): Decisions {
  const ring: DecisionInput[] = [];
  let unlogged: DecisionInput[] = [];
  let isScheduled = false;
  const flush = (): void => {
    const batch = unlogged;
    unlogged = [];
    isScheduled = false;
    for (const input of batch) {
      const decision = explain(input);
      log.info({ decision }, 'decision');
      emit({ type: 'decision', at: decision.at, decision });
    }
  };
  return {
    record: (input) => {
      ring.push(input);
      if (ring.length > DECISIONS_MAX) ring.shift();
      unlogged.push(input);
      if (isScheduled) return;
      isScheduled = true;
      later(LOG_DELAY_MS, flush);
    },
    list: (limit, requestId) =>
      ring
        .filter((input) => requestId === undefined || input.requestId === requestId)
        .slice(-limit)
        .toReversed()
        .map((input) => explain(input)),
    flush,
  };
}
