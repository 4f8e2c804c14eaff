import * as z from 'zod';

/** What a client can ask the simulator for; the request log and faults name endpoints so. */
export const ENDPOINTS = [
  'responses',
  'models',
  'usage',
  'accounts-check',
  'user-settings',
  'reset-credits',
  'backend-other',
  'authorize',
  'token',
  'revoke',
  'userinfo',
  'device-usercode',
  'device-token',
  'device-page',
  'unknown',
] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

/** Answered instead of doing the work; nothing is charged, rotated or remembered. */
export const REFUSAL_KINDS = [
  'token-expired',
  'token-invalidated',
  'workspace-deactivated',
  'payment-required',
  'forbidden',
  'account-deactivated',
  'cloudflare',
  'usage-limit',
  'usage-limit-no-headers',
  'usage-limit-stale-headers',
  'usage-limit-other-meter',
  'workspace-credits',
  'usage-not-included',
  'rate-limit-retry-after',
  'rate-limit-bare',
  'model-unsupported',
  'effort-unsupported',
  'model-not-found',
  'bad-request',
  'server-error',
  'bad-gateway',
  'overloaded',
  'unavailable',
  'json-error-200',
  'html-200',
  'reset-before-headers',
  'stall-before-headers',
] as const;

/** The work is done and charged, then its answer goes wrong. */
export const ANSWER_KINDS = [
  'cut-before-first-byte',
  'cut-mid-stream',
  'end-early',
  'stall-before-first-byte',
  'stall-mid-stream',
  'response-failed',
  'response-failed-rate-limit',
  'response-incomplete',
  'error-event',
  'malformed-sse',
  'gzip',
  'huge',
  'slow',
] as const;

/** The token endpoint says so without looking; the token stays usable. */
export const TOKEN_REFUSAL_KINDS = ['refresh-reused', 'refresh-expired', 'refresh-invalidated'] as const;

/** The token endpoint has rotated the token, then its answer is lost or useless. */
export const TOKEN_ANSWER_KINDS = ['answer-lost', 'missing-fields', 'garbage-jwt'] as const;

export const FAULTS_MAX = 1_000;

const kindSchema = z.enum([...REFUSAL_KINDS, ...ANSWER_KINDS, ...TOKEN_REFUSAL_KINDS, ...TOKEN_ANSWER_KINDS]);
const secondsSchema = z.number().int().min(0).max(10_000_000);

/** A fault to arm; `times: null` lasts until it is cleared. */
export const faultSchema = z.strictObject({
  kind: kindSchema,
  endpoint: z
    .enum(ENDPOINTS)
    .optional()
    .describe('Default: token for the kinds only the token endpoint knows, else responses.'),
  alias: z.string().max(64).nullable().default(null).describe('Only requests of this seat; null: anybody.'),
  model: z.string().max(120).nullable().default(null).describe('Only requests for this model; null: any.'),
  sessionOnly: z
    .boolean()
    .default(false)
    .describe('Only model requests with a prompt_cache_key; spares the title requests of OpenCode.'),
  times: z.number().int().positive().max(1_000_000).nullable().default(1).describe('How often; null: always.'),
  skip: z.number().int().min(0).max(1_000_000).default(0).describe('Fitting requests that pass unharmed first.'),
  resetsInSeconds: secondsSchema.optional().describe('429 bodies and headers; default one hour.'),
  retryAfterSeconds: secondsSchema.optional().describe('retry-after; default 30 for 429, 3600 for 503.'),
  delayMs: z
    .number()
    .int()
    .min(0)
    .max(600_000)
    .optional()
    .describe('Wait before the answer; default 3000 for slow, else none.'),
  afterChunks: z
    .number()
    .int()
    .min(0)
    .max(2_000)
    .optional()
    .describe('Pieces of text sent before the stream goes wrong; default half of them.'),
  megabytes: z.number().int().min(1).max(64).optional().describe('Size of a huge answer; default 10.'),
});

export type FaultKind = z.infer<typeof kindSchema>;
export type FaultInput = z.input<typeof faultSchema>;
export type Fault = Readonly<z.infer<typeof faultSchema>>;

/** A fault in force. */
export interface ArmedFault {
  readonly id: string;
  readonly endpoint: Endpoint;
  readonly fault: Fault;
}

/** `refuse`: before any work; `answer`: the work is done and its answer may go wrong. */
export type FaultStage = 'refuse' | 'answer';

/** What is known of a request when a fault may hit it. */
export interface FaultQuestion {
  readonly stage: FaultStage;
  readonly endpoint: Endpoint;
  readonly alias?: string | null;
  readonly model?: string | null;
  /** The request belongs to a conversation: it carries a prompt_cache_key. */
  readonly inSession?: boolean;
}

/** Makes a fault ready to be put into force. */
export function armFault(id: string, input: FaultInput): ArmedFault {
  const fault = faultSchema.parse(input);
  const endpoint = fault.endpoint ?? (isTokenKind(fault.kind) ? 'token' : 'responses');
  return { id, endpoint, fault };
}

/** Finds the first fault that fits and uses up one of its times (or of its free passes). */
export function takeFault(
  faults: readonly ArmedFault[],
  question: FaultQuestion,
): readonly [readonly ArmedFault[], ArmedFault | null] {
  const hit = faults.find((armed) => fits(armed, question));
  if (hit === undefined) return [faults, null];
  if (hit.fault.skip > 0) return [replace(faults, hit, { skip: hit.fault.skip - 1 }), null];
  if (hit.fault.times === null) return [faults, hit];
  const rest =
    hit.fault.times === 1
      ? faults.filter((armed) => armed !== hit)
      : replace(faults, hit, { times: hit.fault.times - 1 });
  return [rest, hit];
}

export function isRefusalKind(kind: FaultKind): kind is (typeof REFUSAL_KINDS)[number] {
  return REFUSAL_KINDS.some((known) => known === kind);
}

export function isTokenRefusalKind(kind: FaultKind): kind is (typeof TOKEN_REFUSAL_KINDS)[number] {
  return TOKEN_REFUSAL_KINDS.some((known) => known === kind);
}

function isTokenKind(kind: FaultKind): boolean {
  return isTokenRefusalKind(kind) || TOKEN_ANSWER_KINDS.some((known) => known === kind);
}

function stageOf(kind: FaultKind): FaultStage {
  return isRefusalKind(kind) || isTokenRefusalKind(kind) ? 'refuse' : 'answer';
}

function fits(armed: ArmedFault, question: FaultQuestion): boolean {
  const { alias, model, sessionOnly } = armed.fault;
  if (sessionOnly && question.inSession !== true) return false;
  if (stageOf(armed.fault.kind) !== question.stage || armed.endpoint !== question.endpoint) return false;
  return (alias === null || alias === question.alias) && (model === null || model === question.model);
}

function replace(faults: readonly ArmedFault[], hit: ArmedFault, change: Partial<Fault>): readonly ArmedFault[] {
  return faults.map((armed) => (armed === hit ? { ...armed, fault: { ...armed.fault, ...change } } : armed));
}
