import * as z from 'zod';

import {
  confidenceSchema,
  limitStatusSchema,
  limitViewSchema,
  probeDiagnosticsSchema,
  windowViewSchema,
} from './limits.ts';
import { aliasSchema, isoTimeSchema } from './scalars.ts';

/** Why an account cannot serve a request now. */
export const blockerCodeSchema = z.enum([
  'disabled',
  'needs-login',
  'cooldown',
  'model-cooldown',
  'exhausted',
  'excluded',
  'reserved',
]);
export type BlockerCode = z.infer<typeof blockerCodeSchema>;

/** One reason against an account and, when known, the instant it ends by itself. */
export const blockerSchema = z.object({
  code: blockerCodeSchema,
  until: isoTimeSchema.nullable(),
  detail: z.string().max(200).nullable().describe('A sentence for people.'),
});

/** Health after failures: `probation` is eligible, but one failure doubles the cooldown. */
export const healthStatusSchema = z.enum(['healthy', 'cooldown', 'probation']);
export type HealthStatus = z.infer<typeof healthStatusSchema>;

/** State of an account's login. */
export const authStateSchema = z.enum(['ok', 'expiring', 'needs-login']);

/** An account as everybody outside the supervisor sees it; no secret has a field here. */
export const accountViewSchema = z.object({
  alias: aliasSchema,
  email: z.string().nullable().describe('Maskable by the reader.'),
  planType: z.string().nullable(),
  seat: z.string().describe('Short hash of workspace and user: equal only for the same seat.'),
  addedAt: isoTimeSchema,
  enabled: z.boolean(),
  disabledAt: isoTimeSchema.nullable(),
  disabledBy: z.string().nullable(),
  disableReason: z.string().nullable(),
  active: z.boolean().describe('Whether codex itself is logged in as this account.'),
  forced: z.boolean(),
  eligible: z.boolean(),
  blockers: z.array(blockerSchema).describe('The one that lasts longest first.'),
  health: healthStatusSchema,
  cooldownUntil: isoTimeSchema.nullable(),
  cooldownReason: z.string().nullable(),
  modelCooldowns: z.array(z.object({ model: z.string(), until: isoTimeSchema })),
  weight: z.number(),
  usageCount: z.int().nonnegative(),
  lastUsedAt: isoTimeSchema.nullable(),
  inFlight: z.int().nonnegative().describe('Leases not yet reported.'),
  rateLimits: z.object({ fiveHour: limitViewSchema.nullable(), weekly: limitViewSchema.nullable() }),
  windows: z.array(windowViewSchema),
  level: z.enum(['ok', 'low', 'critical', 'unknown']).describe('Tightest known window against the thresholds.'),
  limitsConfidence: confidenceSchema,
  limitStatus: limitStatusSchema,
  limitError: z.string().nullable(),
  lastLimitProbeAt: isoTimeSchema.nullable(),
  lastLimitErrorAt: isoTimeSchema.nullable(),
  probe: probeDiagnosticsSchema.nullable(),
  rateLimitHistoryLength: z.int().nonnegative(),
  auth: authStateSchema,
  authReason: z.string().nullable(),
  tokenExpiresAt: isoTimeSchema,
  reauth: z.enum(['idle', 'in-progress', 'success', 'error']),
});
export type AccountView = z.infer<typeof accountViewSchema>;
