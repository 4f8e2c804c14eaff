import * as z from 'zod';

import { RESET_AHEAD_MAX_MS } from '../contract/failure.ts';
import {
  MAIN_LIMIT_ID,
  type ProbeFailureCode,
  type ProbeReport,
  type ReportedWindow,
  reportedWindowSchema,
} from '../contract/limits.ts';
import type { CancelSignal } from '../contract/operation.ts';
import type { EpochMs, Secret } from '../contract/scalars.ts';
import type { Deps } from './deps.ts';
import { retryAfter } from './retry-after.ts';
import { type Answer, ask, EPOCH_SECONDS_MAX, errorCodeOf, type Failure, parseJson, upstreamUrl } from './upstream.ts';

/** Longest time for one read, in milliseconds. */
export const USAGE_DEADLINE_MS = 20_000;

/** As whom and where the usage endpoint is asked. */
export interface UsageQuestion {
  readonly baseUrl: string;
  readonly accessToken: Secret;
  readonly accountId: string;
}

/** Reads the usage endpoint as one account: every window of every meter, or nothing. */
export async function readUsage(
  deps: Deps,
  { baseUrl, accessToken, accountId }: UsageQuestion,
  signal: CancelSignal,
): Promise<ProbeReport> {
  const backend = upstreamUrl(baseUrl);
  if (backend === null)
    return failed({
      code: 'UNREACHABLE',
      message: 'The backend address is neither https nor http on loopback. Correct OPENCODE_MULTI_AUTH_BASE_URL.',
    });
  const reply = await ask(deps, {
    method: 'GET',
    url: `${backend}/wham/usage`,
    headers: { authorization: `Bearer ${accessToken}`, 'chatgpt-account-id': accountId, originator: 'opencode' },
    deadlineMs: USAGE_DEADLINE_MS,
    signal,
  });
  if (reply.kind === 'failure') return failed({ code: FAILURE_CODES[reply.reason], message: reply.message });
  return reply.status === 200
    ? reportOf(reply.text, deps.now())
    : failed({ ...refusalOf(reply), retryAtMs: retryAt(reply, deps.now()) });
}

/** Makes a report of the endpoint's body. Shape: a shape that oma does not know yields `failed`, an answer without a main window `no_data`. */
export function reportOf(text: string, now: EpochMs): ProbeReport {
  const usage = usageSchema.safeParse(parseJson(text));
  if (!usage.success)
    return failed({
      code: 'UNKNOWN_SHAPE',
      message: `The usage endpoint answered in a shape oma does not know${fieldOf(usage.error)}. oma may need an update.`,
    });
  const { rate_limit: main, additional_rate_limits: further, plan_type: planType } = usage.data;
  const windows = z
    .array(reportedWindowSchema)
    .max(WINDOWS_MAX)
    .safeParse([
      ...windowsOf({ limitId: MAIN_LIMIT_ID, limitName: null }, main, now),
      ...(further ?? []).flatMap((meter) =>
        windowsOf({ limitId: meter.metered_feature, limitName: meter.limit_name }, meter.rate_limit, now),
      ),
    ]);
  if (!windows.success)
    return failed({
      code: 'UNKNOWN_SHAPE',
      message: 'The usage endpoint named windows that oma cannot place. oma may need an update.',
    });
  if (!windows.data.some((window) => window.limitId === MAIN_LIMIT_ID)) {
    const message = 'The usage endpoint named no window of the main meter.';
    return { kind: 'no_data', ...base(null, message), observedAtMs: now, message };
  }
  return { kind: 'complete', ...base(null, 'Read.'), observedAtMs: now, planType, windows: windows.data };
}

const WINDOWS_MAX = 32;
const MS_PER_SECOND = 1_000;
const SECONDS_PER_MINUTE = 60;

const secondsSchema = absent(z.number().min(0).max(EPOCH_SECONDS_MAX));
const windowSchema = z.object({
  used_percent: z.number().min(0).max(1_000),
  limit_window_seconds: z.number().positive(),
  reset_after_seconds: secondsSchema,
  reset_at: secondsSchema,
});
const rateLimitSchema = z
  .object({ primary_window: windowSchema.nullish(), secondary_window: windowSchema.nullish() })
  .refine(
    (limit) => limit.primary_window !== undefined || limit.secondary_window !== undefined,
    'no window is named, not even as absent',
  );
const meterSchema = z.object({
  limit_name: absent(z.string().max(128)),
  metered_feature: z.string().min(1).max(64),
  rate_limit: rateLimitSchema.nullable(),
});
const usageSchema = z.object({
  plan_type: absent(z.string().max(64)),
  rate_limit: rateLimitSchema.nullable(),
  additional_rate_limits: z.array(meterSchema).max(WINDOWS_MAX).nullish(),
});

function windowsOf(
  meter: Pick<ReportedWindow, 'limitId' | 'limitName'>,
  limit: z.infer<typeof rateLimitSchema> | null,
  now: EpochMs,
): readonly ReportedWindow[] {
  const windows = [limit?.primary_window, limit?.secondary_window].filter(
    (window) => window !== undefined && window !== null,
  );
  return windows.map((window) => ({
    ...meter,
    durationMinutes: window.limit_window_seconds / SECONDS_PER_MINUTE,
    usedPercent: window.used_percent,
    resetsAtMs: resetOf(window, now),
  }));
}

type Reset = Pick<z.infer<typeof windowSchema>, 'reset_at' | 'reset_after_seconds'>;

/** A reset of 0 stands for a window that has not begun, so it is as good as none. */
function resetOf({ reset_at: at, reset_after_seconds: after }: Reset, now: EpochMs): EpochMs | null {
  if (at !== null && at > 0) return Math.round(at * MS_PER_SECOND);
  return after !== null && after > 0 ? Math.round(now + after * MS_PER_SECOND) : null;
}

/** Why: `null` and a missing field both stand for absence; oma knows one. */
function absent<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? null);
}

function fieldOf({ issues }: z.ZodError): string {
  const path = issues[0]?.path ?? [];
  return path.length === 0 ? '' : ` (at "${path.join('.').slice(0, 100)}")`;
}

const FAILURE_CODES: Readonly<Record<Failure['reason'], ProbeFailureCode>> = {
  unreachable: 'UNREACHABLE',
  'broken-off': 'UNREACHABLE',
  'timed-out': 'TIMED_OUT',
  'too-large': 'UNKNOWN_SHAPE',
  cancelled: 'CANCELLED',
};

interface Refusal {
  readonly code: ProbeFailureCode;
  readonly message: string;
  readonly retryAtMs?: EpochMs | null;
}

const REFUSALS: Readonly<Record<number, Pick<Refusal, 'code' | 'message'>>> = {
  401: { code: 'UNAUTHORIZED', message: 'The usage endpoint refused the access token' },
  402: { code: 'FORBIDDEN', message: 'The account may not read its usage' },
  403: { code: 'FORBIDDEN', message: 'The account may not read its usage' },
  429: { code: 'RATE_LIMITED', message: 'The usage endpoint was asked too often' },
};

function refusalOf({ status, headers, text }: Answer): Refusal {
  const error = errorCodeOf(text);
  if (status === 402 && error === 'deactivated_workspace')
    return { code: 'WORKSPACE_DEACTIVATED', message: 'The workspace of this account is deactivated.' };
  const isPage = headers.get('content-type')?.includes('html') === true;
  // A page comes from a gateway in front of the backend, so its status says nothing about the account.
  if (isPage)
    return {
      code: 'UPSTREAM_ERROR',
      message: `A gateway in front of the backend answered with a page (HTTP ${status}).`,
    };
  const { code, message } = REFUSALS[status] ?? { code: 'UPSTREAM_ERROR', message: 'The usage endpoint failed' };
  return { code, message: `${message} (HTTP ${status}${error === null ? '' : `, ${error}`}).` };
}

const resetSchema = z.object({
  error: z
    .object({ resets_at: secondsSchema.catch(null), resets_in_seconds: secondsSchema.catch(null) })
    .transform(({ resets_at, resets_in_seconds }): Reset => ({
      reset_at: resets_at,
      reset_after_seconds: resets_in_seconds,
    })),
});

/** The instant that a refusal names, by header or in its body; null if it names none that can be believed. */
function retryAt({ headers, text }: Answer, now: EpochMs): EpochMs | null {
  const body = resetSchema.safeParse(parseJson(text)).data;
  const named = retryAfter(headers, now) ?? (body === undefined ? null : resetOf(body.error, now));
  return named !== null && named > now && named <= now + RESET_AHEAD_MAX_MS ? named : null;
}

function failed({ code, message, retryAtMs }: Refusal): ProbeReport {
  return { kind: 'failed', ...base(code, message), code, message, retryAtMs: retryAtMs ?? null };
}

function base(code: ProbeFailureCode | null, message: string) {
  const ran = { source: 'usage-endpoint', model: null, effort: null } as const;
  return { ...ran, codexVersion: null, sessionFile: null, attempts: [{ ...ran, code, message }] };
}
