import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { expireForce } from '../../../supervisor/operations/force.ts';
import { composeForTest, type Supervised } from '../../support/composed.ts';
import { PATIENCE } from '../../support/patience.ts';
import { HOUR, NOON, outcome } from '../../support/state.ts';

let oma: Supervised;

beforeEach(async () => {
  oma = await composeForTest({ aliases: ['a', 'b', 'c'] });
});

afterEach(() => oma.close());

function force(alias: unknown): ReturnType<Supervised['request']> {
  return oma.request('POST', '/api/force', { alias });
}

async function lease(sessionId: string | null = null): Promise<{ alias: string; leaseId: string }> {
  return oma.call('lease.acquire', {
    requestId: 'r',
    sessionId,
    rootSessionId: null,
    model: null,
    attempt: 1,
    exclude: [],
  });
}

const OFF = {
  active: false,
  forcedAlias: null,
  forcedUntil: null,
  forcedBy: null,
  remainingMs: null,
  previousRotationStrategy: null,
  rotationStrategy: 'round-robin',
};

describe('the force API', () => {
  it('[E.L3.1] [E.T.10] GET shows that nothing is forced', async () => {
    expect(await oma.request('GET', '/api/force')).toMatchObject({ status: 200, body: OFF });
  });

  it('[E.L3.2] [E.L3.4] [E.L3.5] [E.T.11] [S.4.4] POST forces an account for 24 hours', async () => {
    const active = {
      active: true,
      forcedAlias: 'b',
      forcedUntil: new Date(NOON + 24 * HOUR).toISOString(),
      forcedBy: 'api',
      remainingMs: 24 * HOUR,
      previousRotationStrategy: 'round-robin',
    };
    expect(await force('b')).toMatchObject({ status: 200, body: active });
    oma.clock.now += HOUR;
    expect((await oma.request('GET', '/api/force')).body).toMatchObject({ ...active, remainingMs: 23 * HOUR });
  });

  it('[E.L3.6] [E.L3.7] [E.T.12] clear ends it and answers with the strategy in force', async () => {
    await force('b');
    expect(await oma.request('POST', '/api/force/clear', {})).toMatchObject({ status: 200, body: OFF });
  });

  it('[E.L3.3] [E.L3.8] answers typed errors: unknown, disabled, not active, wrong parameters', async () => {
    expect(await force('nobody')).toMatchObject({ status: 404, body: { code: 'ACCOUNT_NOT_FOUND' } });
    await oma.request('PUT', '/api/accounts/b/enabled', { enabled: false });
    expect(await force('b')).toMatchObject({ status: 409, body: { code: 'ACCOUNT_DISABLED' } });
    expect(await oma.request('POST', '/api/force/clear', {})).toMatchObject({
      status: 409,
      body: { code: 'FORCE_NOT_ACTIVE' },
    });
    expect(await force(7)).toMatchObject({ status: 400, body: { code: 'INVALID_PARAMS' } });
  });

  it('[E.L1.1] [E.L1.5] [S.5.4] survives a restart', async () => {
    await force('b');
    const before = oma.store.read().force;
    oma = await oma.restart();
    expect(oma.store.read().force).toEqual(before);
    expect((await lease()).alias).toBe('b');
  });

  it('[E.L5.1] [E.L5.3] serves every request from the forced account, also those of sessions bound elsewhere', async () => {
    const bound = await lease('s');
    expect(bound.alias).toBe('a');
    await force('c');
    const served = [await lease('s'), await lease(), await lease('t'), await lease()].map(({ alias }) => alias);
    expect(served).toEqual(['c', 'c', 'c', 'c']);
  });

  it('[E.L5.2] returns to the strategy of before when it is cleared', async () => {
    await oma.request('PUT', '/api/settings', {
      rotationStrategy: 'weighted-round-robin',
      accountWeights: { a: 1, b: 0.5, c: 0.5 },
    });
    expect((await force('c')).body).toMatchObject({ previousRotationStrategy: 'weighted-round-robin' });
    await lease();
    expect((await oma.request('POST', '/api/force/clear', {})).body.rotationStrategy).toBe('weighted-round-robin');
    const served: string[] = [];
    for (let turn = 0; turn < 8; turn += 1) served.push((await lease()).alias);
    expect(served.toSorted()).toEqual(['a', 'a', 'a', 'a', 'b', 'b', 'c', 'c']);
  });

  it('[E.L5.2] goes round all accounts again when it is cleared', async () => {
    await force('c');
    await lease();
    await oma.request('POST', '/api/force/clear', {});
    expect([(await lease()).alias, (await lease()).alias, (await lease()).alias].toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('[E.T.5] [S.1.4] disabling the forced account ends the force and says why', async () => {
    await force('b');
    await oma.request('PUT', '/api/accounts/b/enabled', { enabled: false });
    expect((await oma.request('GET', '/api/force')).body).toMatchObject(OFF);
    expect(oma.events).toContainEqual(
      expect.objectContaining({ type: 'force-ended', alias: 'b', because: 'disabled' }),
    );
  });

  it('forcing does not touch any Enabled switch', async () => {
    const before = oma.store.read().accounts;
    await force('b');
    expect(oma.store.read().accounts).toEqual(before);
  });

  it('[E.L7.4] goes its whole way: activated, used, expired without a request, and rotation goes on', async () => {
    await force('b');
    expect((await lease()).alias).toBe('b');
    oma.clock.now += 24 * HOUR;
    expect((await oma.request('GET', '/api/force')).body).toMatchObject(OFF);
    await expireForce(oma.composed.force);
    expect(oma.store.read().force).toBeNull();
    expect(oma.events).toContainEqual(expect.objectContaining({ type: 'force-ended', alias: 'b', because: 'expired' }));
    expect([(await lease()).alias, (await lease()).alias, (await lease()).alias].toSorted()).toEqual(['a', 'b', 'c']);
  });

  it.each<readonly [string, string, () => Promise<unknown>]>([
    [
      'its account is cooled down',
      'ineligible',
      async () => {
        const { leaseId } = await lease();
        return oma.call('lease.report', { leaseId, outcome: outcome('rate-limited', { status: 429 }) });
      },
    ],
    [
      'its account is reserved for something else',
      'ineligible',
      () => oma.request('PUT', '/api/settings', { antigravityEnabled: true, antigravityReserved: ['b'] }),
    ],
    ['its account is disabled', 'disabled', () => oma.request('PUT', '/api/accounts/b/enabled', { enabled: false })],
    ['its account is removed', 'removed', () => oma.request('DELETE', '/api/accounts/b')],
    ['somebody clears it', 'cleared', () => oma.request('POST', '/api/force/clear', {})],
    ['another account is forced', 'replaced', () => force('c')],
  ])(
    '[E.L2.2] ends at once, without a request, when %s; log, event and the next decision say "%s"',
    async (_, because, lose) => {
      await force('b');
      await lease();
      await lose();
      await vi.waitFor(
        () => expect(oma.events).toContainEqual(expect.objectContaining({ type: 'force-ended' })),
        PATIENCE,
      );
      expect(oma.store.read().force?.forcedAlias).not.toBe('b');
      await lease();
      await lease();
      const { decisions } = (await oma.request('GET', '/api/decisions?limit=2')).body;
      expect(decisions.map((decision: { forceState: { ended: unknown } }) => decision.forceState.ended)).toEqual([
        null,
        because,
      ]);
      const ends = oma.events.filter(({ type }) => type === 'force-ended');
      expect(ends).toEqual([expect.objectContaining({ alias: 'b', because })]);
      expect(oma.logged.filter((line) => line.includes('force ended'))).toEqual([
        expect.stringContaining(`"because":"${because}"`),
      ]);
    },
  );

  it('[E.L5.4] [E.L6.2] every decision says how the force stood', async () => {
    await lease();
    await force('b');
    await lease();
    const { decisions } = (await oma.request('GET', '/api/decisions')).body;
    expect(decisions.map((decision: { forceState: unknown }) => decision.forceState)).toEqual([
      { active: true, alias: 'b', until: new Date(NOON + 24 * HOUR).toISOString(), ended: null },
      { active: false, alias: null, until: null, ended: null },
    ]);
  });
});
