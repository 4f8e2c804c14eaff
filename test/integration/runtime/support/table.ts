import { z } from 'zod';

import type { OperationTable } from '../../../../contract/operation.ts';

/** A small table that stands for any other. */
export const TABLE = {
  'echo.say': {
    summary: 'Gives back what it gets.',
    params: z.strictObject({ text: z.string() }),
    result: z.object({ text: z.string() }),
    errors: ['ACCOUNT_NOT_FOUND'],
    deadlineMs: 5_000,
    durability: 'none',
  },
  'echo.wait': {
    summary: 'Answers when it is told to.',
    params: z.object({ name: z.string() }),
    result: z.object({ name: z.string() }),
    errors: [],
    deadlineMs: 5_000,
    durability: 'none',
  },
} as const satisfies OperationTable;
export type Table = typeof TABLE;
