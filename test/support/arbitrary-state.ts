import fc from 'fast-check';

import type { HistoryEntry } from '../../contract/limits.ts';
import { aliasSchema, secretSchema } from '../../contract/scalars.ts';
import type { PartialSettings, Strategy } from '../../contract/settings.ts';
import type { Account, Binding, State, Window } from '../../supervisor/core/state.ts';

const SOURCES = ['codex-exec', 'codex-app-server', 'usage-endpoint'] as const;
const STRATEGIES: readonly Strategy[] = ['round-robin', 'least-used', 'random', 'weighted-round-robin'];

const time = fc.integer({ min: 1, max: 4_102_444_800_000 });
const timeOrNull = fc.option(time);
const text = fc.string({ unit: 'binary', maxLength: 40 });
const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const count = fc.nat();
const percent = fc.double({ min: 0, max: 100, noNaN: true }).map((value) => (value === 0 ? 0 : value));
const secret = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).map((value) => secretSchema.parse(value));
const alias = fc
  .stringMatching(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,12}$/)
  .filter((name) => aliasSchema.safeParse(name).success);

const window: fc.Arbitrary<Window> = fc.record({
  limitId: id,
  limitName: fc.option(text),
  durationMinutes: fc.constantFrom(300, 10_080, 43_200, 15.5),
  usedPercent: percent,
  resetsAt: timeOrNull,
  source: fc.constantFrom(...SOURCES),
  observedAt: time,
});

const historyEntry: fc.Arbitrary<HistoryEntry> = fc.record({
  at: time,
  source: fc.constantFrom(...SOURCES),
  windows: fc.array(
    fc.record({
      limitId: id,
      durationMinutes: fc.constantFrom(300, 10_080),
      usedPercent: percent,
      resetsAtMs: timeOrNull,
    }),
    { maxLength: 2 },
  ),
});

const account = (name: string, index: number): fc.Arbitrary<Account> =>
  fc.record({
    alias: fc.constant(name),
    seat: fc.record({ accountId: fc.constantFrom('ws-1', 'ws-2'), userId: fc.constant(`user-${String(index)}`) }),
    email: fc.option(text),
    planType: fc.option(text),
    addedAt: time,
    source: fc.constantFrom('login', 'import-codex', 'import-opencode', 'import-upstream', 'import-file', 'demo'),
    credentials: fc.record({
      accessToken: secret,
      refreshToken: secret,
      idToken: fc.option(secret),
      expiresAt: time,
      lastRefreshAt: time,
    }),
    auth: fc.oneof(
      fc.constant({ state: 'ok' } as const),
      fc.record({ state: fc.constant('needs-login' as const), reason: text, since: time }),
    ),
    refreshIntent: fc.option(fc.record({ fingerprint: id, sentAt: time, unanswered: fc.boolean() })),
    availability: fc.oneof(
      fc.constant({ enabled: true } as const),
      fc.record({
        enabled: fc.constant(false as const),
        disabledAt: time,
        disabledBy: id,
        disableReason: fc.option(text),
      }),
    ),
    health: fc.oneof(
      fc.constant({ status: 'healthy', until: null, reason: null, cooldownMs: 0, successes: 0 } as const),
      fc.record({
        status: fc.constantFrom('cooldown' as const, 'probation' as const),
        until: time,
        reason: fc.constantFrom('rate-limited' as const, null),
        cooldownMs: count,
        successes: fc.nat(2),
      }),
    ),
    modelCooldowns: fc.uniqueArray(fc.record({ model: id, until: time, cooldownMs: count }), {
      maxLength: 3,
      selector: ({ model }) => model,
    }),
    usage: fc.record({ count, lastUsedAt: timeOrNull }),
    limits: fc.record({
      windows: fc.array(window, { maxLength: 3 }),
      history: fc.array(historyEntry, { maxLength: 4 }),
      status: fc.constantFrom('idle', 'queued', 'running', 'success', 'no_data', 'error'),
      error: fc.option(text),
      lastProbeAt: timeOrNull,
      lastErrorAt: timeOrNull,
      diagnostics: fc.option(
        fc.record({
          source: fc.constantFrom(...SOURCES),
          model: fc.option(text),
          effort: fc.option(text),
          sessionFile: fc.option(text),
          codexVersion: fc.option(text),
          at: time,
        }),
      ),
      probeModel: fc.option(id),
    }),
  });

const settings: fc.Arbitrary<PartialSettings> = fc.record(
  {
    rotationStrategy: fc.constantFrom(...STRATEGIES),
    sessionAffinity: fc.boolean(),
    criticalThreshold: fc.integer({ min: 0, max: 40 }),
    lowThreshold: fc.integer({ min: 41, max: 100 }),
    accountWeights: fc.dictionary(alias, fc.double({ min: 0.01, max: 1, noNaN: true }), { maxKeys: 3 }),
    probeIntervalMinutes: fc.integer({ min: 1, max: 1_440 }),
    probeModels: fc.array(id, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: [] },
);

/** Any state that the core could make. */
export const anyState: fc.Arbitrary<State> = fc
  .uniqueArray(alias, { maxLength: 4 })
  .chain((names) => fc.tuple(...names.map(account)).chain((accounts) => stateOver(accounts)));

function stateOver(accounts: readonly Account[]): fc.Arbitrary<State> {
  const names = accounts.map(({ alias: name }) => name);
  const forcible = accounts.filter(({ availability }) => availability.enabled).map(({ alias: name }) => name);
  return fc.record({
    accounts: fc.constant(accounts),
    activeAlias: names.length === 0 ? fc.constant(null) : fc.option(fc.constantFrom(...names)),
    rotation: fc.record({
      cursor: fc.integer({ min: -1, max: accounts.length - 1 }),
      credits: fc.array(fc.double({ min: -2, max: 2, noNaN: true }).map(withoutMinusZero), {
        minLength: accounts.length,
        maxLength: accounts.length,
      }),
      seed: fc.nat({ max: 0xffff_ffff }),
    }),
    bindings: names.length === 0 ? fc.constant(new Map<string, Binding>()) : bindingsTo(names),
    force:
      forcible.length === 0
        ? fc.constant(null)
        : fc.option(
            fc.record({
              forcedAlias: fc.constantFrom(...forcible),
              forcedUntil: time,
              previousRotationStrategy: fc.constantFrom(...STRATEGIES),
              forcedBy: id,
            }),
          ),
    forceAnchors: fc.array(fc.tuple(alias, time), { maxLength: 3 }).map((entries) => new Map(entries)),
    settings: fc.record({ values: settings, revision: count, updatedAt: timeOrNull, updatedBy: fc.option(id) }),
  });
}

function bindingsTo(names: readonly string[]): fc.Arbitrary<ReadonlyMap<string, Binding>> {
  return fc
    .array(fc.tuple(id, fc.record({ alias: fc.constantFrom(...names), usedAt: time })), { maxLength: 4 })
    .map((entries) => new Map(entries));
}

/** JSON has no -0. */
function withoutMinusZero(value: number): number {
  return value === 0 ? 0 : value;
}
