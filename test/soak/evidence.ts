import * as z from 'zod';

/** What a run under load leaves for `npm run slo`. */
export const evidenceSchema = z.strictObject({
  source: z.string().describe('Which run it was; the baseline is looked up by it.'),
  requests: z.strictObject({ total: z.int(), failed: z.int() }),
  unhandledExceptions: z.int(),
  p95Ratio: z.number().nullable().describe('p95 through oma divided by p95 past it, in the same run.'),
  probes: z
    .strictObject({ failed: z.int(), failedThatChangedLimits: z.int() })
    .nullable()
    .describe('null: the run had none.'),
});
export type Evidence = z.infer<typeof evidenceSchema>;
