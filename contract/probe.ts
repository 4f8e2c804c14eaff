import * as z from 'zod';

import { probeAttemptSchema, probeSourceSchema } from './limits.ts';
import { aliasSchema, idSchema, isoTimeSchema } from './scalars.ts';

/** One account's part of a probe run. */
export const probeItemSchema = z.object({
  alias: aliasSchema,
  state: z.enum(['queued', 'running', 'success', 'no_data', 'error']),
  source: probeSourceSchema.nullable(),
  message: z.string(),
  attempts: z.array(probeAttemptSchema),
});

/** A probe run over one or more accounts. */
export const probeRunViewSchema = z.object({
  probeId: idSchema,
  startedAt: isoTimeSchema,
  finishedAt: isoTimeSchema.nullable(),
  items: z.array(probeItemSchema),
});
export type ProbeRunView = z.infer<typeof probeRunViewSchema>;
