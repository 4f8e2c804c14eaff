import * as z from 'zod';

import { limitStatusSchema } from '../../contract/limits.ts';
import { secretSchema } from '../../contract/scalars.ts';
import { strategySchema } from '../../contract/settings.ts';
import { timeSchema } from './account-schema.ts';

/** Instants of upstream are epoch milliseconds, sometimes with a fraction. */
const upstreamTimeSchema = z.number().nonnegative().transform(Math.floor).pipe(timeSchema);
const wordSchema = z.string().trim().min(1).max(128);
const sentenceSchema = cutTo(500);
const actorTextSchema = cutTo(64);

/** What upstream says about one window. Units: `remaining` of `limit`, which is 100 when they are percent. */
const upstreamWindowSchema = z.object({
  limit: z.number().positive(),
  remaining: z.number(),
  resetAt: upstreamTimeSchema.optional(),
  updatedAt: upstreamTimeSchema.optional(),
});
export type UpstreamWindow = z.infer<typeof upstreamWindowSchema>;

/** The two windows that upstream knows. */
export const upstreamWindowsSchema = z.object({
  fiveHour: upstreamWindowSchema.optional(),
  weekly: upstreamWindowSchema.optional(),
});
export type UpstreamWindows = z.infer<typeof upstreamWindowsSchema>;

/** One account of upstream, every version: whatever is there must be usable, everything may be absent. */
export const upstreamAccountSchema = z.object({
  accessToken: secretSchema.optional(),
  refreshToken: secretSchema.optional(),
  idToken: secretSchema.optional(),
  expiresAt: upstreamTimeSchema.optional(),
  email: z.string().trim().min(1).max(320).optional(),
  planType: z.string().trim().min(1).max(64).optional(),
  accountId: wordSchema.optional(),
  userId: wordSchema.optional(),
  lastRefresh: z.iso.datetime({ offset: true }).optional(),
  addedAt: upstreamTimeSchema.optional(),
  usageCount: z.number().nonnegative().max(Number.MAX_SAFE_INTEGER).transform(Math.floor).optional(),
  lastUsed: upstreamTimeSchema.optional(),
  rateLimitedUntil: upstreamTimeSchema.optional(),
  modelUnsupportedUntil: upstreamTimeSchema.optional(),
  modelUnsupportedModel: wordSchema.optional(),
  workspaceDeactivatedUntil: upstreamTimeSchema.optional(),
  authInvalid: z.boolean().optional(),
  enabled: z.boolean().optional(),
  disabledAt: upstreamTimeSchema.optional(),
  disabledBy: actorTextSchema.optional(),
  disableReason: sentenceSchema.optional(),
  rateLimits: z.unknown().optional().describe('See upstreamWindowsSchema.'),
  rateLimitHistory: z.array(z.unknown()).max(10_000).optional(),
  limitStatus: z.union([limitStatusSchema, z.literal('stopped')]).optional(),
  limitError: sentenceSchema.optional(),
  lastLimitProbeAt: upstreamTimeSchema.optional(),
  lastLimitErrorAt: upstreamTimeSchema.optional(),
  tags: z.unknown().optional(),
  notes: z.unknown().optional(),
});
export type UpstreamAccount = z.infer<typeof upstreamAccountSchema>;

/** One entry of upstream's history. */
export const upstreamHistorySchema = z.object({
  at: upstreamTimeSchema.refine((at) => at > 0),
  fiveHour: upstreamWindowSchema.optional().catch(undefined),
  weekly: upstreamWindowSchema.optional().catch(undefined),
});

/** What surrounds the accounts. Shape: `accounts` is an object keyed by alias, or in the legacy store an array without aliases. */
export const upstreamRootSchema = z.object({
  activeAlias: z.string().optional(),
  activeIndex: z.number().optional(),
  forcedAlias: z.string().optional(),
  forcedUntil: upstreamTimeSchema.optional(),
  previousRotationStrategy: strategySchema.optional(),
  forcedBy: actorTextSchema.optional(),
  rotationStrategy: strategySchema.optional(),
  settings: z.unknown().optional(),
});
export type UpstreamRoot = z.infer<typeof upstreamRootSchema>;

/** The settings of upstream. */
export const upstreamSettingsSchema = z.object({
  rotationStrategy: strategySchema.optional(),
  criticalThreshold: z.number().min(0).max(100).optional(),
  lowThreshold: z.number().min(0).max(100).optional(),
  accountWeights: z.record(z.string(), z.number()).optional(),
  featureFlags: z.object({ antigravityEnabled: z.boolean().optional() }).optional(),
  updatedAt: upstreamTimeSchema.optional(),
  updatedBy: actorTextSchema.optional(),
});
export type UpstreamSettings = z.infer<typeof upstreamSettingsSchema>;

/** A value read leniently, with the names of the fields that could not be used. */
export interface Lenient<T> {
  readonly value: T;
  readonly unusable: readonly string[];
}

/**
 * Reads an object of which every field is optional: null counts as absent, a field that does not fit is left out and named.
 * Why: one odd field must not cost an account, and must not vanish without a word either.
 */
export function parseLenient<T>(schema: z.ZodType<T>, raw: unknown): Lenient<T> {
  const entries =
    typeof raw === 'object' && raw !== null
      ? Object.entries(raw).filter(([, value]) => value !== null && value !== undefined)
      : [];
  const first = schema.safeParse(Object.fromEntries(entries));
  if (first.success) return { value: first.data, unusable: [] };
  const unusable = new Set(first.error.issues.map((issue) => String(issue.path[0])));
  const rest = entries.filter(([name]) => !unusable.has(name));
  return { value: schema.parse(Object.fromEntries(rest)), unusable: [...unusable].sort() };
}

function cutTo(lengthMax: number): z.ZodType<string> {
  return z
    .string()
    .trim()
    .min(1)
    .transform((text) => text.slice(0, lengthMax));
}
