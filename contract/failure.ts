import * as z from 'zod';

import { epochMsSchema } from './scalars.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** What became of one upstream request, named by what it means rather than by its number. */
export const outcomeKindSchema = z.enum([
  'success',
  'aborted',
  'bad-request',
  'model-unsupported',
  'rate-limited',
  'unauthorized',
  'workspace-deactivated',
  'forbidden',
  'challenged',
  'server-error',
  'network',
  'stream-broken',
]);
export type OutcomeKind = z.infer<typeof outcomeKindSchema>;

/** Facts about one upstream request, as its sender saw them; who is to blame is the supervisor's decision. */
export const outcomeSchema = z.object({
  kind: outcomeKindSchema,
  status: z.int().min(100).max(599).nullable().describe('HTTP status, null if there was no answer.'),
  retryAtMs: epochMsSchema.nullable().describe('The reset that the answer names.'),
  limitId: z.string().max(64).nullable().describe('The meter that is exhausted, if the answer names one.'),
  errorCode: z.string().max(64).nullable().describe('The error code of the answer.'),
  phase: z.enum(['before-output', 'mid-stream', 'complete']),
  firstByteMs: z.number().nonnegative().nullable(),
  durationMs: z.number().nonnegative(),
});
export type Outcome = z.infer<typeof outcomeSchema>;

/**
 * One row of the failure taxonomy.
 * Shape: `blame` is what cools down: nothing, the account, the pair of account and model, or the account's login (after one forced refresh).
 * Shape: `retry` is what the sender does before the first byte: give up, try the same account once more, refresh its token once, or go to the next account.
 * Units: cooldowns in milliseconds; the first one is `cooldownMs`, each further one doubles up to `cooldownMaxMs`; `untilReset` prefers the reset that the answer names.
 */
export interface FailureRow {
  readonly blame: 'none' | 'account' | 'model' | 'login';
  readonly retry: 'never' | 'same-once' | 'same-once-then-next' | 'refresh-once-then-next' | 'next';
  readonly cooldownMs: number;
  readonly cooldownMaxMs: number;
  readonly untilReset: boolean;
  readonly meaning: string;
}

/** Who is blamed, for how long, and what the sender tries next: the one table for plugin and supervisor. */
export const FAILURES = {
  aborted: row('none', 'never', 0, 0, false, 'The user cancelled.'),
  'bad-request': row(
    'none',
    'never',
    0,
    0,
    false,
    'The request itself was refused; another account would refuse it too.',
  ),
  'model-unsupported': row(
    'model',
    'next',
    60 * MINUTE_MS,
    24 * 60 * MINUTE_MS,
    false,
    'This account may not use this model.',
  ),
  'rate-limited': row('account', 'next', 5 * MINUTE_MS, 60 * MINUTE_MS, true, 'The account is at its limit.'),
  unauthorized: row(
    'login',
    'refresh-once-then-next',
    MINUTE_MS,
    60 * MINUTE_MS,
    false,
    'The access token was refused.',
  ),
  'workspace-deactivated': row(
    'account',
    'next',
    30 * MINUTE_MS,
    60 * MINUTE_MS,
    false,
    'The workspace is deactivated.',
  ),
  forbidden: row('account', 'next', 5 * MINUTE_MS, 60 * MINUTE_MS, false, 'The account may not do this.'),
  challenged: row(
    'account',
    'next',
    10 * SECOND_MS,
    30 * SECOND_MS,
    false,
    'A gateway in front of the provider refused the request.',
  ),
  'server-error': row('account', 'same-once-then-next', 10 * SECOND_MS, 30 * SECOND_MS, false, 'The provider failed.'),
  network: row(
    'none',
    'same-once',
    0,
    0,
    false,
    'The provider could not be reached; that says nothing about an account.',
  ),
  'stream-broken': row('none', 'never', 0, 0, false, 'The answer broke off after it had begun.'),
} as const satisfies Record<Exclude<OutcomeKind, 'success'>, FailureRow>;

/** Attempts at one request are at most this many, and never more than there are eligible accounts. */
export const ATTEMPTS_MAX = 3;

/** A named reset is believed at most this far ahead (a month and a little), in milliseconds. */
export const RESET_AHEAD_MAX_MS = 35 * 24 * 60 * MINUTE_MS;

// eslint-disable-next-line max-params -- the columns of the table above, in its order.
function row(
  blame: FailureRow['blame'],
  retry: FailureRow['retry'],
  cooldownMs: number,
  cooldownMaxMs: number,
  untilReset: boolean,
  meaning: string,
): FailureRow {
  return { blame, retry, cooldownMs, cooldownMaxMs, untilReset, meaning };
}
