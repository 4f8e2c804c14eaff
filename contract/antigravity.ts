import * as z from 'zod';

import { aliasSchema, isoTimeSchema, percentSchema } from './scalars.ts';

/** What oma shows of OpenCode's antigravity plugin: its accounts and quotas, read only. */
export const antigravityViewSchema = z.object({
  accounts: z.array(
    z.object({
      email: z.string().nullable(),
      enabled: z.boolean(),
      quotas: z.array(
        z.object({
          model: z.string().describe('Family of models, as the plugin names it.'),
          remainingPercent: percentSchema.nullable().describe('Null is unknown, never 0.'),
          resetsAt: isoTimeSchema.nullable(),
        }),
      ),
    }),
  ),
  reserved: z.array(aliasSchema).describe('Accounts of oma that rotation leaves out while the feature is on.'),
  error: z.string().nullable().describe('Why nothing could be read.'),
});
export type AntigravityView = z.infer<typeof antigravityViewSchema>;
