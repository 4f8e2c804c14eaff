import * as z from 'zod';

import { forceViewSchema } from './force.ts';
import { clientKindSchema } from './handshake.ts';
import { noticeFailureSchema } from './notice.ts';
import { aliasSchema, isoTimeSchema } from './scalars.ts';
import { strategySchema } from './settings.ts';

/** State of a child process of the supervisor. */
export const childStateSchema = z.enum(['pending', 'starting', 'ready', 'stopping', 'waiting', 'exited']);

/** One child process as people see it. */
export const childViewSchema = z.object({
  name: z.enum(['worker', 'probe-runner']),
  state: childStateSchema,
  pid: z.int().nullable(),
  restarts: z.int().nonnegative(),
  lastExit: z.string().nullable(),
});

/** Everything at a glance. */
export const statusSchema = z.object({
  version: z.string(),
  buildId: z.string(),
  pid: z.int(),
  startedAt: isoTimeSchema,
  demo: z.boolean().describe('Simulated accounts on a simulated backend.'),
  socket: z.string(),
  dashboardUrl: z.string().nullable().describe('Without its launch token.'),
  store: z.object({
    file: z.string(),
    encrypted: z.boolean(),
    recovered: z.string().nullable().describe('What was restored at start, if anything.'),
    lastWriteAt: isoTimeSchema.nullable(),
    writeError: z.string().nullable(),
  }),
  strategy: strategySchema,
  configFileProblem: z
    .string()
    .nullable()
    .describe('Why the configuration file is not in force as it stands; the last good one is.'),
  force: forceViewSchema,
  accounts: z.object({
    total: z.int(),
    enabled: z.int(),
    eligible: z.int(),
    needsLogin: z.array(aliasSchema),
    lastServed: aliasSchema.nullable(),
    earliestRecovery: isoTimeSchema.nullable(),
  }),
  openRefreshes: z
    .array(z.object({ alias: aliasSchema, since: isoTimeSchema }))
    .describe('Refreshes that were sent and never answered.'),
  noticeFailures: z.array(noticeFailureSchema).describe('Channels whose last message did not arrive.'),
  leases: z.object({ inFlight: z.int(), served: z.int(), failed: z.int() }),
  children: z.array(childViewSchema),
  clients: z.array(
    z.object({
      kind: clientKindSchema,
      pid: z.int(),
      version: z.string(),
      host: z.string().nullable(),
      since: isoTimeSchema,
    }),
  ),
});
export type Status = z.infer<typeof statusSchema>;
