import * as z from 'zod';

import { blockerSchema } from './account.ts';
import { outcomeSchema } from './failure.ts';
import {
  aliasSchema,
  epochMsSchema,
  idSchema,
  isoTimeSchema,
  modelSchema,
  secretSchema,
  sessionIdSchema,
} from './scalars.ts';

/** Accounts one request may have excluded already. */
const EXCLUDED_MAX = 16;

/** What the sender of a request knows about it. */
export const leaseRequestSchema = z.object({
  requestId: idSchema,
  sessionId: sessionIdSchema.nullable().describe('Session of the host; null rotates every time.'),
  rootSessionId: sessionIdSchema.nullable().describe('Root of a subagent session; its binding is followed.'),
  model: modelSchema.nullable(),
  attempt: z.int().min(1).max(100),
  exclude: z.array(aliasSchema).max(EXCLUDED_MAX).describe('Accounts this request has tried.'),
});
export type LeaseRequest = z.infer<typeof leaseRequestSchema>;

/** The right to send one request as one account. The token is short-lived and stays in memory. */
export const leaseSchema = z.object({
  leaseId: idSchema,
  alias: aliasSchema,
  accessToken: secretSchema.describe('Bearer token, valid for some minutes at least.'),
  tokenExpiresAtMs: epochMsSchema,
  accountId: z.string().max(128).describe('Value of the header ChatGPT-Account-Id.'),
  residency: z.string().max(32).nullable().describe('Value of the residency header, if the account needs one.'),
  baseUrl: z.string().max(2_048).describe('The backend this supervisor works against.'),
  attemptsMax: z.int().min(1).describe('Attempts this request may make in all.'),
  movedFrom: aliasSchema.nullable().describe('The account this session was on before, when it had to move.'),
  movedBecause: z.string().max(200).nullable(),
});
export type Lease = z.infer<typeof leaseSchema>;

/** Reports what became of a lease and ends it. */
export const leaseReportSchema = z.object({ leaseId: idSchema, outcome: outcomeSchema });

/** Details of NO_ELIGIBLE_ACCOUNTS: each account, what blocks it, and when the first is back. */
export const noEligibleDetailsSchema = z.object({
  accounts: z.array(z.object({ alias: aliasSchema, blockers: z.array(blockerSchema) })),
  earliestRecovery: isoTimeSchema.nullable(),
  earliestRecoveryMs: epochMsSchema.nullable(),
  earliestAlias: aliasSchema.nullable(),
});
