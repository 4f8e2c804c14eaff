import * as z from 'zod';

import { CHILD_OPERATIONS } from './child-operations.ts';
import { clockSkewSchema } from './diagnosis.ts';
import { probeReportSchema } from './limits.ts';
import { loginMethodSchema } from './login.ts';
import { noticeFormatSchema, noticeSchema } from './notice.ts';
import type { OperationTable } from './operation.ts';
import { epochMsSchema, idSchema, secretSchema } from './scalars.ts';

/** A set of tokens fresh from the issuer, with what their claims say. Signatures are not checked; TLS vouches for them. */
export const tokenSetSchema = z.object({
  accessToken: secretSchema,
  refreshToken: secretSchema,
  idToken: secretSchema.nullable(),
  expiresAtMs: epochMsSchema,
  accountId: z.string().min(1).max(128).describe('Workspace: claim chatgpt_account_id.'),
  userId: z.string().min(1).max(128).describe('Person: claim chatgpt_user_id, else user_id, else sub.'),
  email: z.string().max(320).nullable(),
  planType: z.string().max(64).nullable(),
});
export type TokenSet = z.infer<typeof tokenSetSchema>;

/**
 * What a refresh brought. Shape: null = the issuer did not say it in a form that oma can read; `accountId` and `userId` are both told or neither.
 * Why: the old refresh token is spent, so the new one must be kept, however little of the rest can be read.
 */
export const renewedTokensSchema = tokenSetSchema.extend({
  accessToken: tokenSetSchema.shape.accessToken.nullable(),
  expiresAtMs: tokenSetSchema.shape.expiresAtMs.nullable(),
  accountId: tokenSetSchema.shape.accountId.nullable(),
  userId: tokenSetSchema.shape.userId.nullable(),
});
export type RenewedTokens = z.infer<typeof renewedTokensSchema>;

/**
 * What became of a refresh.
 * Shape: `granted` has what the issuer gave, a refresh token at least; `rejected` is the issuer's final no; `not-sent` proves that the refresh token was not spent;
 * `unanswered` means that it may have been spent: nobody knows.
 */
export const refreshAnswerSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('granted'), tokens: renewedTokensSchema }),
  z.object({ status: z.literal('rejected'), code: z.string().max(64), message: z.string().max(500) }),
  z.object({ status: z.literal('not-sent'), message: z.string().max(500) }),
  z.object({ status: z.literal('unanswered'), message: z.string().max(500) }),
]);
export type RefreshAnswer = z.infer<typeof refreshAnswerSchema>;

/** Longest time a person may take to log in, in milliseconds. */
export const LOGIN_TIMEOUT_MS = 10 * 60 * 1_000;

/** What the supervisor may ask of the worker. */
export const WORKER_OPERATIONS = {
  ...CHILD_OPERATIONS,
  'login.begin': {
    summary: 'Starts a login and says what the person has to do.',
    params: z.object({ loginId: idSchema, method: loginMethodSchema, issuerUrl: z.string() }),
    result: z.object({
      method: loginMethodSchema,
      url: z.string(),
      userCode: z.string().nullable(),
      instructions: z.string(),
      expiresAtMs: epochMsSchema,
    }),
    errors: [
      'LOGIN_PORTS_BUSY',
      'UPSTREAM_UNREACHABLE',
      'UPSTREAM_INVALID_ANSWER',
      'OPERATION_IN_PROGRESS',
      'LOGIN_CANCELLED',
    ],
    deadlineMs: 30_000,
    durability: 'none',
  },
  'login.finish': {
    summary: 'Waits until the person is done and exchanges the code for tokens.',
    params: z.object({ loginId: idSchema }),
    result: tokenSetSchema,
    errors: [
      'LOGIN_NOT_FOUND',
      'LOGIN_CANCELLED',
      'LOGIN_TIMED_OUT',
      'LOGIN_REFUSED',
      'UPSTREAM_UNREACHABLE',
      'UPSTREAM_INVALID_ANSWER',
    ],
    deadlineMs: LOGIN_TIMEOUT_MS + 60_000,
    durability: 'none',
  },
  'login.paste': {
    summary: 'Hands over the address (or code) that the person copied from the browser.',
    params: z.object({ loginId: idSchema, pasted: z.string().min(1).max(8_192) }),
    result: z.object({}),
    errors: ['LOGIN_NOT_FOUND', 'LOGIN_REFUSED', 'INVALID_PARAMS'],
    deadlineMs: 30_000,
    durability: 'none',
  },
  'login.cancel': {
    summary: 'Ends a login; finish rejects with LOGIN_CANCELLED and the ports are free again.',
    params: z.object({ loginId: idSchema }),
    result: z.object({}),
    errors: ['LOGIN_NOT_FOUND'],
    deadlineMs: 5_000,
    durability: 'none',
  },
  'token.refresh': {
    summary: 'Spends a refresh token once; never retries by itself.',
    params: z.object({ issuerUrl: z.string(), refreshToken: secretSchema }),
    result: refreshAnswerSchema,
    errors: [],
    deadlineMs: 45_000,
    durability: 'none',
  },
  'clock.read': {
    summary: "Says how far this machine's clock is from that of the provider, by its last answer.",
    params: z.object({}),
    result: z.object({ clock: clockSkewSchema.nullable() }),
    errors: [],
    deadlineMs: 5_000,
    durability: 'none',
  },
  'notice.send': {
    summary: 'Sends one message to a webhook or a topic of ntfy, once.',
    params: z.object({ url: z.string(), format: noticeFormatSchema, notice: noticeSchema }),
    result: z.object({
      sent: z.boolean(),
      message: z.string().max(500).describe('What became of it; where it was not taken, also what to do.'),
      retryAfterMs: z
        .int()
        .nonnegative()
        .nullable()
        .describe('Not sooner than this another try may succeed; null: there is no use in one.'),
    }),
    errors: [],
    deadlineMs: 12_000,
    durability: 'none',
  },
  'usage.read': {
    summary: 'Reads the usage endpoint as one account.',
    params: z.object({ baseUrl: z.string(), accessToken: secretSchema, accountId: z.string() }),
    result: probeReportSchema,
    errors: [],
    deadlineMs: 30_000,
    durability: 'none',
  },
} as const satisfies OperationTable;
/** The worker's table as a type. */
export type WorkerOperations = typeof WORKER_OPERATIONS;
