import * as z from 'zod';

import { isoTimeSchema } from './scalars.ts';

/** One change that somebody made: who, what, on what; never a secret. */
export const auditEntrySchema = z.object({
  at: isoTimeSchema,
  actor: z.string(),
  requestId: z.string(),
  action: z.string().describe('Name of the operation.'),
  target: z.string().nullable().describe('Alias or setting.'),
  detail: z.record(z.string(), z.unknown()).describe('Fields before and after, or the reason.'),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;
