import type { Decision, FallbackReason } from '../../contract/decision.ts';
import { maskText } from '../../contract/mask.ts';
import type { EpochMs } from '../../contract/scalars.ts';
import { becauseText, spanText } from '../words.ts';

const RULES = {
  force: 'because it is forced',
  affinity: 'because this session is on it already',
  strategy: 'because it was its turn',
  none: 'because none can serve',
} as const satisfies Record<Decision['how'], string>;

const FALLBACKS = {
  'bound-account-ineligible': 'The account this session was on cannot serve now, so the session moved.',
  'critical-only': 'Every account that can serve is nearly used up, so one of them had to.',
  'forced-account-lost': 'The forced account can no longer serve, so the force ended.',
  retry: 'An earlier attempt at this request failed on another account.',
  'none-eligible': 'No account can serve now.',
} as const satisfies Record<FallbackReason, string>;

/** The choice to explain: the last of the session; outside of one, the last of all. Null = there is none. */
export function decisionFor(decisions: readonly Decision[], sessionId: string | null): Decision | null {
  return decisions.find((decision) => sessionId === null || decision.sessionId === sessionId) ?? null;
}

/** Says that there is nothing to explain. */
export function noDecisionText(sessionId: string | null): string {
  return sessionId === null
    ? 'No request was made yet.'
    : 'This session has made no request that oma remembers. What other sessions did is told outside of a session.';
}

/** Explains a choice in a few lines: what was chosen, by which rule, and how every account stood. */
export function whyText(decision: Decision, now: EpochMs): string {
  const { selectedAlias, how, strategy, fallbackReason, candidates, at } = decision;
  const chosen = selectedAlias === null ? 'No account' : maskText(selectedAlias);
  const rule = how === 'strategy' ? `${RULES[how]} (${strategy})` : RULES[how];
  return [
    `${chosen}, ${rule}, ${spanText(now - Date.parse(at))} ago.`,
    ...(fallbackReason === null ? [] : [FALLBACKS[fallbackReason]]),
    '',
    ...candidates.map((candidate) => candidateText(candidate, now)),
  ].join('\n');
}

function candidateText({ alias, verdict, until }: Decision['candidates'][number], now: EpochMs): string {
  const back = until === null ? '' : `, back in ${spanText(Date.parse(until) - now)}`;
  return `${maskText(alias)} ${verdictText(verdict)}${back}`;
}

function verdictText(verdict: Decision['candidates'][number]['verdict']): string {
  if (verdict === 'selected') return 'was chosen';
  if (verdict === 'eligible') return 'could have served';
  return verdict === 'critical' ? 'is nearly used up, kept for last' : becauseText(verdict);
}
