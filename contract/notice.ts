import * as z from 'zod';

import { isHttpsOrLoopback } from './address.ts';
import { isoTimeSchema } from './scalars.ts';

/** What a person may want to be told. */
export const noticeKindSchema = z.enum(['window-low', 'needs-login', 'pool-dry', 'pool-recovered', 'force-expired']);
export type NoticeKind = z.infer<typeof noticeKindSchema>;

/** One message, ready to be shown; e-mails in it are masked. */
export const noticeSchema = z.object({
  kind: noticeKindSchema,
  at: isoTimeSchema,
  title: z.string().max(100),
  message: z.string().max(500),
});
export type Notice = z.infer<typeof noticeSchema>;

/** Where messages are sent: an address, or nothing. Why https: what the message says is nobody else's business. */
export const noticeTargetSchema = z
  .string()
  .max(2_048)
  .refine(
    (url) => url === '' || (z.url().safeParse(url).success && isHttpsOrLoopback(url)),
    'use https, or http on a loopback address; empty = off',
  );

/** How a target wants to be spoken to. */
export const noticeFormatSchema = z.enum(['webhook', 'ntfy']);
