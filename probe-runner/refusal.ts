import * as z from 'zod';

import type { ProbeFailureCode } from '../contract/limits.ts';
import { type Failure, failure } from './evidence.ts';
import { parseJson } from './parse-report.ts';

/** What a failed turn says about itself. Shape: `info` is codex's own classification from the session file, if there is one. */
export interface Complaint {
  readonly message: string;
  readonly info: unknown;
}

/** Says what a failed turn means. */
export function refusalOf({ message, info }: Complaint): Failure {
  return (
    bodyRefusal(message) ??
    classified(info) ??
    statusRefusal(message, info) ??
    worded(message) ??
    failure('UPSTREAM_ERROR', `codex failed: ${excerpt(message)}`)
  );
}

/** Says what an HTTP status of the backend means. */
export function refusalOfStatus(status: number, text: string): Failure {
  if (status === 401 && text.includes('Missing bearer'))
    return failure(
      'UNKNOWN_SHAPE',
      'codex sent no login at all, so it did not take the one it was given. oma may need an update.',
    );
  // A page comes from a gateway in front of the backend, so its status says nothing about the account.
  if (status !== 401 && /<html|<!doctype/i.test(text))
    return failure('UPSTREAM_ERROR', `A gateway in front of the backend answered with a page (HTTP ${status}).`);
  if (status === 402 && text.includes('deactivated_workspace'))
    return failure('WORKSPACE_DEACTIVATED', 'The workspace of this account is deactivated.');
  const row = STATUSES.get(status);
  if (row !== undefined) return failure(row.code, `${row.message} (HTTP ${status}).`);
  return failure('UPSTREAM_ERROR', `The backend failed (HTTP ${status}).`);
}

/** A short piece of what codex said, on one line. Not: redacted; whoever lets it out does that. */
export function excerpt(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > EXCERPT_CHARS_MAX ? `${line.slice(0, EXCERPT_CHARS_MAX)}…` : line;
}

const EXCERPT_CHARS_MAX = 200;
const EFFORTS_MAX = 16;

const STATUSES: ReadonlyMap<number, { readonly code: ProbeFailureCode; readonly message: string }> = new Map([
  [401, { code: 'UNAUTHORIZED', message: 'The backend refused the access token' }],
  [402, { code: 'FORBIDDEN', message: 'The account may not use codex' }],
  [403, { code: 'FORBIDDEN', message: 'The account may not use codex' }],
  [429, { code: 'RATE_LIMITED', message: 'The account is at a limit' }],
] as const);

/** Why: every field may be missing, null or of another type; then it is as if nothing was said. */
const saidSchema = z.string().catch('');
const errorSchema = z
  .object({ message: saidSchema, code: saidSchema, param: saidSchema })
  .catch({ message: '', code: '', param: '' });
const bodySchema = z.object({ detail: saidSchema, error: errorSchema });

/** codex shows the body of a 400 as it came. */
function bodyRefusal(message: string): Failure | null {
  const body = bodySchema.safeParse(parseJson(message)).data;
  if (body === undefined) return null;
  const { detail, error } = body;
  const text = detail === '' ? error.message : detail;
  if (error.code === 'unsupported_value' && error.param === 'reasoning.effort')
    return {
      ...failure('EFFORT_UNSUPPORTED', 'The model does not take this reasoning effort.'),
      wrong: 'effort',
      efforts: namedEfforts(text),
    };
  if (error.code === 'model_not_found' || /model is not supported when using Codex/i.test(text)) return modelRefused();
  return {
    ...failure('UPSTREAM_ERROR', `The backend refused the request: ${excerpt(text === '' ? message : text)}`),
    wrong: 'request',
  };
}

function classified(info: unknown): Failure | null {
  switch (info) {
    case 'usage_limit_exceeded':
      return failure('RATE_LIMITED', 'The account is at its usage limit.');
    case 'rate_limit_exceeded':
      return failure('RATE_LIMITED', 'The account sends too many requests.');
    case 'model_not_found':
      return modelRefused();
    case 'internal_server_error':
    case 'server_overloaded':
      return failure('UPSTREAM_ERROR', 'The backend failed or is overloaded.');
    default:
      return null;
  }
}

const statusInfoSchema = z.record(z.string(), z.object({ http_status_code: z.int().min(100).max(599) }));

function statusRefusal(message: string, info: unknown): Failure | null {
  const classifiedStatus = Object.values(statusInfoSchema.safeParse(info).data ?? {})[0]?.http_status_code;
  const status = classifiedStatus ?? Number(/(?:unexpected|last) status:? (\d{3})\b/.exec(message)?.[1] ?? NaN);
  return Number.isNaN(status) ? null : refusalOfStatus(status, message);
}

/** Last resort, by the words of codex 0.155 to 0.169. */
const WORDINGS: readonly { readonly pattern: RegExp; readonly code: ProbeFailureCode; readonly meaning: string }[] = [
  { pattern: /routing discovery unauthorized/, code: 'UNAUTHORIZED', meaning: 'The backend refused the access token.' },
  {
    pattern: /routing discovery failed/,
    code: 'UPSTREAM_ERROR',
    meaning: 'The backend could not be reached or would not say where the workspace is served.',
  },
  {
    pattern: /error sending request|waiting for network/,
    code: 'UNREACHABLE',
    meaning: 'The backend could not be reached.',
  },
  {
    pattern: /^stream disconnected|^Incomplete response/,
    code: 'INCOMPLETE',
    meaning: 'The answer of the model broke off.',
  },
  {
    pattern: /usage limit|out of credits|exceeded your current quota|rate limit exceeded/i,
    code: 'RATE_LIMITED',
    meaning: 'The account is at its usage limit.',
  },
];

function worded(message: string): Failure | null {
  if (/^The model '.*' does not exist/.test(message)) return modelRefused();
  const wording = WORDINGS.find(({ pattern }) => pattern.test(message));
  return wording === undefined ? null : failure(wording.code, wording.meaning);
}

function modelRefused(): Failure {
  return { ...failure('MODEL_UNSUPPORTED', 'The account may not use this model.'), wrong: 'model' };
}

function namedEfforts(text: string): readonly string[] {
  const list = /Supported values are:(.*)$/.exec(text)?.[1] ?? '';
  return [...list.matchAll(/'([a-z]{1,16})'/g)].slice(0, EFFORTS_MAX).flatMap(([, effort]) => effort ?? []);
}
