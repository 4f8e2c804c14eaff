import { createCipheriv, randomBytes, scryptSync } from 'node:crypto';

import { HOUR, MINUTE, NOON } from './state.ts';

type Json = Record<string, unknown>;

/** A token that nobody signed. */
export function fakeJwt(claims: Json): string {
  const part = (value: Json): string => Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.unsigned`;
}

/** An access token of a seat. */
export function seatToken(name: string, change: Json = {}): string {
  return fakeJwt({
    exp: (NOON + 5 * HOUR) / 1_000,
    'https://api.openai.com/auth': {
      chatgpt_account_id: `ws-${name}`,
      chatgpt_user_id: `user-${name}`,
      chatgpt_plan_type: 'plus',
      ...change,
    },
    'https://api.openai.com/profile': { email: `${name}@example.test` },
  });
}

/** An account as upstream's first version stored it. */
export function accountV1(name: string, change: Json = {}): Json {
  return {
    alias: name,
    accessToken: seatToken(name),
    refreshToken: `rt_${name}`,
    expiresAt: NOON + 4 * HOUR,
    email: `${name}@example.test`,
    lastUsed: NOON - HOUR,
    usageCount: 3,
    ...change,
  };
}

/** An account of upstream's second version, with every field that oma uses. */
export function accountV2(name: string, change: Json = {}): Json {
  return {
    ...accountV1(name),
    idToken: seatToken(name, { chatgpt_plan_type: 'pro' }),
    accountId: `ws-${name}`,
    planType: 'pro',
    lastRefresh: '2026-11-23T09:00:00.000Z',
    lastSeenAt: NOON - MINUTE,
    rateLimitedUntil: NOON + HOUR,
    modelUnsupportedUntil: NOON + 20 * MINUTE,
    modelUnsupportedModel: 'gpt-5.5',
    enabled: false,
    disabledAt: NOON - 2 * HOUR,
    disabledBy: 'dashboard',
    disableReason: 'resting',
    rateLimits: {
      fiveHour: { limit: 100, remaining: 60, resetAt: NOON + 2 * HOUR, updatedAt: NOON - 10 * MINUTE },
      weekly: { limit: 100, remaining: 12.5, resetAt: NOON + 100 * HOUR, updatedAt: NOON - 20 * MINUTE },
    },
    rateLimitHistory: [
      {
        at: NOON - HOUR,
        fiveHour: { limit: 100, remaining: 70, resetAt: NOON + HOUR },
        weekly: { limit: 100, remaining: 15 },
      },
    ],
    limitStatus: 'error',
    limitError: 'the probe was cut off',
    lastLimitProbeAt: NOON - 10 * MINUTE,
    lastLimitErrorAt: NOON - 5 * MINUTE,
    limitsConfidence: 'fresh',
    tags: ['private'],
    notes: 'the one for weekends',
    source: 'opencode',
    ...change,
  };
}

/** A store of upstream's first version: no version field. */
export function storeV1(
  accounts: Json = { work: accountV1('work'), home: accountV1('home') },
  change: Json = {},
): Json {
  return { accounts, activeAlias: 'work', rotationIndex: 0, lastRotation: NOON - HOUR, ...change };
}

/** A store of upstream's second version. */
export function storeV2(
  accounts: Json = { work: accountV2('work'), home: accountV1('home') },
  change: Json = {},
): Json {
  return {
    version: 2,
    accounts,
    activeAlias: 'home',
    rotationIndex: 1,
    lastRotation: NOON - HOUR,
    forcedAlias: 'home',
    forcedUntil: NOON + 3 * HOUR,
    previousRotationStrategy: 'least-used',
    forcedBy: 'web',
    rotationStrategy: 'round-robin',
    settings: {
      rotationStrategy: 'weighted-round-robin',
      criticalThreshold: 5,
      lowThreshold: 20,
      accountWeights: { work: 0.7, home: 0.3 },
      featureFlags: { antigravityEnabled: true },
      updatedAt: NOON - 50 * HOUR,
      updatedBy: 'web',
    },
    ...change,
  };
}

/** The legacy store: a list without aliases. */
export function storeArray(accounts: readonly Json[]): Json {
  return { version: 2, accounts, activeIndex: 0, rotationIndex: 0, lastRotation: NOON - HOUR };
}

/** An account as the plugin oc-codex-multi-auth stores it. */
export function pooled(name: string, change: Json = {}): Json {
  return {
    accountId: `ws-${name}`,
    accountIdSource: 'token',
    email: `${name}@example.test`,
    refreshToken: `rt_${name}`,
    accessToken: seatToken(name),
    expiresAt: NOON + 4 * HOUR,
    tokenRotatedAt: NOON - HOUR,
    addedAt: NOON - 24 * HOUR,
    lastUsed: NOON - MINUTE,
    ...change,
  };
}

/** A pool of the plugin oc-codex-multi-auth. */
export function pool(accounts: readonly Json[], change: Json = {}): Json {
  return { version: 3, accounts, activeIndex: 0, activeIndexByFamily: { 'gpt-5-codex': 0 }, ...change };
}

/** Encrypts a store the way upstream does. */
export function upstreamEnvelope(store: Json, passphrase: string): Json {
  const salt = randomBytes(16);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', scryptSync(passphrase, salt, 32), iv);
  const data = Buffer.concat([cipher.update(JSON.stringify(store), 'utf8'), cipher.final()]);
  const [salt64, iv64, tag64, data64] = [salt, iv, cipher.getAuthTag(), data].map((bytes) => bytes.toString('base64'));
  return { encrypted: true, version: 2, salt: salt64, iv: iv64, tag: tag64, data: data64 };
}
