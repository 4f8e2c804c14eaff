import { describe, expect, it } from 'vitest';

import { probeReportSchema } from '../../../contract/limits.ts';
import { secretSchema } from '../../../contract/scalars.ts';
import { useSimulator } from '../../support/simulator.ts';
import { everythingOf, useWorker } from '../../support/worker.ts';

describe('usage.read', () => {
  it('reads both windows of an account without spending anything', async () => {
    const { simulator, read } = await setUp();
    const report = await read('work');
    expect(report).toMatchObject({
      kind: 'complete',
      source: 'usage-endpoint',
      planType: 'team',
      windows: [
        { limitId: 'codex', durationMinutes: 300, usedPercent: 12 },
        { limitId: 'codex', durationMinutes: 10_080, usedPercent: 34 },
      ],
    });
    expect(await read('work')).toMatchObject({ windows: [{ usedPercent: 12 }, { usedPercent: 34 }] });
    expect(simulator.control.requests({ endpoint: 'responses' })).toEqual([]);
  });

  it('places the only window of a weekly plan by its length', async () => {
    const { read } = await setUp();
    const report = await read('free');
    expect(report).toMatchObject({ kind: 'complete', windows: [{ durationMinutes: 10_080, usedPercent: 55 }] });
  });

  it('reads the further meters of an account', async () => {
    const { simulator, read } = await setUp();
    const spark = {
      limitId: 'codex_bengalfox',
      limitName: 'GPT-5.3-Codex-Spark',
      slot: 'primary',
      durationMinutes: 300,
      usedPercent: 77,
    } as const;
    simulator.control.setSeat('free', {
      windows: [{ slot: 'primary', durationMinutes: 10_080, usedPercent: 55 }, spark],
    });
    expect(await read('free')).toMatchObject({
      windows: [
        { limitId: 'codex' },
        { limitId: 'codex_bengalfox', limitName: 'GPT-5.3-Codex-Spark', usedPercent: 77 },
      ],
    });
  });

  it('says no_data for an account without windows, never 0 %', async () => {
    const { simulator, read } = await setUp();
    simulator.control.setSeat('free', { windows: [] });
    expect(await read('free')).toMatchObject({ kind: 'no_data' });
  });

  it('works while the account is exhausted', async () => {
    const { simulator, read } = await setUp();
    simulator.control.setUsedPercent('work', { durationMinutes: 300, usedPercent: 100 });
    expect(await read('work')).toMatchObject({
      kind: 'complete',
      windows: [{ usedPercent: 100 }, { usedPercent: 34 }],
    });
  });

  it.each([
    ['token-expired', 'UNAUTHORIZED'],
    ['token-invalidated', 'UNAUTHORIZED'],
    ['workspace-deactivated', 'WORKSPACE_DEACTIVATED'],
    ['payment-required', 'FORBIDDEN'],
    ['forbidden', 'FORBIDDEN'],
    ['account-deactivated', 'FORBIDDEN'],
    ['cloudflare', 'UPSTREAM_ERROR'],
    ['rate-limit-bare', 'RATE_LIMITED'],
    ['server-error', 'UPSTREAM_ERROR'],
    ['bad-gateway', 'UPSTREAM_ERROR'],
    ['html-200', 'UNKNOWN_SHAPE'],
    ['json-error-200', 'UNKNOWN_SHAPE'],
    ['end-early', 'UNKNOWN_SHAPE'],
    ['huge', 'UNKNOWN_SHAPE'],
    ['reset-before-headers', 'UNREACHABLE'],
    ['cut-mid-stream', 'UNREACHABLE'],
  ] as const)('yields a code and no figure when the backend does "%s": %s', async (kind, code) => {
    const { simulator, read } = await setUp();
    simulator.control.pushFault({ kind, endpoint: 'usage' });
    const report = await read('work');
    expect(report).toMatchObject({ kind: 'failed', code, attempts: [{ source: 'usage-endpoint', code }] });
    expect(report).not.toHaveProperty('windows');
    expect(everythingOf(report)).not.toContain('eyJ');
    expect(simulator.control.requests({ endpoint: 'usage' })).toHaveLength(1);
  });

  it('passes on when to try again', async () => {
    const { simulator, read } = await setUp();
    simulator.control.pushFault({ kind: 'usage-limit-no-headers', endpoint: 'usage', resetsInSeconds: 900 });
    const beforeMs = Date.now();
    const report = await read('work');
    if (report.kind !== 'failed') throw new Error(report.kind);
    expect((report.retryAtMs ?? 0) - beforeMs).toBeGreaterThan(899_000);
    expect((report.retryAtMs ?? 0) - beforeMs).toBeLessThan(905_000);
  });

  it('says that the backend cannot be reached', async () => {
    const { simulator, read } = await setUp();
    await simulator.control.setOffline(true);
    expect(await read('work')).toMatchObject({ kind: 'failed', code: 'UNREACHABLE' });
  });

  it('is refused with the workspace of somebody else', async () => {
    const { read } = await setUp();
    expect(await read('work', 'ws-linus-personal')).toMatchObject({ kind: 'failed', code: 'FORBIDDEN' });
  });
});

async function setUp() {
  const simulator = await useSimulator();
  const worker = useWorker();
  const read = async (alias: string, workspace?: string) => {
    const { accessToken, accountId } = simulator.control.credentials(alias);
    const report = await worker['usage.read']({
      baseUrl: simulator.baseUrl,
      accessToken: secretSchema.parse(accessToken),
      accountId: workspace ?? accountId,
    });
    return probeReportSchema.parse(report);
  };
  return { simulator, read };
}
