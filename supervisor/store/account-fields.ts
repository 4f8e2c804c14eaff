/** A part of an account: the object that holds it (null = always looked at), the fields it becomes, and what these must be. */
export interface AccountPart {
  readonly of: (account: Account) => object | null;
  readonly fields: (account: Account) => Fields;
  readonly schema: z.ZodType;
}

/** All parts, in the order of the file. Why: a part that kept its identity need not be checked again. */
export const ACCOUNT_PARTS: readonly AccountPart[] = [
  {
    of: () => null,
    fields: ({ alias, seat, email, planType, addedAt, source }) => ({
      alias,
      accountId: seat.accountId,
      userId: seat.userId,
      email,
      planType,
      addedAt,
      source,
    }),
    schema: identitySchema,
  },
  {
    of: ({ availability }) => availability,
    fields: ({ availability: is }) =>
      is.enabled
        ? { enabled: true, disabledAt: null, disabledBy: null, disableReason: null }
        : { enabled: false, disabledAt: is.disabledAt, disabledBy: is.disabledBy, disableReason: is.disableReason },
    schema: availabilitySchema,
  },
  {
    of: ({ auth }) => auth,
    fields: ({ auth }) =>
      auth.state === 'ok'
        ? { authState: 'ok', authReason: null, needsLoginSince: null }
        : { authState: auth.state, authReason: auth.reason, needsLoginSince: auth.since },
    schema: authSchema,
  },
  {
    of: ({ credentials }) => credentials,
    fields: ({ credentials: { accessToken, refreshToken, idToken, expiresAt, lastRefreshAt } }) => ({
      accessToken,
      refreshToken,
      idToken,
      expiresAt,
      lastRefreshAt,
    }),
    schema: credentialsSchema,
  },
  {
    of: ({ refreshIntent }) => refreshIntent,
    fields: ({ refreshIntent }) => ({ refreshIntent }),
    schema: refreshIntentSchema,
  },
  { of: ({ health }) => health, fields: ({ health }) => ({ health }), schema: healthSchema },
  {
    of: ({ modelCooldowns }) => modelCooldowns,
    fields: ({ modelCooldowns }) => ({ modelCooldowns }),
    schema: modelCooldownsSchema,
  },
  {
    of: ({ usage }) => usage,
    fields: ({ usage }) => ({ usageCount: usage.count, lastUsedAt: usage.lastUsedAt }),
    schema: usageSchema,
  },
  {
    of: ({ limits }) => limits.windows,
    fields: ({ limits }) => ({ rateLimits: { windows: limits.windows } }),
    schema: windowsSchema,
  },
  {
    of: ({ limits }) => limits,
    fields: ({ limits: is }) => ({
      limitStatus: is.status,
      limitError: is.error,
      lastLimitProbeAt: is.lastProbeAt,
      lastLimitErrorAt: is.lastErrorAt,
      probeDiagnostics: is.diagnostics,
      probeModel: is.probeModel,
    }),
    schema: limitsSchema,
  },
  {
    of: ({ limits }) => limits.history,
    fields: ({ limits }) => ({ rateLimitHistory: limits.history }),
    schema: historySchema,
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
    credentials: {
      accessToken: is.accessToken,
      refreshToken: is.refreshToken,
      idToken: is.idToken,
      expiresAt: is.expiresAt,
      lastRefreshAt: is.lastRefreshAt,
    },
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
