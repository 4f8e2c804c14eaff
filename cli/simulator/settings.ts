import * as z from 'zod';

const DAY_SECONDS = 86_400;
const MINUTE_MS = 60_000;

/** What can be turned while the simulator runs; every field may be set on its own. */
export const settingsSchema = z.strictObject({
  accessTokenTtlSeconds: z
    .number()
    .int()
    .min(-DAY_SECONDS)
    .max(365 * DAY_SECONDS)
    .default(10 * DAY_SECONDS)
    .describe('Lifetime of new access tokens; negative: born expired.'),
  refreshTokenTtlSeconds: z
    .number()
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('Lifetime of new refresh tokens; null: no end.'),
  revokeFamilyOnReuse: z
    .boolean()
    .default(false)
    .describe('A second use of a refresh token also kills every token of that login.'),
  autoApprove: z
    .string()
    .max(64)
    .nullable()
    .default(null)
    .describe('Alias that signs in without a click, in browser and device login.'),
  redirectPorts: z
    .enum(['registered', 'exchange-refuses', 'any'])
    .default('registered')
    .describe(
      'What happens to callback ports other than 1455 and 1457: refused on the page, refused at the exchange, accepted.',
    ),
  deviceLogin: z
    .boolean()
    .default(true)
    .describe('false: the device-code endpoints answer 404, as for an account that has it switched off.'),
  deviceIntervalSeconds: z
    .number()
    .int()
    .min(0)
    .max(60)
    .default(5)
    .describe('Polling interval the device login asks for.'),
  firstByteDelayMs: z
    .number()
    .int()
    .min(0)
    .max(MINUTE_MS)
    .default(0)
    .describe('Wait before the headers of a model answer.'),
  chunkDelayMs: z
    .number()
    .int()
    .min(0)
    .max(MINUTE_MS)
    .default(0)
    .describe('Wait before each piece of text of a model answer.'),
  chunks: z.number().int().min(1).max(2_000).default(4).describe('Pieces of text in a model answer.'),
  retiredModels: z
    .array(z.string().max(120))
    .max(50)
    .default(['gpt-5.3-codex', 'gpt-5.2-codex', 'gpt-5-codex'])
    .describe('Models no ChatGPT account may use any more.'),
  requireAccountHeader: z.boolean().default(true).describe('A model request without ChatGPT-Account-Id is refused.'),
});

export type Settings = Readonly<z.infer<typeof settingsSchema>>;
