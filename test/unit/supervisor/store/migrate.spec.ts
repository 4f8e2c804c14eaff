import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Migrated, upstreamFormatOf } from '../../../../supervisor/store/migrate.ts';
import { createEncoder } from '../../../../supervisor/store/schema.ts';
import { migrated } from '../../../support/migrated.ts';
import { accountOf, HOUR, MINUTE, NOON } from '../../../support/state.ts';
import { accountV1, accountV2, seatToken, storeArray, storeV1, storeV2 } from '../../../support/upstream-store.ts';

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
