import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DEFAULT_SETTINGS } from '../../../contract/settings.ts';
import { composeForTest, type Supervised } from '../../support/composed.ts';

let oma: Supervised;

beforeEach(async () => {
  oma = await composeForTest({ aliases: ['a', 'b', 'c'], environment: { probeEffort: 'medium' } });
});

afterEach(() => oma.close());

function put(values: unknown): ReturnType<Supervised['request']> {
  return oma.request('PUT', '/api/settings', values);
}

async function lease(): Promise<string> {
  const { alias } = await oma.call('lease.acquire', {
    requestId: 'r',
    sessionId: null,
    rootSessionId: null,
    model: null,
    attempt: 1,
    exclude: [],
  });
  return alias;
}

/** Asks for so many leases at the same instant. */
function leases(count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, () => lease()));
}

function countsOf(aliases: readonly string[]): Record<string, number> {
  return Object.fromEntries(['a', 'b', 'c'].map((alias) => [alias, aliases.filter((one) => one === alias).length]));
}

/** Those of an adapter outside the core are not shown before it is on. */
const CORE_SETTINGS = Object.fromEntries(
  Object.entries(DEFAULT_SETTINGS).filter(([name]) => !name.startsWith('antigravity')),
);

describe('the settings API', () => {
  it('[F.L5.1] GET shows every setting with its origin and what is locked', async () => {
    const { status, body } = await oma.request('GET', '/api/settings');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      settings: { ...CORE_SETTINGS, probeEffort: 'medium' },
      locked: ['probeEffort'],
      preset: 'balanced',
      revision: 0,
    });
    expect(body.origins).toMatchObject({ probeEffort: 'environment', rotationStrategy: 'default' });
  });

  it('[F.L5.2] [F.L5.3] PUT changes all fields or none', async () => {
    expect(await put({ criticalThreshold: 12, lowThreshold: 44, rotationStrategy: 'least-used' })).toMatchObject({
      status: 200,
      body: { settings: { criticalThreshold: 12, lowThreshold: 44, rotationStrategy: 'least-used' }, revision: 1 },
    });
    expect(await put({ criticalThreshold: 50, sessionAffinity: false })).toMatchObject({ status: 400 });
    expect((await oma.request('GET', '/api/settings')).body).toMatchObject({
      settings: { criticalThreshold: 12, sessionAffinity: true },
      revision: 1,
    });
  });

  it.each([
    ['criticalThreshold', { criticalThreshold: 101 }, 'INVALID_PARAMS'],
    ['lowThreshold', { lowThreshold: -1 }, 'INVALID_PARAMS'],
    ['accountWeights.a', { accountWeights: { a: 2 } }, 'INVALID_PARAMS'],
    ['criticalThreshold', { criticalThreshold: 40 }, 'INVALID_SETTINGS'],
    ['accountWeights', { accountWeights: { nobody: 0.5 } }, 'INVALID_SETTINGS'],
    ['antigravityReserved', { antigravityReserved: ['nobody'] }, 'INVALID_SETTINGS'],
    ['colour', { colour: 'red' }, 'INVALID_PARAMS'],
    ['__proto__', '{"accountWeights":{"__proto__":0.5}}', 'INVALID_PARAMS'],
    ['__proto__', '{"__proto__":{"lowThreshold":50}}', 'INVALID_PARAMS'],
  ])('[F.L2.5] [F.L2.6] [F.L2.7] refuses a wrong %s, naming field and constraint', async (field, values, code) => {
    await put({ accountWeights: { a: 0.5 } });
    const before = oma.store.read().settings;
    const { status, body } = await put(values);
    expect([status, body.code]).toEqual([400, code]);
    expect(oma.store.read().settings).toBe(before);
    expect(body.details.problems[0]).toEqual({ field, constraint: expect.any(String), message: expect.any(String) });
  });

  it('answers 409 for a field that the environment holds', async () => {
    expect(await put({ probeEffort: 'high' })).toMatchObject({
      status: 409,
      body: { code: 'SETTING_LOCKED', details: { fields: ['probeEffort'] } },
    });
  });

  it('[F.L1.1] [F.L1.5] survives a restart', async () => {
    await put({ lowThreshold: 55, accountWeights: { a: 0.5 } });
    oma = await oma.restart();
    expect((await oma.request('GET', '/api/settings')).body).toMatchObject({
      settings: { lowThreshold: 55, accountWeights: { a: 0.5 } },
      revision: 1,
    });
  });

  it('[F.L5.4] [F.L5.5] reset restores the defaults and forgets what was stored', async () => {
    await put({ lowThreshold: 55 });
    expect(await oma.request('POST', '/api/settings/reset', {})).toMatchObject({
      status: 200,
      body: { settings: { lowThreshold: 30 } },
    });
    expect(oma.store.read().settings.values).toEqual({});
  });

  it('[F.L4.4] a preset sets its thresholds, an unknown one is refused', async () => {
    expect(await oma.request('POST', '/api/settings/preset', { preset: 'aggressive' })).toMatchObject({
      status: 200,
      body: { settings: { criticalThreshold: 20, lowThreshold: 40 }, preset: 'aggressive' },
    });
    expect(await oma.request('POST', '/api/settings/preset', { preset: 'reckless' })).toMatchObject({
      status: 400,
      body: { code: 'INVALID_PARAMS' },
    });
  });

  it('[F.L5.6] notes every change in the audit log: who, what, before and after', async () => {
    await put({ lowThreshold: 55 });
    const { entries } = (await oma.request('GET', '/api/audit')).body;
    expect(entries[0]).toMatchObject({
      actor: 'api',
      action: 'settings.update',
      detail: { before: {}, after: { lowThreshold: 55 } },
    });
    expect(oma.logged.some((line) => line.includes('"action":"settings.update"'))).toBe(true);
  });

  it('[F.L3.7] [F.L3.6] rotates evenly until weights are chosen, then by weight, within one of 1,000', async () => {
    expect(countsOf(await leases(300))).toEqual({ a: 100, b: 100, c: 100 });
    await put({ rotationStrategy: 'weighted-round-robin', accountWeights: { a: 1, b: 0.5, c: 0.25 } });
    const counts = countsOf(await leases(1_000));
    for (const [alias, weight] of Object.entries({ a: 1, b: 0.5, c: 0.25 }))
      expect(Math.abs((counts[alias] ?? 0) - (1_000 * weight) / 1.75)).toBeLessThanOrEqual(1);
  });

  it('[F.L8.3] takes effect in the middle of 1,000 leases at once: none fails, each has the old strategy or the new', async () => {
    const weighted = { rotationStrategy: 'weighted-round-robin', accountWeights: { a: 1, b: 0.5, c: 0.5 } };
    const first = leases(500);
    const changed = put(weighted);
    const second = leases(500);
    expect(await changed).toMatchObject({ status: 200 });
    expect([...(await first), ...(await second)].filter((alias) => ['a', 'b', 'c'].includes(alias))).toHaveLength(
      1_000,
    );
    expect(oma.store.read().accounts.reduce((sum, { usage }) => sum + usage.count, 0)).toBe(1_000);
    const { decisions } = (await oma.request('GET', '/api/decisions?limit=500')).body;
    const strategies = new Set(decisions.map(({ strategy }: { strategy: string }) => strategy));
    expect([...strategies].filter((name) => name !== 'round-robin' && name !== 'weighted-round-robin')).toEqual([]);
    expect(countsOf(await leases(400))).toEqual({ a: 200, b: 100, c: 100 });
  });

  it('[G.L1.2] [G.L1.3] [G.L1.4] [G.T.1] antigravity can be switched on here and stays on, or by the environment and is locked', async () => {
    expect(await put({ antigravityEnabled: true })).toMatchObject({
      status: 200,
      body: { settings: { antigravityEnabled: true } },
    });
    oma = await oma.restart();
    expect((await oma.request('GET', '/api/settings')).body.settings.antigravityEnabled).toBe(true);
    const locked = await composeForTest({ environment: { antigravityEnabled: true } });
    expect((await locked.request('GET', '/api/settings')).body).toMatchObject({
      settings: { antigravityEnabled: true },
      locked: ['antigravityEnabled'],
    });
    await locked.close();
  });
});
