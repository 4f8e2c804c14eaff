import type * as z from 'zod';

import type { Account } from '../core/state.ts';
import { ACCOUNT_SCHEMAS, type accountFieldsSchema, type Fields } from './account-schema.ts';

/** A part of an account: whether two accounts have the very same, the fields it becomes, and what these must be. */
export interface AccountPart {
  readonly isSame: (a: Account, b: Account) => boolean;
  readonly fields: (account: Account) => Fields;
  readonly schema: z.ZodType;
}

/** All parts, in the order of the file. Why: a part that is the very same as one already checked need not be checked again. */
export const ACCOUNT_PARTS: readonly AccountPart[] = [
  {
    isSame: (a, b) =>
      a.seat === b.seat &&
      a.alias === b.alias &&
      a.email === b.email &&
      a.planType === b.planType &&
      a.addedAt === b.addedAt &&
      a.source === b.source,
    fields: ({ alias, seat, email, planType, addedAt, source }) => ({
      alias,
      accountId: seat.accountId,
      userId: seat.userId,
      email,
      planType,
      addedAt,
      source,
    }),
    schema: ACCOUNT_SCHEMAS.identity,
  },
  {
    isSame: (a, b) => a.availability === b.availability,
    fields: ({ availability: is }) =>
      is.enabled
        ? { enabled: true, disabledAt: null, disabledBy: null, disableReason: null }
        : { enabled: false, disabledAt: is.disabledAt, disabledBy: is.disabledBy, disableReason: is.disableReason },
    schema: ACCOUNT_SCHEMAS.availability,
  },
  {
    isSame: (a, b) => a.auth === b.auth,
    fields: ({ auth }) =>
      auth.state === 'ok'
        ? { authState: 'ok', authReason: null, needsLoginSince: null }
        : { authState: auth.state, authReason: auth.reason, needsLoginSince: auth.since },
    schema: ACCOUNT_SCHEMAS.auth,
  },
  {
    isSame: (a, b) => a.credentials === b.credentials,
    fields: ({ credentials }) => ({ credentials }),
    schema: ACCOUNT_SCHEMAS.credentials,
  },
  {
    isSame: (a, b) => a.refreshIntent === b.refreshIntent,
    fields: ({ refreshIntent }) => ({ refreshIntent }),
    schema: ACCOUNT_SCHEMAS.refreshIntent,
  },
  { isSame: (a, b) => a.health === b.health, fields: ({ health }) => ({ health }), schema: ACCOUNT_SCHEMAS.health },
  {
    isSame: (a, b) => a.modelCooldowns === b.modelCooldowns,
    fields: ({ modelCooldowns }) => ({ modelCooldowns }),
    schema: ACCOUNT_SCHEMAS.modelCooldowns,
  },
  {
    isSame: (a, b) => a.usage === b.usage,
    fields: ({ usage }) => ({ usageCount: usage.count, lastUsedAt: usage.lastUsedAt }),
    schema: ACCOUNT_SCHEMAS.usage,
  },
  {
    isSame: (a, b) => a.limits.windows === b.limits.windows,
    fields: ({ limits }) => ({ rateLimits: { windows: limits.windows } }),
    schema: ACCOUNT_SCHEMAS.windows,
  },
  {
    isSame: (a, b) => a.limits === b.limits,
    fields: ({ limits: is }) => ({
      limitStatus: is.status,
      limitError: is.error,
      lastLimitProbeAt: is.lastProbeAt,
      lastLimitErrorAt: is.lastErrorAt,
      probeDiagnostics: is.diagnostics,
      probeModel: is.probeModel,
    }),
    schema: ACCOUNT_SCHEMAS.limits,
  },
  {
    isSame: (a, b) => a.limits.history === b.limits.history,
    fields: ({ limits }) => ({ rateLimitHistory: limits.history }),
    schema: ACCOUNT_SCHEMAS.history,
  },
];

/** Turns an account into the flat fields of the file. */
export function accountToFields(account: Account): Fields {
  return Object.fromEntries(ACCOUNT_PARTS.flatMap((part) => Object.entries(part.fields(account))));
}

/** Turns checked fields into an account. */
export function accountFromFields(is: z.output<typeof accountFieldsSchema>): Account {
  return {
    alias: is.alias,
    seat: { accountId: is.accountId, userId: is.userId },
    email: is.email,
    planType: is.planType,
    addedAt: is.addedAt,
    source: is.source,
    credentials: is.credentials,
    auth:
      is.authReason !== null && is.needsLoginSince !== null
        ? { state: 'needs-login', reason: is.authReason, since: is.needsLoginSince }
        : { state: 'ok' },
    refreshIntent: is.refreshIntent,
    availability:
      is.disabledAt !== null && is.disabledBy !== null
        ? { enabled: false, disabledAt: is.disabledAt, disabledBy: is.disabledBy, disableReason: is.disableReason }
        : { enabled: true },
    health: is.health,
    modelCooldowns: is.modelCooldowns,
    usage: { count: is.usageCount, lastUsedAt: is.lastUsedAt },
    limits: {
      windows: is.rateLimits.windows,
      history: is.rateLimitHistory,
      status: is.limitStatus,
      error: is.limitError,
      lastProbeAt: is.lastLimitProbeAt,
      lastErrorAt: is.lastLimitErrorAt,
      diagnostics: is.probeDiagnostics,
      probeModel: is.probeModel,
    },
  };
}
