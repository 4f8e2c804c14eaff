import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { checkInvariants } from '../../../../supervisor/store/invariants.ts';
import { migrate, type Migrated, upstreamFormatOf } from '../../../../supervisor/store/migrate.ts';
import { createEncoder } from '../../../../supervisor/store/schema.ts';
import { accountOf, HOUR, MINUTE, NOON } from '../../../support/state.ts';
import {
  accountV1,
  accountV2,
  fakeJwt,
  seatToken,
  storeArray,
  storeV1,
  storeV2,
} from '../../../support/upstream-store.ts';

function migrated(raw: unknown, now = NOON): Migrated {
  const result = migrate(raw, now);
  if (result === null) throw new Error('it is no store of upstream');
  expect(checkInvariants(result.state)).toEqual([]);
  return result;
}

function textOf({ state, extras }: Migrated): string {
  return createEncoder(extras)(state);
}

describe('the format of upstream', () => {
  it.each([
    ['a store without version', storeV1(), 'upstream-v1'],
    ['a store of version 1', storeV1({}, { version: 1 }), 'upstream-v1'],
    ['a store of version 2', storeV2(), 'upstream-v2'],
    ['a list of accounts', storeArray([]), 'upstream-array'],
    ['a store of version 3', { version: 3, accounts: {} }, 'newer'],
    ['a store of ours', { format: 'oma', version: 2, accounts: [] }, null],
    ['a store without accounts', { version: 2 }, null],
    ['accounts that are text', { version: 2, accounts: 'work' }, null],
    ['accounts that are null', { version: 2, accounts: null }, null],
    ['a version that is text', { version: '2', accounts: {} }, null],
    ['text', 'accounts', null],
  ])('of %s is told', (_, raw, format) => {
    expect(upstreamFormatOf(raw)).toBe(format);
  });
});

describe('a migration', () => {
  it('[B.L2.2] [H.T.9] gives byte for byte the same store for the same input', () => {
    for (const raw of [storeV1(), storeV2(), storeArray([accountV1('a'), accountV1('b')])]) {
      expect(textOf(migrated(structuredClone(raw)))).toBe(textOf(migrated(raw)));
    }
  });

  it('[S.5.1] turns version 1 into version 2 with the very same result each time', () => {
    const texts = Array.from({ length: 5 }, () => textOf(migrated(storeV1())));
    expect(new Set(texts).size).toBe(1);
    expect(JSON.parse(texts[0] ?? '')).toMatchObject({
      format: 'oma',
      version: 2,
      accounts: [{ alias: 'work' }, { alias: 'home' }],
    });
  });

  it('[B.L2.2] never throws and always gives a sound store, whatever the fields hold', () => {
    const junk = fc.oneof(fc.anything(), fc.double(), fc.constant(null), fc.string());
    const names = [...Object.keys(accountV2('work')), ...Object.keys(storeV2())];
    const account = fc.dictionary(fc.constantFrom(...names), junk).map((odd) => ({ ...accountV2('work'), ...odd }));
    const store = fc
      .tuple(fc.dictionary(fc.string(), account, { maxKeys: 4 }), fc.dictionary(fc.constantFrom(...names), junk))
      .map(([accounts, odd]) => ({ ...storeV2(), ...odd, version: 2, accounts }));
    fc.assert(
      fc.property(store, (raw) => {
        const json: unknown = JSON.parse(
          JSON.stringify(raw, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
        );
        expect(textOf(migrated(json))).toBe(textOf(migrated(json)));
      }),
      { numRuns: 60 },
    );
  });

  it('[B.L2.3] of version 1 keeps alias, tokens, e-mail, uses and cooldown', () => {
    const { state, report } = migrated(storeV1({ work: accountV1('work', { rateLimitedUntil: NOON + HOUR }) }));
    expect(state.accounts).toEqual([
      {
        alias: 'work',
        seat: { accountId: 'ws-work', userId: 'user-work' },
        email: 'work@example.test',
        planType: 'plus',
        addedAt: NOON,
        source: 'import-upstream',
        credentials: {
          accessToken: seatToken('work'),
          refreshToken: 'rt_work',
          idToken: null,
          expiresAt: NOON + 4 * HOUR,
          lastRefreshAt: 0,
        },
        auth: { state: 'ok' },
        refreshIntent: null,
        availability: { enabled: true },
        health: {
          status: 'cooldown',
          until: NOON + HOUR,
          reason: 'rate-limited',
          cooldownMs: 5 * MINUTE,
          successes: 0,
        },
        modelCooldowns: [],
        usage: { count: 3, lastUsedAt: NOON - HOUR },
        limits: {
          windows: [],
          history: [],
          status: 'idle',
          error: null,
          lastProbeAt: null,
          lastErrorAt: null,
          diagnostics: null,
          probeModel: null,
        },
      },
    ]);
    expect(report).toEqual({ from: 'upstream-v1', accounts: 1, renamed: [], skipped: [], needsLogin: [], notes: [] });
  });

  it('[B.L2.3] of version 2 keeps every field that oma uses', () => {
    const { state } = migrated(storeV2());
    const windows = [
      {
        limitId: 'codex',
        limitName: null,
        durationMinutes: 300,
        usedPercent: 40,
        resetsAt: NOON + 2 * HOUR,
        source: 'usage-endpoint',
        observedAt: NOON - 10 * MINUTE,
      },
      {
        limitId: 'codex',
        limitName: null,
        durationMinutes: 10_080,
        usedPercent: 87.5,
        resetsAt: NOON + 100 * HOUR,
        source: 'usage-endpoint',
        observedAt: NOON - 20 * MINUTE,
      },
    ];
    expect(accountOf(state, 'work')).toMatchObject({
      planType: 'pro',
      credentials: { idToken: seatToken('work', { chatgpt_plan_type: 'pro' }), lastRefreshAt: NOON - 3 * HOUR },
      availability: { enabled: false, disabledAt: NOON - 2 * HOUR, disabledBy: 'dashboard', disableReason: 'resting' },
      modelCooldowns: [{ model: 'gpt-5.5', until: NOON + 20 * MINUTE, cooldownMs: HOUR }],
      limits: {
        windows,
        history: [
          {
            at: NOON - HOUR,
            source: 'usage-endpoint',
            windows: [
              { limitId: 'codex', durationMinutes: 300, usedPercent: 30, resetsAtMs: NOON + HOUR },
              { limitId: 'codex', durationMinutes: 10_080, usedPercent: 85, resetsAtMs: null },
            ],
          },
        ],
        status: 'error',
        error: 'the probe was cut off',
        lastProbeAt: NOON - 10 * MINUTE,
        lastErrorAt: NOON - 5 * MINUTE,
      },
    });
    expect(state.force).toEqual({
      forcedAlias: 'home',
      forcedUntil: NOON + 3 * HOUR,
      previousRotationStrategy: 'least-used',
      forcedBy: 'web',
    });
    expect([...state.forceAnchors]).toEqual([['home', NOON - 21 * HOUR]]);
    expect(state.settings).toEqual({
      values: {
        rotationStrategy: 'weighted-round-robin',
        criticalThreshold: 5,
        lowThreshold: 20,
        accountWeights: { work: 0.7, home: 0.3 },
        antigravityEnabled: true,
      },
      revision: 1,
      updatedAt: NOON - 50 * HOUR,
      updatedBy: 'web',
    });
    expect(state.rotation).toEqual({ cursor: 1, credits: [0, 0], seed: 1 });
  });

  it('keeps tags and notes, which their owner wrote, though oma does not use them', () => {
    const account = (JSON.parse(textOf(migrated(storeV2()))) as { accounts: Record<string, unknown>[] }).accounts[0];
    expect(account).toMatchObject({ tags: ['private'], notes: 'the one for weekends' });
  });

  it('of the legacy list names accounts after their e-mail and numbers what is left', () => {
    const accounts = [
      accountV1('a'),
      accountV1('b', { email: 'a@other.test' }),
      accountV1('c', { email: undefined }),
      accountV1('d', { email: '@@' }),
    ];
    const { state, report } = migrated(storeArray(accounts));
    expect(state.accounts.map(({ alias }) => alias)).toEqual(['a', 'a-2', 'account-3', 'account']);
    expect(report.from).toBe('upstream-array');
    expect(state.rotation.cursor).toBe(0);
  });

  it('cuts the history to the 100 newest entries', () => {
    const history = Array.from({ length: 160 }, (_, index) => ({
      at: 1_000 + index,
      weekly: { limit: 100, remaining: 50 },
    })).reverse();
    const { limits } = accountOf(
      migrated(storeV2({ work: accountV2('work', { rateLimitHistory: history }) })).state,
      'work',
    );
    expect([limits.history.length, limits.history[0]?.at, limits.history.at(-1)?.at]).toEqual([100, 1_060, 1_159]);
  });

  it('of an empty store gives an empty store', () => {
    const { state, report } = migrated({ accounts: {} });
    expect([state.accounts, state.settings, report.accounts]).toEqual([
      [],
      { values: {}, revision: 0, updatedAt: null, updatedBy: null },
      0,
    ]);
  });
});

describe('aliases that oma refuses', () => {
  it('are changed as little as possible, and said', () => {
    const names = ['über uns', 'a b', 'a-b', ' lead', '', 'constructor', 'x'.repeat(70), '日本'];
    const { state, report } = migrated(
      storeV1(Object.fromEntries(names.map((name, index) => [name, accountV1(`seat${String(index)}`)]))),
    );
    expect(state.accounts.map(({ alias }) => alias)).toEqual([
      'ber-uns',
      'a-b-2',
      'a-b',
      'lead',
      'account',
      'constructor-2',
      'x'.repeat(64),
      'account-2',
    ]);
    expect(report.renamed).toContainEqual({ from: 'a b', to: 'a-b-2' });
    expect(report.renamed).toHaveLength(7);
  });

  it('keep their force, their weight and their place in rotation', () => {
    const raw = storeV2(
      { 'a b': accountV1('a'), home: accountV1('home') },
      { forcedAlias: 'a b', activeAlias: 'a b', settings: { accountWeights: { 'a b': 0.4 } } },
    );
    const { state } = migrated(raw);
    expect([state.force?.forcedAlias, state.settings.values.accountWeights, state.rotation.cursor]).toEqual([
      'a-b',
      { 'a-b': 0.4 },
      0,
    ]);
  });

  it('called __proto__ are an account like any other', () => {
    const raw: unknown = JSON.parse(`{"accounts":{"__proto__":${JSON.stringify(accountV1('work'))}}}`);
    expect(migrated(raw).state.accounts.map(({ alias }) => alias)).toEqual(['proto__']);
  });
});

describe('accounts that cannot be taken over as they are', () => {
  it('keep everything but need a login when no token says whose they are', () => {
    const { state, report } = migrated(
      storeV2({ work: accountV2('work', { accessToken: 'opaque', idToken: undefined, accountId: 'ws-work' }) }),
    );
    const account = accountOf(state, 'work');
    expect(account.seat).toEqual({
      accountId: 'ws-work',
      userId: expect.stringMatching(/^unknown:[0-9a-f]{16}$/) as string,
    });
    expect(account.auth).toEqual({ state: 'needs-login', reason: 'its tokens do not say whose they are', since: NOON });
    expect([account.usage.count, account.limits.windows.length]).toEqual([3, 2]);
    expect(report.needsLogin).toEqual(['work']);
    expect(report.notes).toContain('"work" needs a login: its tokens do not say whose they are');
  });

  it('use the ids that upstream stored when the tokens are opaque', () => {
    const { state } = migrated(
      storeV2({
        work: accountV2('work', { accessToken: 'opaque', idToken: undefined, accountId: 'ws-1', userId: 'user-1' }),
      }),
    );
    expect(accountOf(state, 'work')).toMatchObject({
      seat: { accountId: 'ws-1', userId: 'user-1' },
      auth: { state: 'ok' },
    });
  });

  it('take the person from the id token when the access token does not name one', () => {
    const accessToken = fakeJwt({ 'https://api.openai.com/auth': { chatgpt_account_id: 'ws-work' } });
    const { state } = migrated(storeV2({ work: accountV2('work', { accessToken }) }));
    expect(accountOf(state, 'work').seat).toEqual({ accountId: 'ws-work', userId: 'user-work' });
  });

  it('need a login when no refresh token was stored', () => {
    const { state, report } = migrated(storeV1({ work: accountV1('work', { refreshToken: undefined }) }));
    expect(accountOf(state, 'work').auth).toEqual({
      state: 'needs-login',
      reason: 'no refresh token was stored',
      since: NOON,
    });
    expect(report.needsLogin).toEqual(['work']);
  });

  it('are renewed before use when only the refresh token was stored', () => {
    const { state } = migrated(
      storeV1({ work: accountV1('work', { accessToken: undefined, accountId: 'ws-1', userId: 'user-1' }) }),
    );
    expect(accountOf(state, 'work')).toMatchObject({
      auth: { state: 'ok' },
      credentials: { refreshToken: 'rt_work', expiresAt: 0 },
    });
  });

  it('are left out, and named, when they hold no login at all', () => {
    const { state, report } = migrated(storeV1({ work: accountV1('work'), gone: { alias: 'gone' }, odd: 7 }));
    expect(state.accounts.map(({ alias }) => alias)).toEqual(['work']);
    expect(report.skipped).toEqual([
      { name: 'gone', because: 'it holds no login' },
      { name: 'odd', because: 'it holds no login' },
    ]);
  });

  it('lose only the fields that are unusable, and each is named', () => {
    const { state, report } = migrated(
      storeV2({ work: accountV2('work', { usageCount: 'many', enabled: 'no', email: 7 }) }),
    );
    expect(accountOf(state, 'work')).toMatchObject({
      usage: { count: 0 },
      availability: { enabled: true },
      email: 'work@example.test',
      planType: 'pro',
    });
    expect(report.notes.slice(0, 3)).toEqual(
      ['email', 'enabled', 'usageCount'].map(
        (field) => `"work": its field "${field}" could not be used and was left out`,
      ),
    );
  });

  it('get one try to renew a login that upstream marked invalid, because it does so without trying', () => {
    const { state, report } = migrated(storeV2({ work: accountV2('work', { authInvalid: true }) }));
    expect(accountOf(state, 'work').auth).toEqual({ state: 'ok' });
    expect(report.notes.join()).toContain('"work" was marked invalid there');
  });
});

describe('two records of one seat', () => {
  const older = accountV1('work', { lastRefresh: '2026-11-20T00:00:00Z', refreshToken: 'rt_older', usageCount: 9 });
  const newer = accountV1('work', { lastRefresh: '2026-11-22T00:00:00Z', refreshToken: 'rt_newer' });

  it('are not merged: the one renewed last is kept whole, the other is named', () => {
    const { state, report } = migrated(storeV1({ first: older, second: newer }));
    expect(state.accounts).toHaveLength(1);
    expect(accountOf(state, 'second')).toMatchObject({
      credentials: { refreshToken: 'rt_newer' },
      usage: { count: 3 },
    });
    expect(report.skipped).toEqual([
      { name: 'first', because: 'it is the same seat as "second", whose login is better' },
    ]);
  });

  it('prefer the login that upstream did not call invalid', () => {
    const { state } = migrated(storeV1({ first: older, second: { ...newer, authInvalid: true } }));
    expect(state.accounts.map(({ alias }) => alias)).toEqual(['first']);
  });

  it('are taken in their order when nothing tells them apart', () => {
    const { state, report } = migrated(storeV1({ first: newer, second: newer }));
    expect(state.accounts.map(({ alias }) => alias)).toEqual(['first']);
    expect(report.skipped).toEqual([
      { name: 'second', because: 'it is the same seat as "first", whose login is as good' },
    ]);
  });

  it('drop a force and a weight on the one that is left out, and say so', () => {
    const { state, report } = migrated(
      storeV2({ first: older, second: newer }, { forcedAlias: 'first', settings: { accountWeights: { first: 0.5 } } }),
    );
    expect([state.force, state.settings.values]).toEqual([null, { rotationStrategy: 'round-robin' }]);
    expect(report.notes).toEqual([
      'the weight of "first" was left out, because there is no such account',
      'the force on "first" was left out, because it is over or its account cannot be forced',
    ]);
  });

  it('do not exist for one e-mail in two workspaces', () => {
    const email = 'me@example.test';
    expect(
      migrated(storeV1({ a: accountV1('a', { email }), b: accountV1('b', { email }) })).state.accounts,
    ).toHaveLength(2);
  });
});

describe('limits of upstream', () => {
  const limitsOf = (change: Record<string, unknown>): Migrated['state']['accounts'][number]['limits'] =>
    accountOf(migrated(storeV2({ work: accountV2('work', change) })).state, 'work').limits;

  it('keep the age they had', () => {
    expect(limitsOf({}).windows.map(({ observedAt }) => NOON - observedAt)).toEqual([10 * MINUTE, 20 * MINUTE]);
  });

  it('are left out when they have no age', () => {
    const raw = storeV2({
      work: accountV2('work', { lastLimitProbeAt: undefined, rateLimits: { weekly: { limit: 100, remaining: 5 } } }),
    });
    const { state, report } = migrated(raw);
    expect(accountOf(state, 'work').limits.windows).toEqual([]);
    expect(report.notes).toContain('"work" its weekly figure has no age and was left out');
  });

  it('are left out when their reset proves that upstream mislabelled them', () => {
    const fiveHour = { limit: 100, remaining: 60, resetAt: NOON + 90 * HOUR, updatedAt: NOON - MINUTE };
    const { state, report } = migrated(
      storeV2({ work: accountV2('work', { rateLimits: { fiveHour }, rateLimitHistory: [{ at: NOON, fiveHour }] }) }),
    );
    expect(accountOf(state, 'work').limits).toMatchObject({ windows: [], history: [] });
    expect(report.notes).toContain('"work" its five-hour figure resets later than such a window can and was left out');
  });

  it('are turned into percent used, also when they were counted', () => {
    const rateLimits = {
      fiveHour: { limit: 40, remaining: 10, updatedAt: NOON },
      weekly: { limit: 100, remaining: 130, updatedAt: NOON },
    };
    expect(limitsOf({ rateLimits }).windows.map(({ usedPercent }) => usedPercent)).toEqual([75, 0]);
  });

  it('that cannot be used are named, and the others kept', () => {
    const { state, report } = migrated(
      storeV2({
        work: accountV2('work', {
          rateLimits: { fiveHour: { remaining: 3 }, weekly: { limit: 100, remaining: 5, updatedAt: NOON } },
        }),
      }),
    );
    expect(accountOf(state, 'work').limits.windows.map(({ durationMinutes }) => durationMinutes)).toEqual([10_080]);
    expect(report.notes).toContain('"work" its limit "fiveHour" could not be used and was left out');
  });

  it.each(['queued', 'running', 'stopped'])('forget that a probe of upstream was %s', (limitStatus) => {
    expect(limitsOf({ limitStatus }).status).toBe('idle');
  });

  it('never count as probed later than the figures were seen', () => {
    expect(limitsOf({ lastLimitProbeAt: NOON + HOUR }).lastProbeAt).toBe(NOON - 10 * MINUTE);
    expect(limitsOf({ lastLimitProbeAt: undefined }).lastProbeAt).toBeNull();
  });

  it('lose what looks like a secret in the error text', () => {
    expect(limitsOf({ limitError: `401 for Bearer abc and rt_0123456789abc and ${seatToken('x')}` }).error).toBe(
      '401 for [removed] and [removed] and [removed]',
    );
  });
});

describe('force, cooldowns and settings of upstream', () => {
  it('that are over are left out', () => {
    const { state, report } = migrated(
      storeV2(
        { work: accountV2('work', { rateLimitedUntil: NOON, modelUnsupportedUntil: NOON }) },
        { forcedAlias: 'work', forcedUntil: NOON },
      ),
    );
    expect([accountOf(state, 'work').health.status, accountOf(state, 'work').modelCooldowns, state.force]).toEqual([
      'healthy',
      [],
      null,
    ]);
    expect(report.notes).toContain(
      'the force on "work" was left out, because it is over or its account cannot be forced',
    );
  });

  it('never force a disabled account', () => {
    expect(migrated(storeV2({ work: accountV2('work') }, { forcedAlias: 'work' })).state.force).toBeNull();
  });

  it('never last longer than ours may', () => {
    const { state } = migrated(
      storeV2(
        { work: accountV1('work', { rateLimitedUntil: NOON + 9_000 * HOUR }) },
        { forcedAlias: 'work', forcedUntil: NOON + 9_000 * HOUR },
      ),
    );
    expect([accountOf(state, 'work').health.until, state.force?.forcedUntil]).toEqual([
      NOON + 35 * 24 * HOUR,
      NOON + 24 * HOUR,
    ]);
  });

  it('call a deactivated workspace by its name', () => {
    const { health } = accountOf(
      migrated(storeV1({ work: accountV1('work', { workspaceDeactivatedUntil: NOON + 30 * MINUTE }) })).state,
      'work',
    );
    expect(health).toEqual({
      status: 'cooldown',
      until: NOON + 30 * MINUTE,
      reason: 'workspace-deactivated',
      cooldownMs: 30 * MINUTE,
      successes: 0,
    });
  });

  it('keep weights within bounds and drop thresholds the wrong way round, and say both', () => {
    const { state, report } = migrated(
      storeV2(undefined, {
        settings: { criticalThreshold: 40, lowThreshold: 20, accountWeights: { work: 0, home: 3 } },
      }),
    );
    expect(state.settings.values).toEqual({ rotationStrategy: 'round-robin', accountWeights: { work: 0.01, home: 1 } });
    expect(report.notes).toEqual([
      'the thresholds were left out, because the critical one was not below the low one',
      'the weight of "work" was 0 and is 0.01 now',
      'the weight of "home" was 3 and is 1 now',
    ]);
  });
});
