import * as z from 'zod';

import { aliasSchema, idSchema, isoTimeSchema } from './scalars.ts';

/** How a person logs in: a browser here, a code typed on any device, or the pasted address of the last page. */
export const loginMethodSchema = z.enum(['browser', 'device', 'paste']);
export type LoginMethod = z.infer<typeof loginMethodSchema>;

/** A login for a new account or for one that exists. */
export const loginPurposeSchema = z.enum(['add', 'reauth']);

/** One login as people see it. */
export const loginViewSchema = z.object({
  loginId: idSchema,
  alias: aliasSchema,
  purpose: loginPurposeSchema,
  method: loginMethodSchema,
  state: z.enum(['in-progress', 'success', 'error']),
  url: z.string().nullable().describe('The page to open.'),
  userCode: z.string().nullable().describe('The code to type there (device login).'),
  instructions: z.string(),
  expiresAt: isoTimeSchema,
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type LoginView = z.infer<typeof loginViewSchema>;
