import * as z from 'zod';

import { isoTimeSchema } from './scalars.ts';

/** How far this machine's clock is from the provider's. Shape: positive = this machine is ahead. Units: milliseconds, exact to a second. */
export const clockSkewSchema = z.object({ skewMs: z.number(), at: isoTimeSchema });
export type ClockSkew = z.infer<typeof clockSkewSchema>;

/** What only the processes at work know, for `oma doctor`. */
export const diagnosisSchema = z.object({
  clock: clockSkewSchema.nullable().describe('Null until the provider has answered the worker.'),
  lastPluginHello: z
    .object({ host: z.string().nullable(), version: z.string(), at: isoTimeSchema })
    .nullable()
    .describe('Null while no plugin has connected to this supervisor.'),
  storeNotices: z.array(z.string()).describe('What opening the store found, migrated or tightened.'),
});
export type Diagnosis = z.infer<typeof diagnosisSchema>;
