import * as z from 'zod';

import { healthStatusSchema } from '../../contract/account.ts';
import { outcomeKindSchema } from '../../contract/failure.ts';
import { limitStatusSchema, probeSourceSchema } from '../../contract/limits.ts';
import { actorSchema, aliasSchema, modelSchema, percentSchema, secretSchema } from '../../contract/scalars.ts';
import { HISTORY_MAX } from '../core/state.ts';

/** Fields as JSON has them. */
export type Fields = Readonly<Record<string, unknown>>;

/** Latest instant that Date can show, in milliseconds since 1970. */
export const TIME_MAX = 8_640_000_000_000_000;

/** An instant. Units: milliseconds since 1970. */
export const timeSchema = z.int().min(0).max(TIME_MAX);

/** Windows and cooling models of one account at most; both come in handfuls. */
const LIST_MAX = 64;
const textSchema = z.string().max(1_000);
const idSchema = z.string().min(1).max(128);
const countSchema = z.int().nonnegative();

const identitySchema = z.object({
  alias: aliasSchema,
  accountId: idSchema.describe('Workspace; with userId it is the seat.'),
  userId: idSchema.describe('Person; with accountId it is the seat.'),
  email: z.string().max(320).nullable(),
  planType: z.string().max(64).nullable(),
  addedAt: timeSchema,
  source: z.enum(['login', 'import-codex', 'import-opencode', 'import-upstream', 'import-file', 'demo']),
});

/** Why: not flat like the rest, because the former plugin, which shares the path of the file, takes a flat record for its own and would spend the tokens. */
const credentialsSchema = z.object({
  credentials: z.strictObject({
    accessToken: secretSchema,
    refreshToken: secretSchema,
    idToken: secretSchema.nullable(),
    expiresAt: timeSchema.describe('Expiry of the access token.'),
    lastRefreshAt: timeSchema,
  }),
});

const authSchema = z.object({
  authState: z.enum(['ok', 'needs-login']),
  authReason: textSchema.nullable(),
  needsLoginSince: timeSchema.nullable(),
});

const refreshIntentSchema = z.object({
  refreshIntent: z
    .strictObject({ fingerprint: idSchema, sentAt: timeSchema, unanswered: z.boolean() })
    .nullable()
    .describe('A refresh whose answer is not stored yet.'),
});

const availabilitySchema = z.object({
  enabled: z.boolean(),
  disabledAt: timeSchema.nullable(),
  disabledBy: actorSchema.nullable(),
  disableReason: textSchema.nullable(),
});

const healthSchema = z.object({
  health: z.strictObject({
    status: healthStatusSchema,
    until: timeSchema.nullable(),
    reason: outcomeKindSchema.nullable(),
    cooldownMs: countSchema,
    successes: countSchema,
  }),
});

const modelCooldownsSchema = z.object({
  modelCooldowns: z
    .array(z.strictObject({ model: modelSchema, until: timeSchema, cooldownMs: countSchema }))
    .max(LIST_MAX),
});

const usageSchema = z.object({ usageCount: countSchema, lastUsedAt: timeSchema.nullable() });

const durationSchema = z.number().positive().max(1_000_000).describe('Length of the window in minutes.');

const windowSchema = z.strictObject({
  limitId: z.string().min(1).max(64),
  limitName: z.string().max(128).nullable(),
  durationMinutes: durationSchema,
  usedPercent: percentSchema,
  resetsAt: timeSchema.nullable(),
  source: probeSourceSchema,
  observedAt: timeSchema,
});

const windowsSchema = z.object({ rateLimits: z.strictObject({ windows: z.array(windowSchema).max(LIST_MAX) }) });

const historySchema = z.object({
  rateLimitHistory: z
    .array(
      z.strictObject({
        at: timeSchema.min(1),
        source: probeSourceSchema,
        windows: z
          .array(
            z.strictObject({
              limitId: z.string().max(64),
              durationMinutes: durationSchema,
              usedPercent: percentSchema,
              resetsAtMs: timeSchema.nullable(),
            }),
          )
          .max(LIST_MAX),
      }),
    )
    .max(HISTORY_MAX)
    .describe('Oldest first.'),
});

const limitsSchema = z.object({
  limitStatus: limitStatusSchema,
  limitError: textSchema.nullable(),
  lastLimitProbeAt: timeSchema.nullable().describe('Last completed probe.'),
  lastLimitErrorAt: timeSchema.nullable(),
  probeDiagnostics: z
    .strictObject({
      source: probeSourceSchema,
      model: textSchema.nullable(),
      effort: textSchema.nullable(),
      sessionFile: textSchema.nullable(),
      codexVersion: textSchema.nullable(),
      at: timeSchema,
    })
    .nullable(),
  probeModel: modelSchema.nullable().describe('The model that last worked for an exec probe.'),
});

/** One account as the file has it, flat. Shape: unknown fields pass, see `Extras`. */
export const accountFieldsSchema = z
  .object({
    ...identitySchema.shape,
    ...credentialsSchema.shape,
    ...authSchema.shape,
    ...refreshIntentSchema.shape,
    ...availabilitySchema.shape,
    ...healthSchema.shape,
    ...modelCooldownsSchema.shape,
    ...usageSchema.shape,
    ...windowsSchema.shape,
    ...historySchema.shape,
    ...limitsSchema.shape,
  })
  .refine(
    (fields) =>
      (fields.disabledAt === null) === fields.enabled &&
      (fields.disabledBy === null) === fields.enabled &&
      !(fields.enabled && fields.disableReason !== null),
    {
      path: ['enabled'],
      message: 'a disabled account has disabledAt and disabledBy; an enabled one has neither, and no disableReason',
    },
  )
  .refine(
    (fields) =>
      (fields.needsLoginSince === null) === (fields.authState === 'ok') &&
      (fields.authReason === null) === (fields.authState === 'ok'),
    {
      path: ['authState'],
      message: 'only an account that needs a login has authReason and needsLoginSince, and it has both',
    },
  );

/** The same field by field, for a part that is checked alone. */
export const ACCOUNT_SCHEMAS = {
  identity: identitySchema,
  availability: availabilitySchema,
  auth: authSchema,
  credentials: credentialsSchema,
  refreshIntent: refreshIntentSchema,
  health: healthSchema,
  modelCooldowns: modelCooldownsSchema,
  usage: usageSchema,
  windows: windowsSchema,
  limits: limitsSchema,
  history: historySchema,
};
