import { readFileSync } from 'node:fs';

import { describe, expect, it, vi } from 'vitest';

import { bothWindows } from '../../cli/simulator/seat.ts';
import type { ProbeRunView } from '../../contract/probe.ts';
import { type OmaSandbox, useOma } from '../support/oma.ts';
import { PATIENCE } from '../support/patience.ts';
import { codexBinary } from '../support/real-codex.ts';
import { requestsArrived, type Simulator, useSimulator } from '../support/simulator.ts';

const SEATS = ['a', 'b'].map((alias) => ({
  alias,
  email: `${alias}@example.test`,
  accountId: `ws-${alias}`,
  userId: `user-${alias}`,
  windows: bothWindows({ fiveHour: 20, weekly: 10 }),
}));

async function probing(): Promise<{ readonly simulator: Simulator; readonly oma: OmaSandbox }> {
  const simulator = await useSimulator({ seats: SEATS });
  const env = { OPENCODE_MULTI_AUTH_CODEX_BIN: codexBinary(), OPENCODE_MULTI_AUTH_PROBE_MODELS: 'gpt-5.5' };
  const oma = await useOma({ simulator, plugin: false, env });
  const { code, stderr } = await oma.oma('settings', 'set', 'probeSources', 'codex-exec');
  expect([code, stderr]).toEqual([0, '']);
  return { simulator, oma };
}

/** What the store file says about the limits of an account, without what a failed probe may change. */
async function figures({ oma }: { readonly oma: OmaSandbox }, alias: string): Promise<string> {
  const { ok } = await oma.json<{ ok: boolean }>('store', 'check');
  expect(ok).toBe(true);
  const { store } = await oma.status();
  const stored = JSON.parse(readFileSync(store.file, 'utf8')) as { accounts: unknown };
  const account = Object.values(stored.accounts as Record<string, Record<string, unknown>>).find(
    (entry) => entry['alias'] === alias,
  );
  return JSON.stringify([
    account?.['windows'] ?? account?.['rateLimits'],
    account?.['rateLimitHistory'],
    account?.['lastLimitProbeAt'],
  ]);
}

describe('limits, by the real codex through the whole of oma', () => {
  it('[A.L2.4] [C.L2.6] [C.L4.4] [C.L5.4] [H.T.17] a completed probe updates limits and history, with model, time and source', async () => {
    const { simulator, oma } = await probing();
    simulator.control.setUsedPercent('a', { durationMinutes: 300, usedPercent: 37 });
    simulator.control.setUsedPercent('a', { durationMinutes: 10_080, usedPercent: 12 });
    const run = await oma.json<ProbeRunView>('probe', 'a');
    expect(run.items).toMatchObject([{ alias: 'a', state: 'success', source: 'codex-exec' }]);
    const account = (await oma.accounts()).find(({ alias }) => alias === 'a');
    expect(account).toMatchObject({
      limitsConfidence: 'fresh',
      limitStatus: 'success',
      limitError: null,
      rateLimitHistoryLength: 1,
    });
    expect(account?.probe).toMatchObject({
      source: 'codex-exec',
      model: 'gpt-5.5',
      effort: 'low',
      codexVersion: '0.169.0',
      sessionFile: expect.stringMatching(/^rollout-/),
    });
    expect(account?.rateLimits.fiveHour?.usedPercent).toBeGreaterThanOrEqual(37);
    expect(account?.rateLimits.weekly?.usedPercent).toBeGreaterThanOrEqual(12);
  });

  it('[C.L2.1] [C.L6.1] [C.L6.2] [H.T.17] [H.T.23] [H.T.40] failing probes of every kind leave the stored figures byte-identical', async () => {
    const { simulator, oma } = await probing();
    const { items: first } = await oma.json<ProbeRunView>('probe', 'a');
    expect(first).toMatchObject([{ state: 'success' }]);
    const before = await figures({ oma }, 'a');
    expect(before).toContain('usedPercent');
    for (const kind of [
      'usage-limit',
      'usage-limit-stale-headers',
      'token-invalidated',
      'workspace-deactivated',
      'forbidden',
      'effort-unsupported',
      'model-unsupported',
      'server-error',
      'cut-mid-stream',
      'json-error-200',
      'response-failed',
    ] as const) {
      simulator.control.pushFault({ kind, alias: 'a', endpoint: 'responses', times: null });
      const { items } = await oma.json<ProbeRunView>('probe', 'a');
      expect([kind, items[0]?.state]).toEqual([kind, 'error']);
      expect([kind, await figures({ oma }, 'a')]).toEqual([kind, before]);
      simulator.control.clearFaults();
    }
    const account = (await oma.accounts()).find(({ alias }) => alias === 'a');
    expect(account).toMatchObject({
      limitsConfidence: 'error',
      limitStatus: 'error',
      limitError: expect.any(String),
      lastLimitErrorAt: expect.any(String),
    });
  });

  it('[C.L2.4] a supervisor killed in the middle of a probe leaves the figures as they were, and no codex behind', async () => {
    const { simulator, oma } = await probing();
    const { items: first } = await oma.json<ProbeRunView>('probe', 'a');
    expect(first).toMatchObject([{ state: 'success' }]);
    const before = await figures({ oma }, 'a');
    simulator.control.pushFault({ kind: 'stall-mid-stream', alias: 'a', endpoint: 'responses', times: null });
    const asked = simulator.control.requests({ endpoint: 'responses' }).length;
    const probe = oma.oma('probe', 'a');
    await requestsArrived(simulator, { endpoint: 'responses' }, asked + 1);
    await oma.killSupervisor('SIGKILL');
    await probe;
    await vi.waitFor(
      () => expect(simulator.control.requests({ endpoint: 'responses' }).at(-1)?.ending).toBe('client-closed'),
      PATIENCE,
    );
    simulator.control.clearFaults();
    await oma.start();
    expect(await figures({ oma }, 'a')).toBe(before);
    expect((await oma.accounts()).find(({ alias }) => alias === 'a')?.limitStatus).not.toBe('running');
  });
});
