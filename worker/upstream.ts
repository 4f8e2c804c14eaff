import * as z from 'zod';

import { upstreamUrlSchema } from '../contract/env.ts';
import type { CancelSignal } from '../contract/operation.ts';
import type { Deps } from './deps.ts';

/** Largest answer that is read, in bytes. */
export const ANSWER_BYTES_MAX = 1_048_576;

/** The year 5138: whatever is larger is not a time in seconds. */
export const EPOCH_SECONDS_MAX = 100_000_000_000;

/** One request to the provider. Redirects are never followed: they could carry a credential elsewhere. */
export interface Question {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly deadlineMs: number;
  readonly signal?: CancelSignal;
  /** Who is asked, for the message of a failure; the provider unless given. */
  readonly whom?: string;
}

/** A whole answer, whatever its status. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** No answer, or not the whole of one. `sent: 'no'` is a proof; everything else may have reached the provider. */
export interface Failure {
  readonly kind: 'failure';
  readonly reason: 'unreachable' | 'timed-out' | 'broken-off' | 'too-large' | 'cancelled';
  readonly sent: 'no' | 'maybe';
  /** Says what happened, for people; made of fixed words and system error codes only. */
  readonly message: string;
}

/** Asks the provider once; never retries, never throws. */
export async function ask(deps: Deps, question: Question): Promise<Answer | Failure> {
  const { method, url, body, signal } = question;
  if (isAborted(signal)) return { ...CANCELLED, sent: 'no' };
  const aborter = new AbortController();
  const abort = (): void => aborter.abort();
  const stop = deps.after(question.deadlineMs, abort);
  signal?.addEventListener('abort', abort);
  try {
    const response = await deps.fetch(url, {
      method,
      // A fresh connection each time: on a reused one a request can be lost without anybody knowing whether it arrived.
      headers: {
        accept: 'application/json',
        'user-agent': `oma/${deps.hello.version}`,
        ...question.headers,
        connection: 'close',
      },
      ...(body === undefined ? {} : { body }),
      redirect: 'manual',
      signal: aborter.signal,
    });
    deps.clock.saw(response.headers.get('date'));
    const text = await readText(response);
    return text === null ? TOO_LARGE : { kind: 'answer', status: response.status, headers: response.headers, text };
  } catch (error) {
    if (isAborted(signal)) return CANCELLED;
    return aborter.signal.aborted ? timedOut(question.deadlineMs) : failureOf(error, question.whom);
  } finally {
    stop();
    signal?.removeEventListener('abort', abort);
  }
}

/** The address without its trailing slashes, or null unless it is https, or http on loopback, and carries no password. */
export function upstreamUrl(url: string): string | null {
  const parsed = upstreamUrlSchema.safeParse(url);
  if (!parsed.success) return null;
  const { username, password, search, hash } = new URL(parsed.data);
  return username === '' && password === '' && search === '' && hash === '' ? parsed.data : null;
}

/** The value of a JSON text; undefined for anything else. Why: the parser's own message would quote the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The error code that an answer names, in lower case; null if it names none that is surely a code and not a credential. */
export function errorCodeOf(text: string): string | null {
  const body = errorBodySchema.safeParse(parseJson(text)).data;
  const code = body?.error?.code ?? body?.detail?.code ?? body?.code;
  return code?.toLowerCase() ?? null;
}

const codeSchema = z
  .string()
  .regex(/^[A-Za-z_]{3,64}$/)
  .optional()
  .catch(undefined);
const codedSchema = z.object({ code: codeSchema }).optional().catch(undefined);
// `{error: {code}}` and `{error: "code"}` are both in use at the same endpoint.
const errorSchema = z.union([z.string().transform((code) => codedSchema.parse({ code })), codedSchema]);
const errorBodySchema = z.object({ error: errorSchema, detail: codedSchema, code: codeSchema });

async function readText(response: Response): Promise<string | null> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = '';
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > ANSWER_BYTES_MAX) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

const TOO_LARGE: Failure = {
  kind: 'failure',
  reason: 'too-large',
  sent: 'maybe',
  message: `The answer is larger than ${ANSWER_BYTES_MAX} bytes.`,
};
const CANCELLED: Failure = {
  kind: 'failure',
  reason: 'cancelled',
  sent: 'maybe',
  message: 'The request was cancelled.',
};

function timedOut(deadlineMs: number): Failure {
  return {
    kind: 'failure',
    reason: 'timed-out',
    sent: 'maybe',
    message: `No whole answer came within ${deadlineMs / 1_000} s.`,
  };
}

/** Why a function: the compiler takes the first look at `aborted` for the last word. */
function isAborted(signal: CancelSignal | undefined): boolean {
  return signal?.aborted === true;
}

function failureOf(error: unknown, whom = 'The provider'): Failure {
  const faults = faultsOf(error);
  const code = faults.find((fault) => fault.code !== undefined)?.code ?? 'no error code';
  if (!faults.some(provesNotSent))
    return {
      kind: 'failure',
      reason: 'broken-off',
      sent: 'maybe',
      message: `The connection broke before the answer was complete (${code}).`,
    };
  const isTls = CERTIFICATE_CODES.has(code);
  const advice = isTls
    ? 'If a company proxy signs connections here, name its certificate in NODE_EXTRA_CA_CERTS.'
    : 'Check the network and, if you need one, the proxy.';
  return {
    kind: 'failure',
    reason: 'unreachable',
    sent: 'no',
    message: `${whom} could not be reached (${code}). ${advice}`,
  };
}

/** How deep causes are nested at most: fetch wraps what the connection said, an abandoned tunnel wraps once more. */
const CAUSES_MAX = 5;

const faultSchema = z.object({
  code: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{1,63}$/)
    .optional()
    .catch(undefined),
  syscall: z.string().optional().catch(undefined),
  message: z.string().catch(''),
  cause: z.unknown().optional(),
  errors: z.array(z.unknown()).max(100).optional().catch(undefined),
});
type Fault = z.infer<typeof faultSchema>;

function faultsOf(error: unknown): readonly Fault[] {
  const faults: Fault[] = [];
  let next: unknown = error;
  while (faults.length < CAUSES_MAX) {
    const fault = faultSchema.safeParse(next).data;
    if (fault === undefined) break;
    faults.push(fault);
    // Several addresses were tried, and all failed to connect: the first one tells as much as the others.
    next = fault.cause ?? fault.errors?.[0];
  }
  return faults;
}

const CERTIFICATE_CODES: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
/** Not the codes: a host can become unreachable in the middle of an answer, too. */
const CONNECT_SYSCALLS: ReadonlySet<string> = new Set(['connect', 'getaddrinfo']);
// The request is written only into a tunnel that stands and a TLS connection that is secure; these two messages have no code of their own.
const CONNECT_MESSAGES = [
  'Client network socket disconnected before secure TLS connection',
  'Proxy response (',
] as const;

function provesNotSent({ code, syscall, message }: Fault): boolean {
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return true;
  if (code !== undefined && CERTIFICATE_CODES.has(code)) return true;
  if (syscall !== undefined && CONNECT_SYSCALLS.has(syscall)) return true;
  return CONNECT_MESSAGES.some((start) => message.startsWith(start));
}
