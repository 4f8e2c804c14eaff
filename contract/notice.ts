import * as z from 'zod';

import { isHttpsOrLoopback } from './address.ts';
import { isoTimeSchema } from './scalars.ts';

/** What a person may want to be told. */
export const noticeKindSchema = z.enum(['window-low', 'needs-login', 'pool-dry', 'pool-recovered', 'force-expired']);
export type NoticeKind = z.infer<typeof noticeKindSchema>;

/** What a message is about: one of these, or nothing but whether messages arrive. */
const noticeTopicSchema = z.enum([...noticeKindSchema.options, 'test']);
export type NoticeTopic = z.infer<typeof noticeTopicSchema>;

/** One message, ready to be shown; e-mails in it are masked. */
export const noticeSchema = z.object({
  kind: noticeTopicSchema,
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

/** Where a person is told: inside OpenCode, on the desktop, at an address. */
export const noticeChannelSchema = z.enum(['toast', 'desktop', ...noticeFormatSchema.options]);
export type NoticeChannel = z.infer<typeof noticeChannelSchema>;

/** A channel whose last message did not arrive. */
export const noticeFailureSchema = z.object({
  channel: noticeChannelSchema,
  at: isoTimeSchema,
  message: z.string().max(500).describe('Why, and what to do; never the address.'),
});
export type NoticeFailure = z.infer<typeof noticeFailureSchema>;

/** What became of a test message. Shape: `nobody` = nothing is wrong, but nobody is there who could see it. */
export const noticeTestSchema = z.object({
  channel: noticeChannelSchema,
  result: z.enum(['delivered', 'failed', 'nobody', 'off']),
  message: z.string().max(500),
});
export type NoticeTest = z.infer<typeof noticeTestSchema>;
