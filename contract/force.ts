import * as z from 'zod';

import { aliasSchema, isoTimeSchema } from './scalars.ts';
import { strategySchema } from './settings.ts';

/** How long a force lasts from the first activation of its alias, in milliseconds. */
export const FORCE_TTL_MS = 24 * 60 * 60 * 1_000;

/** The force as people see it; the fields are null when none is active. */
export const forceViewSchema = z.object({
  active: z.boolean(),
  forcedAlias: aliasSchema.nullable(),
  forcedUntil: isoTimeSchema.nullable(),
  forcedBy: z.string().nullable(),
  remainingMs: z.int().nonnegative().nullable(),
  previousRotationStrategy: strategySchema.nullable(),
  rotationStrategy: strategySchema.describe('The strategy in force when nothing is forced.'),
});
export type ForceView = z.infer<typeof forceViewSchema>;

/** Why a force ended. */
export const forceEndSchema = z.enum(['cleared', 'expired', 'disabled', 'removed', 'ineligible', 'replaced']);
export type ForceEnd = z.infer<typeof forceEndSchema>;
