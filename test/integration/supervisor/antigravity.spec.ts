import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { composeForTest, type Supervised } from '../../support/composed.ts';
import { HOUR, NOON } from '../../support/state.ts';

let oma: Supervised;

beforeEach(async () => {
  oma = await composeForTest({ aliases: ['a', 'b', 'c'] });
});

afterEach(() => oma.close());

const FILE = {
  version: 3,
  activeIndex: 0,
  accounts: [
    {
      email: 'one@example.test',
      refreshToken: 'planted-secret',
      addedAt: 1,
      lastUsed: 2,
      rateLimitResetTimes: { claude: NOON + HOUR, gemini: NOON - HOUR },
    },
    {
      email: 'two@example.test',
      refreshToken: 'planted-secret',
      enabled: false,
      cachedQuota: {
        claude: { remainingFraction: 0.4, resetTime: new Date(NOON + HOUR).toISOString() },
        old: { remainingFraction: 1, resetTime: new Date(NOON - HOUR).toISOString() },
      },
    },
  ],
};

async function enable(values: object = {}): Promise<void> {
  const { status } = await oma.request('PUT', '/api/settings', { antigravityEnabled: true, ...values });
  expect(status).toBe(200);
}

async function rotate(times: number): Promise<string[]> {
  const served: string[] = [];
  for (let turn = 0; turn < times; turn += 1) {
    const { alias } = await oma.call('lease.acquire', {
      requestId: `r${String(turn)}`,
      sessionId: null,
      rootSessionId: null,
      model: null,
      attempt: 1,
      exclude: [],
    });
    served.push(alias);
  }
  return served;
}

describe('antigravity, switched off', () => {
  it('[G.L2.1] [G.L2.2] [G.L2.3] [G.L5.1] [G.L6.2] [G.T.3] does nothing to rotation, even with accounts marked as reserved', async () => {
    await oma.request('PUT', '/api/settings', { antigravityReserved: ['b'] });
    expect(await rotate(6)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('[G.L2.4] leaves the store as it is without the feature', async () => {
    await rotate(3);
    await oma.store.settled();
    const text = await readFile(join(oma.directory, 'accounts.json'), 'utf8');
    expect(text).not.toMatch(/antigravity/i);
  });

  it('[G.L2.5] mentions it in no log line', async () => {
    await rotate(3);
    oma.composed.decisions.flush();
    expect(oma.logged.length).toBeGreaterThan(0);
    expect(oma.logged.join('\n')).not.toMatch(/antigravity/i);
  });

  it('mentions it in no answer about the settings, not even that the environment holds it off', async () => {
    const held = await composeForTest({ environment: { antigravityEnabled: false } });
    for (const supervised of [oma, held])
      expect((await supervised.request('GET', '/api/settings')).text).not.toMatch(/antigravity/i);
    await held.close();
  });

  it('[G.L5.2] reads nothing and answers 403', async () => {
    await writeFile(oma.context.addresses.antigravityFile, JSON.stringify(FILE));
    const { status, body, text } = await oma.request('GET', '/api/antigravity');
    expect([status, body.code]).toEqual([403, 'FEATURE_DISABLED']);
    expect(text).not.toContain('example.test');
  });

  it('[G.L5.3] cannot be switched on without the dashboard token', async () => {
    expect(
      await oma.request('PUT', '/api/settings', { antigravityEnabled: true }, { authorization: '' }),
    ).toMatchObject({ status: 401 });
    expect(oma.context.settings.effective().settings.antigravityEnabled).toBe(false);
  });
});

describe('antigravity, switched on', () => {
  it('[G.L3.1] shows accounts and quotas, unknown where the figure is past its reset, and no token', async () => {
    await writeFile(oma.context.addresses.antigravityFile, JSON.stringify(FILE));
    await enable();
    const { status, body, text } = await oma.request('GET', '/api/antigravity');
    const resetsAt = new Date(NOON + HOUR).toISOString();
    expect([status, body]).toEqual([
      200,
      {
        accounts: [
          { email: 'one@example.test', enabled: true, quotas: [{ model: 'claude', remainingPercent: 0, resetsAt }] },
          {
            email: 'two@example.test',
            enabled: false,
            quotas: [
              { model: 'claude', remainingPercent: 40, resetsAt },
              { model: 'old', remainingPercent: null, resetsAt: null },
            ],
          },
        ],
        reserved: [],
        error: null,
      },
    ]);
    expect(text).not.toContain('planted-secret');
  });

  it.each([
    ['there is no file', null],
    ['the file is not JSON', '{'],
    ['the file is of an unknown version', JSON.stringify({ ...FILE, version: 99 })],
  ])('says so when %s, and changes nothing', async (_what, content) => {
    if (content !== null) await writeFile(oma.context.addresses.antigravityFile, content);
    await enable();
    expect((await oma.request('GET', '/api/antigravity')).body).toEqual({
      accounts: [],
      reserved: [],
      error: expect.any(String),
    });
    if (content !== null) expect(await readFile(oma.context.addresses.antigravityFile, 'utf8')).toBe(content);
  });

  it('[G.L3.3] [G.L3.5] leaves rotation as it is when nothing is reserved', async () => {
    await enable();
    expect(await rotate(6)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('[G.L3.4] leaves out exactly the accounts that are reserved for it', async () => {
    await enable({ antigravityReserved: ['b'] });
    expect(await rotate(4)).toEqual(['a', 'c', 'a', 'c']);
    const account = (await oma.request('GET', '/api/accounts')).body.accounts[1];
    expect(account).toMatchObject({ alias: 'b', eligible: false, blockers: [{ code: 'reserved', until: null }] });
  });

  it('[G.L7.1] [G.L7.2] toggled in the middle of requests, it leaves nothing behind', async () => {
    const pending = rotate(20);
    await enable({ antigravityReserved: ['b'] });
    await oma.request('PUT', '/api/settings', { antigravityEnabled: false });
    expect(await pending).toHaveLength(20);
    expect(new Set(await rotate(3))).toEqual(new Set(['a', 'b', 'c']));
    expect(await oma.request('GET', '/api/antigravity')).toMatchObject({ status: 403 });
  });
});
