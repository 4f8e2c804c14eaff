import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { parseEnv } from '../../../contract/env.ts';
import type { ProbeReport } from '../../../contract/limits.ts';
import { OPERATIONS } from '../../../contract/operations.ts';
import { resolvePaths } from '../../../runtime/paths.ts';
import { startProbeLoop } from '../../../supervisor/loops/probe-loop.ts';
import { composeForTest, type Supervised } from '../../support/composed.ts';
import { PATIENCE } from '../../support/patience.ts';
import { accountOf, HOUR, MINUTE, NOON, outcome } from '../../support/state.ts';

let oma: Supervised;
let usage: ReturnType<typeof vi.fn<() => Promise<ProbeReport>>>;

const COMPLETE: ProbeReport = {
  kind: 'complete',
  source: 'usage-endpoint',
  model: null,
  effort: null,
  codexVersion: null,
  sessionFile: null,
  attempts: [],
  observedAtMs: NOON,
  planType: 'plus',
  windows: [
    { limitId: 'codex', limitName: null, durationMinutes: 300, usedPercent: 40, resetsAtMs: NOON + HOUR },
    { limitId: 'codex', limitName: null, durationMinutes: 10_080, usedPercent: 15, resetsAtMs: NOON + 48 * HOUR },
  ],
};
const FAILED: ProbeReport = {
  kind: 'failed',
  source: 'usage-endpoint',
  model: null,
  effort: null,
  codexVersion: null,
  sessionFile: null,
  attempts: [],
  code: 'RATE_LIMITED',
  message: 'The account is at its limit.',
  retryAtMs: null,
};

beforeEach(async () => {
  usage = vi.fn(() => Promise.resolve(COMPLETE));
  oma = await composeForTest({
    aliases: ['a', 'b', 'c'],
    environment: { probeSources: ['usage-endpoint'], probeBackgroundSources: ['usage-endpoint'] },
    worker: { 'usage.read': () => usage() },
  });
});

afterEach(() => oma.close());

interface FileContent {
  readonly version: number;
  readonly accounts: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly [field: string]: unknown;
}

async function file(): Promise<FileContent> {
  await oma.store.settled();
  return JSON.parse(await readFile(join(oma.directory, 'accounts.json'), 'utf8')) as FileContent;
}

async function account(alias: string): Promise<Readonly<Record<string, unknown>>> {
  const found = Object.values((await file()).accounts).find((entry) => entry['alias'] === alias);
  if (found === undefined) throw new Error(`no ${alias} in the file`);
  return found;
}

async function probe(alias: string): Promise<void> {
  const { probeId } = await oma.call('probe.start', { alias });
  await vi.waitFor(async () => expect((await oma.call('probe.get', { probeId })).finishedAt).not.toBeNull(), PATIENCE);
}

describe('the contracts that hold across all phases', () => {
  it('[D.L6.1] [E.L6.1] the store file has the account and force fields by their names', async () => {
    await oma.request('PUT', '/api/accounts/b/enabled', { enabled: false, reason: 'holiday' });
    await oma.request('POST', '/api/force', { alias: 'a' });
    await probe('a');
    expect(await account('b')).toMatchObject({
      enabled: false,
      disabledAt: NOON,
      disabledBy: 'api',
      disableReason: 'holiday',
    });
    expect(await account('a')).toMatchObject({
      enabled: true,
      limitStatus: 'success',
      limitError: null,
      lastLimitProbeAt: NOON,
      lastLimitErrorAt: null,
      rateLimitHistory: [expect.any(Object)],
    });
    expect(await file()).toMatchObject({
      version: 2,
      forcedAlias: 'a',
      forcedUntil: NOON + 24 * HOUR,
      previousRotationStrategy: 'round-robin',
      forcedBy: 'api',
    });
  });

  it('[D.L6.2] a change of one alias leaves the bytes of the others alone', async () => {
    const before = [await account('a'), await account('c')];
    await oma.request('PUT', '/api/accounts/b/enabled', { enabled: false });
    await oma.request('POST', '/api/force', { alias: 'a' });
    expect([await account('a'), await account('c')]).toEqual(before);
  });

  it('[D.L6.3] [S.1.2] [S.1.3] [D.T.12] the Enabled switch is the only operation that can disable an account', () => {
    const named = Object.entries(OPERATIONS).filter(
      ([name, { params }]) => /disable|enable/.test(name) || 'enabled' in params.shape,
    );
    expect(named.map(([name]) => name)).toEqual(['account.set-enabled']);
  });

  it('[E.L6.3] [S.1.4] force and the Enabled switch are separate: neither operation takes the other’s field', async () => {
    expect(Object.keys(OPERATIONS['force.activate'].params.shape)).toEqual(['alias']);
    expect(Object.keys(OPERATIONS['account.set-enabled'].params.shape)).toEqual(['alias', 'enabled', 'reason']);
    await oma.request('POST', '/api/force', { alias: 'a' });
    await oma.request('PUT', '/api/accounts/b/enabled', { enabled: false });
    expect((await oma.request('GET', '/api/force')).body.forcedAlias).toBe('a');
  });

  it('[C.L7.1] [C.L7.2] [S.3.1] [S.3.2] [S.3.3] limits show the last complete probe; a failed one changes the error only', async () => {
    await probe('a');
    const before = await account('a');
    usage.mockResolvedValue(FAILED);
    oma.clock.now += 2 * MINUTE;
    await probe('a');
    const after = await account('a');
    expect(after).toEqual({
      ...before,
      limitStatus: 'error',
      limitError: 'The account is at its limit.',
      lastLimitErrorAt: NOON + 2 * MINUTE,
    });
    const [view] = (await oma.request('GET', '/api/accounts')).body.accounts;
    expect(view).toMatchObject({
      limitsConfidence: 'error',
      limitError: 'The account is at its limit.',
      rateLimits: { fiveHour: { usedPercent: 40 }, weekly: { usedPercent: 15 } },
    });
    expect((await oma.request('GET', '/api/accounts')).body.accounts[1]).toMatchObject({
      limitsConfidence: 'unknown',
      rateLimits: { fiveHour: null, weekly: null },
    });
  });

  it('[D.L5.5] the schedule probes no disabled account, and no other one twice within its interval', async () => {
    await oma.request('PUT', '/api/accounts/b/enabled', { enabled: false });
    const later: (() => void)[] = [];
    const context = {
      ...oma.context,
      later: (_ms: number, callback: () => void) => (later.push(callback), () => undefined),
    };
    const stop = startProbeLoop({ context, probes: oma.composed.probes, random: () => 0 });
    for (let turn = 0; turn < 5; turn += 1) {
      later.shift()?.();
      await vi.waitFor(() => expect(later).toHaveLength(1), PATIENCE);
      oma.clock.now += MINUTE;
    }
    stop();
    expect(oma.store.read().accounts.map(({ alias, limits }) => [alias, limits.history.length])).toEqual([
      ['a', 1],
      ['b', 0],
      ['c', 1],
    ]);
  });

  it('a probe of a disabled account is refused, and opening a page probes nothing', async () => {
    await oma.request('PUT', '/api/accounts/b/enabled', { enabled: false });
    expect(await oma.request('POST', '/api/probe', { alias: 'b' })).toMatchObject({
      status: 409,
      body: { code: 'ACCOUNT_DISABLED' },
    });
    for (const path of ['/api/accounts', '/api/status', '/api/settings', '/api/force']) await oma.request('GET', path);
    expect(usage).not.toHaveBeenCalled();
  });

  it('[B.L5.1] [B.T.11] OPENCODE_MULTI_AUTH_CODEX_AUTH_FILE moves codex’s login file', () => {
    const facts = { home: '/home/somebody', uid: 1_000, platform: 'linux' as const };
    expect(resolvePaths(parseEnv({}), facts).codexAuthFile).toBe('/home/somebody/.codex/auth.json');
    expect(
      resolvePaths(parseEnv({ OPENCODE_MULTI_AUTH_CODEX_AUTH_FILE: '/elsewhere/auth.json' }), facts).codexAuthFile,
    ).toBe('/elsewhere/auth.json');
  });

  it('[B.L5.2] a login at the custom path is imported, with its seat', async () => {
    const claims = {
      exp: (NOON + HOUR) / 1_000,
      'https://api.openai.com/auth': {
        chatgpt_account_id: 'ws-x',
        chatgpt_user_id: 'user-x',
        chatgpt_plan_type: 'pro',
      },
      email: 'x@example.test',
    };
    const jwt = `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;
    const path = oma.context.addresses.codexAuthFile;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(
      path,
      JSON.stringify({
        auth_mode: 'chatgpt',
        tokens: { access_token: jwt, id_token: jwt, refresh_token: 'rt-x', account_id: 'ws-x' },
        last_refresh: new Date(NOON).toISOString(),
      }),
    );
    expect(await oma.call('account.import', { source: 'codex' })).toMatchObject({
      imported: [{ alias: 'x', email: 'x@example.test', planType: 'pro' }],
    });
    expect(accountOf(oma.store.read(), 'x').seat).toEqual({ accountId: 'ws-x', userId: 'user-x' });
  });
});

describe('the connector comes first', () => {
  it('[S.4.1] leases go round without a failure while probes, logins and everything else around them fail', async () => {
    usage.mockResolvedValue(FAILED);
    await oma.request('PUT', '/api/settings', { antigravityEnabled: true });
    await writeFile(oma.context.addresses.antigravityFile, '{');
    const around = [
      () => oma.request('POST', '/api/probe', {}),
      () => oma.request('GET', '/api/antigravity'),
      () => oma.request('POST', '/api/accounts/a/reauth', {}),
      () => oma.request('PUT', '/api/settings', { lowThreshold: 'none' }),
    ];
    const failures: number[] = [];
    const served: string[] = [];
    for (let turn = 0; turn < 300; turn += 1) {
      const beside = around[turn % around.length]?.();
      const { alias, leaseId } = await oma.call('lease.acquire', { ...ANY_LEASE, requestId: `r${String(turn)}` });
      served.push(alias);
      await oma.call('lease.report', { leaseId, outcome: outcome('success') });
      failures.push((await beside)?.status ?? 0);
    }
    expect(served).toEqual(Array.from({ length: 300 }, (_, turn) => ['a', 'b', 'c'][turn % 3]));
    expect(failures.filter((status) => status >= 400).length).toBeGreaterThanOrEqual(150);
  });
});

const ANY_LEASE = { sessionId: null, rootSessionId: null, model: null, attempt: 1, exclude: [] };
