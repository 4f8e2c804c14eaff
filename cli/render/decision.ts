import type { Decision, FallbackReason } from '../../contract/decision.ts';
import { plain } from './plain.ts';
import type { ViewLook } from './status.ts';
import { indent, table } from './table.ts';
import { age, until } from './time.ts';

type Verdict = Decision['candidates'][number]['verdict'];

const FALLBACKS = {
  'bound-account-ineligible': 'The account this session was on cannot serve now, so the session moved.',
  'critical-only': 'Every account that can serve is below the critical threshold, so one of them had to.',
  'forced-account-lost': 'The forced account can no longer serve, so the force ended.',
  retry: 'An earlier attempt at this request failed on another account.',
  'none-eligible': 'No account can serve now.',
} as const satisfies Record<FallbackReason, string>;

const VERDICTS = {
  selected: 'chosen',
  eligible: 'could have served',
  critical: 'nearly used up, kept for last',
  disabled: 'disabled',
  'needs-login': 'must be logged in again',
  cooldown: 'cooling down after a failure',
  'model-cooldown': 'may not use this model for now',
  exhausted: 'at its limit',
  excluded: 'tried already for this request',
  reserved: 'reserved for antigravity',
} as const satisfies Record<Verdict, string>;

/** Explains decisions to people, in the order given. */
export function decisionsText(decisions: readonly Decision[], look: ViewLook): string {
  return decisions.map((decision) => decisionText(decision, look)).join('\n\n');
}

/** Explains one decision: what was chosen, by which rule, and how every account stood. */
export function decisionText(decision: Decision, look: ViewLook): string {
  const { paint, now } = look;
  const when = [`attempt ${String(decision.attempt)}`, age(decision.at, now)];
  const facts = [...requestFacts(decision), ...when].join(', ');
  return [headline(plain(decision.requestId), decision, paint), paint('dim', facts), ...reasons(decision, look)].join(
    '\n',
  );
}

/** Explains what the next request would get: like a decision, but there is no request yet to name. */
export function forecastText(decision: Decision, look: ViewLook): string {
  const { paint } = look;
  const facts = requestFacts(decision).join(', ');
  return [
    headline('The next request', decision, paint),
    ...(facts === '' ? [] : [paint('dim', facts)]),
    ...reasons(decision, look),
  ].join('\n');
}

function headline(what: string, decision: Decision, paint: ViewLook['paint']): string {
  const chosen = decision.selectedAlias === null ? paint('red', 'no account') : paint('green', decision.selectedAlias);
  return `${paint('bold', what)}: ${chosen}, ${ruleOf(decision)}`;
}

function requestFacts({ model, sessionId }: Decision): string[] {
  return [
    ...(model === null ? [] : [`model ${plain(model)}`]),
    ...(sessionId === null ? [] : [`session ${plain(sessionId)}`]),
  ];
}

function reasons({ candidates, fallbackReason, forceState }: Decision, { paint, now }: ViewLook): string[] {
  const rows = candidates.map(({ alias, verdict, until: end }) => [
    verdict === 'selected' ? paint('green', alias) : alias,
    end === null ? VERDICTS[verdict] : `${VERDICTS[verdict]}, back ${until(end, now)}`,
  ]);
  return [
    ...(fallbackReason === null ? [] : [FALLBACKS[fallbackReason]]),
    ...(forceState.ended === null ? [] : [`A force ended here: ${forceState.ended}.`]),
    indent(rows.length === 0 ? 'There are no accounts.' : table(rows)),
  ];
}

/** One decision in one line: what was chosen, by which rule, and who could not serve. Shape: no colour, safe to print. */
export function decisionLine(decision: Decision): string {
  const { selectedAlias, candidates, fallbackReason, model, requestId } = decision;
  const unable = candidates
    .filter(({ verdict }) => verdict !== 'selected' && verdict !== 'eligible')
    .map(({ alias, verdict }) => `${alias} ${VERDICTS[verdict]}`);
  const facts = [
    `${selectedAlias ?? 'no account'} ${ruleOf(decision)}`,
    ...unable,
    ...(fallbackReason === null ? [] : [fallbackReason]),
    ...(model === null ? [] : [`model ${model}`]),
    `request ${requestId}`,
  ];
  return plain(facts.join('; '));
}

function ruleOf({ how, strategy }: Decision): string {
  switch (how) {
    case 'force':
      return 'because it is forced';
    case 'affinity':
      return 'because this session is on it already';
    case 'strategy':
      return `by ${strategy}`;
    case 'none':
      return 'because none can serve';
  }
}
