import * as z from 'zod';

import { decisionSchema } from './decision.ts';
import { forceEndSchema } from './force.ts';
import { noticeSchema } from './notice.ts';
import { aliasSchema, isoTimeSchema } from './scalars.ts';

/** Name of the notification on the socket that carries an event. */
export const EVENT_NOTIFICATION = 'event';

/**
 * What the supervisor tells everybody who listens (dashboard by server-sent events, CLI and plugin by notification).
 * Shape: `changed` says that a view must be read again; the others carry what happened.
 * Shape: `notice` is for a person, and comes only if toasts are wanted.
 */
export const eventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('changed'),
    at: isoTimeSchema,
    topics: z.array(z.enum(['accounts', 'settings', 'force', 'status', 'logins', 'probes'])),
  }),
  z.object({ type: z.literal('decision'), at: isoTimeSchema, decision: decisionSchema }),
  z.object({ type: z.literal('force-ended'), at: isoTimeSchema, alias: aliasSchema, because: forceEndSchema }),
  z.object({ type: z.literal('account-needs-login'), at: isoTimeSchema, alias: aliasSchema, reason: z.string() }),
  noticeSchema.extend({ type: z.literal('notice') }),
  z.object({
    type: z.literal('probe'),
    at: isoTimeSchema,
    probeId: z.string(),
    alias: aliasSchema,
    state: z.enum(['queued', 'running', 'success', 'no_data', 'error']),
    message: z.string(),
  }),
]);
export type OmaEvent = z.infer<typeof eventSchema>;
