import * as z from 'zod';

import { blockerCodeSchema } from './account.ts';
import { forceEndSchema } from './force.ts';
import { aliasSchema, isoTimeSchema } from './scalars.ts';
import { strategySchema } from './settings.ts';

/** Why the account that served before, or that was preferred, was not chosen. */
export const fallbackReasonSchema = z.enum([
  'bound-account-ineligible',
  'critical-only',
  'forced-account-lost',
  'retry',
  'none-eligible',
]);
export type FallbackReason = z.infer<typeof fallbackReasonSchema>;

/**
 * Explains one choice; the selector itself makes it.
 * Shape: the log line, `oma why`, the API and the dashboard show this same object.
 */
export const decisionSchema = z.object({
  requestId: z.string(),
  at: isoTimeSchema,
  strategy: strategySchema,
  selectedAlias: aliasSchema.nullable(),
  how: z.enum(['force', 'affinity', 'strategy', 'none']).describe('Which rule chose.'),
  fallbackReason: fallbackReasonSchema.nullable(),
  forceState: z.object({
    active: z.boolean(),
    alias: aliasSchema.nullable(),
    until: isoTimeSchema.nullable(),
    ended: forceEndSchema.nullable(),
  }),
  enabledState: z.object({ enabled: z.int(), disabled: z.int() }),
  sessionId: z.string().nullable(),
  model: z.string().nullable(),
  attempt: z.int().positive(),
  candidates: z
    .array(
      z.object({
        alias: aliasSchema,
        verdict: z.union([z.literal('selected'), z.literal('eligible'), z.literal('critical'), blockerCodeSchema]),
        until: isoTimeSchema.nullable(),
      }),
    )
    .describe('Every account with its verdict, in rotation order.'),
});
export type Decision = z.infer<typeof decisionSchema>;
