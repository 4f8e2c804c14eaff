import type { Decision } from '../../contract/decision.ts';
import type { EpochMs } from '../../contract/scalars.ts';
import { blockersOf, type Question, recoveryOf, standing } from './eligibility.ts';
import type { EndedForce } from './force.ts';
import { type Choice, chooseAccount, type LeaseInput } from './lease.ts';
import type { Account, State } from './state.ts';
import { isoTime } from './time.ts';

/** Everything a choice was made from; kept instead of the finished record, because most records are never read. */
export interface DecisionInput {
  readonly state: State;
  readonly lease: LeaseInput;
  readonly requestId: string;
  readonly attempt: number;
  /** A force that ended since the choice before, whoever or whatever ended it. */
  readonly endedForce: EndedForce | null;
  readonly now: EpochMs;
}

/**
 * Leaves out what explaining does not need. Why: each state has the bindings of all sessions in a map of its own, and
 * hundreds of decisions are kept.
 */
export function remembered(input: DecisionInput): DecisionInput {
  const { state, lease } = input;
  return { ...input, state: { ...state, bindings: onlyOf(lease.sessionId, state) } };
}

const NO_BINDINGS: State['bindings'] = new Map();

function onlyOf(sessionId: string | null, { bindings }: State): State['bindings'] {
  if (sessionId === null) return NO_BINDINGS;
  const binding = bindings.get(sessionId);
  return binding === undefined ? NO_BINDINGS : new Map([[sessionId, binding]]);
}

/**
 * Explains a choice by making it again: the selector is pure, so the explanation cannot differ from what was done.
 * Shape: one candidate for each account, in rotation order.
 */
export function explain(input: DecisionInput): Decision {
  const [, choice] = chooseAccount(input.state, input.lease, input.now);
  const { state, lease, requestId, attempt, now } = input;
  const question: Question = { needs: lease.needs, settings: lease.settings, now };
  const disabled = state.accounts.filter((account) => !account.availability.enabled).length;
  return {
    requestId,
    at: isoTime(now),
    strategy: lease.settings.rotationStrategy,
    selectedAlias: choice.account?.alias ?? null,
    how: choice.how,
    fallbackReason: choice.fallbackReason,
    forceState: forceStateOf(state, choice.endedForce, input.endedForce),
    enabledState: { enabled: state.accounts.length - disabled, disabled },
    sessionId: lease.sessionId,
    model: lease.needs.model,
    attempt,
    candidates: state.accounts.map((account) => candidate(account, choice, question)),
  };
}

function forceStateOf(
  { force }: State,
  endedNow: EndedForce | null,
  endedBefore: EndedForce | null,
): Decision['forceState'] {
  const ended = endedNow ?? endedBefore;
  if (force === null) return { active: false, alias: ended?.alias ?? null, until: null, ended: ended?.because ?? null };
  return {
    active: endedNow === null,
    alias: force.forcedAlias,
    until: isoTime(force.forcedUntil),
    ended: ended?.because ?? null,
  };
}

function candidate(account: Account, choice: Choice, question: Question): Decision['candidates'][number] {
  if (choice.account?.alias === account.alias) return { alias: account.alias, verdict: 'selected', until: null };
  const stands = standing(account, question);
  if (stands !== 'blocked') return { alias: account.alias, verdict: stands, until: null };
  const blockers = blockersOf(account, question);
  const until = recoveryOf(blockers);
  return {
    alias: account.alias,
    verdict: blockers[0]?.code ?? 'excluded',
    until: until === null ? null : isoTime(until),
  };
}
