import * as z from 'zod';

import { CHILD_OPERATIONS } from './child-operations.ts';
import { probeReportSchema, probeSourceSchema } from './limits.ts';
import type { OperationTable } from './operation.ts';
import { idSchema, modelSchema, secretSchema } from './scalars.ts';

/** Longest time one exec may take before it is killed, in milliseconds. */
export const PROBE_DEADLINE_MS = 90_000;

/** One probe of one seat by one source that execs codex. The runner gets a short-lived access token and never a refresh token. */
export const probeRunParamsSchema = z.object({
  probeId: idSchema,
  source: probeSourceSchema.extract(['codex-exec', 'codex-app-server']),
  seat: z
    .string()
    .regex(/^[a-f0-9]{8,64}$/)
    .describe('Hash of the seat; names its private home.'),
  homesDir: z.string().describe('Directory (0700) of the private homes.'),
  codexBin: z.string().nullable().describe('The binary, null = search PATH.'),
  baseUrl: z.string(),
  accessToken: secretSchema,
  idToken: secretSchema.nullable(),
  accountId: z.string(),
  models: z.array(modelSchema).min(1).max(10),
  effort: z.string(),
});

/** What the supervisor may ask of the probe-runner. */
export const PROBE_OPERATIONS = {
  ...CHILD_OPERATIONS,
  'probe.run': {
    summary: 'Runs codex for one seat and returns evidence; limits are the supervisor’s decision.',
    params: probeRunParamsSchema,
    result: probeReportSchema,
    errors: ['OPERATION_IN_PROGRESS'],
    deadlineMs: 10 * PROBE_DEADLINE_MS,
    durability: 'none',
  },
  'probe.cancel': {
    summary: 'Kills a running probe; run answers with CANCELLED.',
    params: z.object({ probeId: idSchema }),
    result: z.object({}),
    errors: ['PROBE_NOT_FOUND'],
    deadlineMs: 10_000,
    durability: 'none',
  },
  'codex.inspect': {
    summary: 'Finds the codex binary and its version.',
    params: z.object({ codexBin: z.string().nullable() }),
    result: z.object({
      found: z.boolean(),
      path: z.string().nullable(),
      version: z.string().nullable(),
      supported: z.boolean(),
      message: z.string(),
    }),
    errors: [],
    deadlineMs: 15_000,
    durability: 'none',
  },
} as const satisfies OperationTable;
/** The probe runner's table as a type. */
export type ProbeOperations = typeof PROBE_OPERATIONS;
