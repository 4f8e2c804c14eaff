import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { decisionSchema } from '../../../contract/decision.ts';
import { composeForTest, type Supervised } from '../../support/composed.ts';
import { NOON, outcome } from '../../support/state.ts';

let oma: Supervised;

beforeEach(async () => {
  oma = await composeForTest({ aliases: ['a', 'b', 'c'] });
});

afterEach(() => oma.close());

function lease(requestId: string, sessionId: string | null = null): ReturnType<Supervised['call']> {
  return oma.call('lease.acquire', {
    requestId,
    sessionId,
    rootSessionId: null,
    model: 'gpt-5.5',
    attempt: 1,
    exclude: [],
  });
}

describe('the decision log', () => {
  it('[S.8.1] [H.T.36] notes request, strategy, choice, fallback, force and enabled state of every choice', async () => {
    await oma.request('PUT', '/api/accounts/b/enabled', { enabled: false });
    await lease('r1');
    oma.composed.decisions.flush();
    const logged = oma.logged
      .map((line) => JSON.parse(line) as { decision?: unknown })
      .flatMap(({ decision }) => (decision === undefined ? [] : [decision]));
    expect(logged).toEqual([
      {
        requestId: 'r1',
        at: new Date(NOON).toISOString(),
        strategy: 'round-robin',
        selectedAlias: 'a',
        how: 'strategy',
        fallbackReason: null,
        forceState: { active: false, alias: null, until: null, ended: null },
        enabledState: { enabled: 2, disabled: 1 },
        sessionId: null,
        model: 'gpt-5.5',
        attempt: 1,
        candidates: [
          { alias: 'a', verdict: 'selected', until: null },
          { alias: 'b', verdict: 'disabled', until: null },
          { alias: 'c', verdict: 'eligible', until: null },
        ],
      },
    ]);
    expect(decisionSchema.parse(logged[0])).toEqual(logged[0]);
  });

  it('shows the same object in the log, in the API and to who asks why', async () => {
    const { leaseId } = await lease('r1', 's');
    await oma.call('lease.report', { leaseId, outcome: outcome('rate-limited') });
    await lease('r2', 's');
    oma.composed.decisions.flush();
    const api = (await oma.request('GET', '/api/decisions?requestId=r2')).body.decisions;
    const logged = oma.logged
      .map((line) => JSON.parse(line) as { decision?: { requestId: string } })
      .find(({ decision }) => decision?.requestId === 'r2')?.decision;
    expect(api).toEqual([logged]);
    expect(api[0]).toMatchObject({
      selectedAlias: 'b',
      fallbackReason: 'bound-account-ineligible',
      candidates: [
        { alias: 'a', verdict: 'cooldown', until: expect.any(String) },
        { verdict: 'selected' },
        { verdict: 'eligible' },
      ],
    });
  });

  it('logs a flood only as far as the log can follow, and says how many it left out', async () => {
    for (let number = 0; number < 520; number += 1) await lease(`r${String(number)}`);
    oma.composed.decisions.flush();
    const lines = oma.logged.map((line) => JSON.parse(line) as { decision?: unknown; skipped?: number });
    const logged = lines.filter(({ decision }) => decision !== undefined).length;
    const skipped = lines.reduce((sum, line) => sum + (line.skipped ?? 0), 0);
    expect(logged + skipped).toBe(520);
    expect(logged).toBeGreaterThanOrEqual(500);
  });

  it('explains the next choice without making it', async () => {
    const before = oma.store.read();
    expect(await oma.call('decision.explain', {})).toMatchObject({ selectedAlias: 'a', how: 'strategy' });
    expect(oma.store.read()).toBe(before);
    expect((await lease('r1')).alias).toBe('a');
  });

  it('notes a choice of nobody, with every account and its blocker', async () => {
    for (const alias of ['a', 'b', 'c']) {
      const { leaseId } = await lease('r');
      await oma.call('lease.report', { leaseId, outcome: outcome('rate-limited', { retryAtMs: NOON + 3_600_000 }) });
      expect(alias).toBeTypeOf('string');
    }
    await expect(lease('dry')).rejects.toMatchObject({
      code: 'NO_ELIGIBLE_ACCOUNTS',
      details: { earliestRecovery: new Date(NOON + 3_600_000).toISOString(), earliestAlias: 'a' },
    });
    const [decision] = (await oma.request('GET', '/api/decisions?limit=1')).body.decisions;
    expect(decision).toMatchObject({
      requestId: 'dry',
      selectedAlias: null,
      how: 'none',
      fallbackReason: 'none-eligible',
    });
    expect(decision.candidates.map(({ verdict }: { verdict: string }) => verdict)).toEqual([
      'cooldown',
      'cooldown',
      'cooldown',
    ]);
  });

  it('keeps the newest five hundred', async () => {
    for (let turn = 0; turn < 510; turn += 1) await lease(`r${String(turn)}`);
    const { decisions } = (await oma.request('GET', '/api/decisions?limit=500')).body;
    expect([decisions.length, decisions[0].requestId, decisions[499].requestId]).toEqual([500, 'r509', 'r10']);
  });
});
