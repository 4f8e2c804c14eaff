import type { Fault, REFUSAL_KINDS } from './faults.ts';
import { type Headers, html, json, type Reply, silence } from './reply.ts';
import type { Seat } from './seat.ts';
import { FIVE_HOURS_MINUTES, WEEK_MINUTES } from './seat.ts';
import { limitHeaders } from './windows.ts';

export type RefusalKind = (typeof REFUSAL_KINDS)[number];

/** What a refusal may mention. */
export interface RefusalContext {
  readonly now: number;
  readonly seat?: Seat | null;
  readonly model?: string;
  readonly effort?: string;
  readonly fault: Partial<Pick<Fault, 'resetsInSeconds' | 'retryAfterSeconds'>>;
}

const MS_PER_SECOND = 1_000;
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

/** Says a refusal as the real backend words it. */
export function refusal(kind: RefusalKind, context: RefusalContext): Reply {
  return REFUSALS[kind](context);
}

/** The 429 of a used-up window. */
export function usageLimit(context: RefusalContext, resetsAtMs: number, headers: Headers): Reply {
  const resetsAt = Math.ceil(resetsAtMs / MS_PER_SECOND);
  const error = {
    type: 'usage_limit_reached',
    message: 'The usage limit has been reached',
    plan_type: context.seat?.planType ?? 'plus',
    resets_at: resetsAt,
    eligible_promo: null,
    resets_in_seconds: Math.max(0, Math.ceil((resetsAtMs - context.now) / MS_PER_SECOND)),
  };
  return json(429, { error }, headers);
}

const REFUSALS: Readonly<Record<RefusalKind, (context: RefusalContext) => Reply>> = {
  'token-expired': () =>
    unauthorized('Provided authentication token is expired. Please try signing in again.', 'token_expired'),
  'token-invalidated': () =>
    unauthorized('Your authentication token has been invalidated. Please try signing in again.', 'token_invalidated'),
  'workspace-deactivated': () => json(402, { detail: { code: 'deactivated_workspace' } }),
  'payment-required': () => json(402, { detail: { code: 'payment_required' } }),
  forbidden: () => json(403, { detail: 'Forbidden' }),
  'account-deactivated': () =>
    json(
      403,
      errorBody(
        'Your OpenAI account has been deactivated, please check your email for more information.',
        'account_deactivated',
      ),
    ),
  cloudflare: () =>
    html(
      403,
      '<html><head><title>Just a moment...</title></head><body>Enable JavaScript and cookies to continue</body></html>',
      {
        server: 'cloudflare',
        'cf-ray': 'simulated-ray',
        'cf-mitigated': 'challenge',
      },
    ),
  'usage-limit': (context) => usageLimit(context, resetsAtMs(context), fullHeaders(context, 'x-codex')),
  'usage-limit-no-headers': (context) => usageLimit(context, resetsAtMs(context), {}),
  'usage-limit-stale-headers': (context) => usageLimit(context, resetsAtMs(context), staleHeaders(context)),
  'usage-limit-other-meter': (context) =>
    usageLimit(context, resetsAtMs(context), {
      ...fullHeaders(context, 'x-codex-bengalfox'),
      'x-codex-bengalfox-limit-name': 'GPT-5.3-Codex-Spark',
      'x-codex-active-limit': 'codex_bengalfox',
    }),
  'workspace-credits': (context) =>
    usageLimit(context, resetsAtMs(context), {
      ...fullHeaders(context, 'x-codex'),
      'x-codex-rate-limit-reached-type': 'workspace_member_credits_depleted',
      'x-codex-credits-has-credits': 'false',
      'x-codex-credits-unlimited': 'false',
      'x-codex-credits-balance': '0',
    }),
  'usage-not-included': (context) =>
    json(429, {
      error: {
        type: 'usage_not_included',
        message: 'Usage not included in your plan',
        plan_type: context.seat?.planType ?? 'free',
      },
    }),
  'rate-limit-retry-after': (context) => rateLimit({ 'retry-after': String(context.fault.retryAfterSeconds ?? 30) }),
  'rate-limit-bare': () => rateLimit({}),
  'model-unsupported': ({ model = 'unknown' }) =>
    json(400, { detail: `The '${model}' model is not supported when using Codex with a ChatGPT account.` }),
  'effort-unsupported': ({ model = 'unknown', effort = 'medium' }) =>
    json(400, {
      error: {
        message: `Unsupported value: '${effort}' is not supported with the '${model}' model. Supported values are: 'low', 'medium', and 'high'.`,
        type: 'invalid_request_error',
        param: 'reasoning.effort',
        code: 'unsupported_value',
      },
    }),
  'model-not-found': ({ model = 'unknown' }) =>
    json(404, errorBody(`The model '${model}' does not exist or you do not have access to it.`, 'model_not_found')),
  'bad-request': () => json(400, errorBody("Invalid type for 'input[0].content': expected a string.", 'invalid_type')),
  'server-error': () =>
    json(
      500,
      errorBody('The server had an error while processing your request. Sorry about that!', null, 'server_error'),
    ),
  'bad-gateway': () =>
    html(502, '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>', {
      server: 'cloudflare',
    }),
  overloaded: () =>
    json(
      503,
      errorBody(
        'Our servers are currently overloaded. Please try again later.',
        'server_is_overloaded',
        'service_unavailable_error',
      ),
    ),
  unavailable: (context) =>
    json(503, errorBody('The service is unavailable.', null, 'service_unavailable_error'), {
      'retry-after': String(context.fault.retryAfterSeconds ?? HOUR_SECONDS),
    }),
  'json-error-200': (context) =>
    json(200, errorBody('Something went wrong.', null, 'server_error'), seatHeaders(context)),
  'html-200': (context) =>
    html(200, '<!doctype html><html><body><h1>We will be right back</h1></body></html>', seatHeaders(context)),
  'reset-before-headers': () => silence('cut'),
  'stall-before-headers': () => silence('stall'),
};

// Real enough to tempt: an answer that is no answer, with the seat's true figures in its headers.
function seatHeaders(context: RefusalContext): Headers {
  return context.seat ? limitHeaders(context.seat, context.now) : {};
}

function errorBody(message: string, code: string | null, type = 'invalid_request_error') {
  return { error: { message, type, param: null, code } };
}

function unauthorized(message: string, code: string): Reply {
  return json(401, { error: { message, type: null, code, param: null }, status: 401 });
}

function rateLimit(headers: Headers): Reply {
  return json(
    429,
    {
      error: {
        message: 'Rate limit reached for requests',
        type: 'rate_limit_error',
        param: null,
        code: 'rate_limit_exceeded',
      },
    },
    headers,
  );
}

function resetsAtMs(context: RefusalContext): number {
  return context.now + (context.fault.resetsInSeconds ?? HOUR_SECONDS) * MS_PER_SECOND;
}

function fullHeaders(context: RefusalContext, prefix: string): Record<string, string> {
  return {
    ...slotHeaders(`${prefix}-primary`, { used: 100, minutes: FIVE_HOURS_MINUTES, resetsAtMs: resetsAtMs(context) }),
    ...slotHeaders(`${prefix}-secondary`, {
      used: 61,
      minutes: WEEK_MINUTES,
      resetsAtMs: context.now + 3 * DAY_SECONDS * MS_PER_SECOND,
    }),
  };
}

// Seen in the wild: the refusal says "used up" while its own headers say 0 %.
function staleHeaders(context: RefusalContext): Record<string, string> {
  return {
    ...slotHeaders('x-codex-primary', {
      used: 0,
      minutes: FIVE_HOURS_MINUTES,
      resetsAtMs: context.now + 5 * HOUR_SECONDS * MS_PER_SECOND,
    }),
    ...slotHeaders('x-codex-secondary', {
      used: 0,
      minutes: WEEK_MINUTES,
      resetsAtMs: context.now + 7 * DAY_SECONDS * MS_PER_SECOND,
    }),
  };
}

function slotHeaders(
  prefix: string,
  slot: { used: number; minutes: number; resetsAtMs: number },
): Record<string, string> {
  return {
    [`${prefix}-used-percent`]: String(slot.used),
    [`${prefix}-window-minutes`]: String(slot.minutes),
    [`${prefix}-reset-at`]: String(Math.ceil(slot.resetsAtMs / MS_PER_SECOND)),
  };
}
