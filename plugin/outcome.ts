import type { Outcome, OutcomeKind } from '../contract/failure.ts';
import type { EpochMs } from '../contract/scalars.ts';
import { type ErrorFacts, errorFacts } from './error-facts.ts';
import { limitIdOf, resetOf } from './reset.ts';

/** What a failed request means. */
export interface Verdict {
  readonly kind: Exclude<OutcomeKind, 'success'>;
  readonly status: number | null;
  readonly retryAtMs: EpochMs | null;
  readonly limitId: string | null;
  readonly errorCode: string | null;
}

/** An answer that is no stream of output. Shape: `text` is the body, or the beginning of a long one. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** When the parts of a request happened. */
export interface Timing {
  readonly startedAt: EpochMs;
  readonly firstByteAt: EpochMs | null;
  readonly endedAt: EpochMs;
}

const CODE_CHARS_MAX = 64;
const CLIENT_ERROR_MIN = 400;
const SERVER_ERROR_MIN = 500;

const LIMIT_CODES =
  /^(usage_limit_(reached|exceeded)|rate_limit\w*|insufficient_quota|\w*credits_depleted|too_many_requests)$/;
const LOGIN_CODES =
  /^(token_(expired|invalidated|revoked)|invalid_token|invalid_api_key|authentication_error|unauthorized)$/;
const DEACTIVATED = /deactivated/;
const MODEL_CODES = /^(model_not_found|unsupported_model|model_not_supported|invalid_model)$/;
const MODEL_TEXT = /model is not supported|\bmodel\b.{0,160}\bdoes not exist\b|requested model\b.{0,160}\b(not|no)\b/i;
/** Reasons of an abort that are the host's own deadline, not a person's wish. */
const DEADLINE_NAMES = new Set(['ProviderHeaderTimeoutError', 'ProviderResponseStreamError', 'TimeoutError']);

/** Says what a refused request, or one answered by something that is no stream, means. */
export function judgeAnswer(answer: Answer, now: EpochMs): Verdict {
  const facts = errorFacts(answer.text);
  const kind = isPage(answer) ? pageKind(answer) : answerKind(answer.status, facts);
  return verdict(kind, { facts, headers: answer.headers, status: answer.status }, now);
}

/**
 * Tells whether an answer with a good status is a failure all the same: a gateway's page, or JSON that names an
 * error.
 */
export function isDisguisedFailure(answer: Answer): boolean {
  const facts = errorFacts(answer.text);
  return isPage(answer) || facts.code !== null || facts.message !== '';
}

/**
 * Says what a failure event means, from the JSON of its data; null = a failure that is between the host and the
 * model.
 */
export function judgeEvent(data: string, status: number, now: EpochMs): Verdict | null {
  const facts = errorFacts(data);
  const kind = codeKind(facts);
  return kind === null ? null : verdict(kind, { facts, headers: null, status }, now);
}

/** Says what a throwing `fetch` or a breaking body means. */
export function judgeThrown(error: unknown, signal: AbortSignal | null, phase: Outcome['phase']): Verdict {
  const broken = phase === 'before-output' ? 'network' : 'stream-broken';
  if (signal?.aborted !== true) return thrown(broken, networkCode(error));
  const name = signal.reason instanceof Error ? signal.reason.name : '';
  return DEADLINE_NAMES.has(name) ? thrown(broken, name) : thrown('aborted', null);
}

/** Puts a verdict, or null for a success, and the times of a request into the report about it. */
export function outcomeOf(verdict: Verdict | null, phase: Outcome['phase'], timing: Timing): Outcome {
  const { startedAt, firstByteAt, endedAt } = timing;
  const times = {
    firstByteMs: firstByteAt === null ? null : Math.max(0, firstByteAt - startedAt),
    durationMs: Math.max(0, endedAt - startedAt),
  };
  if (verdict === null)
    return { kind: 'success', status: 200, retryAtMs: null, limitId: null, errorCode: null, phase, ...times };
  return { ...verdict, phase, ...times };
}

function verdict(
  kind: Verdict['kind'],
  from: { facts: ErrorFacts; headers: Headers | null; status: number },
  now: EpochMs,
): Verdict {
  const limited = kind === 'rate-limited';
  return {
    kind,
    status: from.status,
    retryAtMs: limited ? resetOf(from.headers, from.facts, now) : null,
    limitId: limited ? limitIdOf(from.headers) : null,
    errorCode: from.facts.code?.slice(0, CODE_CHARS_MAX) ?? null,
  };
}

function thrown(kind: Verdict['kind'], errorCode: string | null): Verdict {
  return { kind, status: null, retryAtMs: null, limitId: null, errorCode };
}

function answerKind(status: number, facts: ErrorFacts): Verdict['kind'] {
  if (status >= SERVER_ERROR_MIN || status === 408) return 'server-error';
  const byCode = codeKind(facts);
  if (byCode !== null) return byCode;
  if (status < CLIENT_ERROR_MIN) return 'server-error';
  switch (status) {
    case 401:
      return 'unauthorized';
    case 402:
    case 403:
      return 'forbidden';
    case 429:
      return 'rate-limited';
    default:
      return 'bad-request';
  }
}

/** What the words of a failure mean by themselves. */
function codeKind({ code, message, param }: ErrorFacts): Verdict['kind'] | null {
  const name = code ?? '';
  if (name === 'usage_not_included') return 'forbidden';
  if (LIMIT_CODES.test(name)) return 'rate-limited';
  if (LOGIN_CODES.test(name)) return 'unauthorized';
  if (DEACTIVATED.test(name)) return 'workspace-deactivated';
  if (MODEL_CODES.test(name) || MODEL_TEXT.test(message) || (name === 'unsupported_value' && param === 'model'))
    return 'model-unsupported';
  return null;
}

function isPage({ headers, text }: Answer): boolean {
  return (
    headers.has('cf-mitigated') || /html/i.test(headers.get('content-type') ?? '') || /^\s*<(!doctype|html)/i.test(text)
  );
}

/** A web page is a gateway's answer: below 500 it turned the request away, else something behind it failed. */
function pageKind({ status, headers }: Answer): Verdict['kind'] {
  return status < SERVER_ERROR_MIN || headers.has('cf-mitigated') ? 'challenged' : 'server-error';
}

/** Node hides the code in the cause, Bun gives it on the error itself. */
function networkCode(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const code = codeOn(error) ?? codeOn(error.cause) ?? error.name;
  return code.slice(0, CODE_CHARS_MAX);
}

function codeOn(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
