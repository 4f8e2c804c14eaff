import { afterEach, describe, expect, it, vi } from 'vitest';

import type { ProbeReport, ProbeSource } from '../../../contract/limits.ts';
import { composeForTest, type ComposeTestOptions, type Supervised } from '../../support/composed.ts';
import { accountOf, HOUR, NOON, withAccount } from '../../support/state.ts';

let oma: Supervised;
afterEach(() => oma.close());

const WINDOW = { limitId: 'codex', limitName: null, durationMinutes: 300, usedPercent: 12, resetsAtMs: NOON + HOUR };

function told(source: ProbeSource): Omit<Extract<ProbeReport, { kind: 'complete' }>, 'kind' | 'windows'> {
  const base = { source, model: null, effort: null, codexVersion: null, sessionFile: null, attempts: [] };
  return { ...base, observedAtMs: NOON, planType: 'plus' };
}

function complete(source: ProbeSource): ProbeReport {
  return { kind: 'complete', ...told(source), windows: [WINDOW] };
}

function failed(source: ProbeSource, code: 'RATE_LIMITED' | 'UNAUTHORIZED'): ProbeReport {
  const attempt = { source, model: null, effort: null, code, message: `${source} failed` };
  return { kind: 'failed', ...told(source), attempts: [attempt], code, message: `${source} failed`, retryAtMs: null };
}

async function supervisorWith(options: ComposeTestOptions): Promise<void> {
  oma = await composeForTest({ aliases: ['a', 'b'], ...options });
}

/** Runs end within milliseconds here, and some tests make many. */
const PATIENCE = { interval: 2, timeout: 60_000 } as const;

/** Starts a probe run and waits for its end. */
async function probe(params: object = {}): Promise<{ items: Record<string, unknown>[] }> {
  const { probeId } = (await oma.request('POST', '/api/probe', params)).body;
  return vi.waitFor(async () => {
    const { body } = await oma.request('GET', `/api/probe/${String(probeId)}`);
    expect(body.finishedAt).not.toBeNull();
    return body;
  }, PATIENCE);
}

describe('probes that the supervisor asks for', () => {
  it('runs two of twenty at the same instant, each once, and every account has its figure in the end', async () => {
    const asked: string[] = [];
    let under = 0;
    let most = 0;
    await supervisorWith({
      aliases: Array.from({ length: 20 }, (_, index) => `account-${String(index)}`),
      probeRunner: {
        'probe.run': async ({ probeId, source }) => {
          asked.push(probeId);
          most = Math.max(most, (under += 1));
          await new Promise((resolve) => setImmediate(resolve));
          under -= 1;
          return complete(source);
        },
      },
    });
    const { items } = await probe();
    expect(items.map(({ state }) => state)).toEqual(Array.from({ length: 20 }, () => 'success'));
    expect([asked.length, new Set(asked).size, most]).toEqual([20, 20, 2]);
    const { accounts } = (await oma.request('GET', '/api/accounts')).body;
    for (const account of accounts) expect(account).toMatchObject({ rateLimits: { fiveHour: { usedPercent: 12 } } });
  });

  it('does not ask about an account that was disabled or removed while it waited, and changes nothing of it', async () => {
    const asked: string[] = [];
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    await supervisorWith({
      aliases: ['a', 'b', 'c', 'd'],
      probeRunner: {
        'probe.run': async ({ probeId, source }) => {
          asked.push(probeId.split('.')[1] ?? '');
          await gate;
          return complete(source);
        },
      },
    });
    const run = probe();
    await vi.waitFor(() => expect(asked).toEqual(['a', 'b']), PATIENCE);
    await oma.request('PUT', '/api/accounts/c/enabled', { enabled: false });
    await oma.request('DELETE', '/api/accounts/d');
    const { limits } = accountOf(oma.store.read(), 'c');
    release();
    const { items } = await run;
    expect(asked).toEqual(['a', 'b']);
    expect(items.map(({ alias, state }) => [alias, state])).toEqual([
      ['a', 'success'],
      ['b', 'success'],
      ['c', 'error'],
      ['d', 'error'],
    ]);
    expect(accountOf(oma.store.read(), 'c').limits).toEqual(limits);
  });

  it('asks the next source when one fails, says why each failed, and names the source of the figures', async () => {
    await supervisorWith({
      probeRunner: { 'probe.run': ({ source }) => Promise.resolve(failed(source, 'RATE_LIMITED')) },
      worker: { 'usage.read': () => Promise.resolve(complete('usage-endpoint')) },
    });
    const { items } = await probe({ alias: 'a' });
    expect(items).toMatchObject([
      {
        alias: 'a',
        state: 'success',
        source: 'usage-endpoint',
        attempts: [
          { source: 'codex-exec', code: 'RATE_LIMITED', message: 'codex-exec failed' },
          { source: 'codex-app-server', code: 'RATE_LIMITED' },
        ],
      },
    ]);
    const [account] = (await oma.request('GET', '/api/accounts')).body.accounts;
    expect(account).toMatchObject({ limitStatus: 'success', probe: { source: 'usage-endpoint' } });
  });

  it('a login that cannot be renewed fails the probe by its right name and source, and keeps the figures', async () => {
    await supervisorWith({
      probeRunner: { 'probe.run': ({ source }) => Promise.resolve(complete(source)) },
      worker: {
        'token.refresh': () =>
          Promise.resolve({ status: 'rejected', code: 'refresh_token_reused', message: 'It was spent.' }),
      },
    });
    await probe({ alias: 'a' });
    const before = accountOf(oma.store.read(), 'a').limits;
    const { credentials } = accountOf(oma.store.read(), 'a');
    await oma.store.transact(
      'test',
      (state) => [withAccount(state, 'a', { credentials: { ...credentials, expiresAt: NOON } }), undefined],
      'before-reply',
    );
    expect((await probe({ alias: 'a' })).items).toMatchObject([
      { state: 'error', source: 'codex-exec', attempts: [{ source: 'codex-exec', code: 'UNAUTHORIZED' }] },
    ]);
    expect(accountOf(oma.store.read(), 'a').limits).toEqual({
      ...before,
      status: 'error',
      error: expect.stringContaining('oma reauth a'),
      lastErrorAt: NOON,
    });
  });

  it('asks no model if none may be asked, and says so where only a model could tell', async () => {
    const asked: ProbeSource[] = [];
    const run = ({ source }: { readonly source: ProbeSource }): Promise<ProbeReport> => {
      asked.push(source);
      return Promise.resolve(complete(source));
    };
    await supervisorWith({ probeRunner: { 'probe.run': run } });
    expect((await probe({ alias: 'a', withoutModel: true })).items).toMatchObject([
      { state: 'success', source: 'codex-app-server' },
    ]);
    expect(asked).toEqual(['codex-app-server']);
    await oma.request('PUT', '/api/settings', { probeSources: ['codex-exec'] });
    expect(await oma.request('POST', '/api/probe', { alias: 'a', withoutModel: true })).toMatchObject({
      body: { code: 'INVALID_SETTINGS', message: expect.stringContaining('oma probe') },
    });
    expect(asked).toHaveLength(1);
  });

  it('a probe without data says so in its own words, not in those of an earlier failure', async () => {
    let report = failed('codex-exec', 'RATE_LIMITED');
    await supervisorWith({ probeRunner: { 'probe.run': () => Promise.resolve(report) } });
    await oma.request('PUT', '/api/settings', { probeSources: ['codex-exec'] });
    expect((await probe({ alias: 'a' })).items).toMatchObject([{ state: 'error', message: 'codex-exec failed' }]);
    report = { kind: 'no_data', ...told('codex-exec'), message: 'Nothing about the main meter.' };
    expect((await probe({ alias: 'a' })).items).toMatchObject([
      { state: 'no_data', message: 'Nothing about the main meter.' },
    ]);
  });

  it('[C.L2.8] [C.L6.3] keeps the last 100 figures, and failures in quick succession take none away', async () => {
    let report: (source: ProbeSource) => ProbeReport = () => failed('codex-exec', 'RATE_LIMITED');
    await supervisorWith({ probeRunner: { 'probe.run': ({ source }) => Promise.resolve(report(source)) } });
    await oma.request('PUT', '/api/settings', { probeSources: ['codex-exec'] });
    const history = async () => (await oma.request('GET', '/api/accounts/a/history')).body.entries;
    for (let turn = 0; turn < 105; turn += 1) {
      oma.clock.now = NOON + turn;
      report = (source) => ({
        ...complete(source),
        observedAtMs: NOON + turn,
        windows: [{ ...WINDOW, usedPercent: turn / 2 }],
      });
      await probe({ alias: 'a' });
    }
    const before = await history();
    const percents = before.map(({ windows }: { windows: { usedPercent: number }[] }) => windows[0]?.usedPercent);
    expect(percents).toEqual(Array.from({ length: 100 }, (_, index) => (index + 5) / 2));
    report = (source) => failed(source, 'RATE_LIMITED');
    for (let turn = 0; turn < 20; turn += 1) await probe({ alias: 'a' });
    expect(await history()).toEqual(before);
    expect(accountOf(oma.store.read(), 'a').limits).toMatchObject({ status: 'error', windows: [{ usedPercent: 52 }] });
  });

  it('refuses a second probe of an account that is being probed', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    await supervisorWith({ probeRunner: { 'probe.run': ({ source }) => gate.then(() => complete(source)) } });
    const run = probe({ alias: 'a' });
    expect(await oma.request('POST', '/api/probe', { alias: 'a' })).toMatchObject({
      status: 409,
      body: { code: 'OPERATION_IN_PROGRESS' },
    });
    release();
    expect((await run).items).toMatchObject([{ state: 'success' }]);
  });
});
