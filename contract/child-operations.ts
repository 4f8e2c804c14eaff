import * as z from 'zod';

import { helloSchema } from './handshake.ts';
import type { OperationTable } from './operation.ts';

/** What the supervisor may ask of each of its children. */
export const CHILD_OPERATIONS = {
  'session.hello': {
    summary: 'Says who is there; the first call on the pipe.',
    params: helloSchema,
    result: helloSchema,
    errors: [],
    deadlineMs: 5_000,
    durability: 'none',
  },
  'session.ping': {
    summary: 'Proves that the event loop turns.',
    params: z.object({}),
    result: z.object({}),
    errors: [],
    deadlineMs: 5_000,
    durability: 'none',
  },
} as const satisfies OperationTable;
