import { readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { plainSeat } from '../../../cli/simulator/seat.ts';
import { type Simulator, startSimulator } from '../../../cli/simulator/server.ts';
import { look, refresh, SEATS } from '../../support/durable-operations.ts';
import { type HurtOma, hurtOma } from '../../support/hurt-oma.ts';
import { PATIENCE } from '../../support/patience.ts';
import { requestsArrived } from '../../support/simulator.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How long the machine sleeps; children are asked for a sign of life every 15 s, so 20 is the whole test. */
const SLEEP_MS = Number(process.env['OMA_SLEEP_SECONDS'] ?? 1) * 1_000;

let simulator: Simulator;
let oma: HurtOma;

beforeAll(async () => {
  simulator = await startSimulator({ seats: SEATS.map((alias, index) => ({ ...plainSeat(index + 1), alias })) });
  oma = await hurtOma(simulator);
  await oma.start();
  await oma.client['account.import']({ source: 'file', path: await oma.importFile(...SEATS), dryRun: false });
});
afterEach(async () => {
  simulator.control.clearFaults();
  await oma.order({ spoil: null, clockOffsetMs: 0 });
});
afterAll(async () => {
  expect(oma.stderr()).toBe('');
  await oma.end();
  await simulator.close();
});

const leaseOf = (...aliases: readonly string[]) =>
  oma.client['lease.acquire']({
    ...{ requestId: 'r', sessionId: null, rootSessionId: null, model: null, attempt: 1 },
    exclude: SEATS.filter((alias) => !aliases.includes(alias)),
  });
const lease = () => leaseOf(...SEATS);
const storeStatus = async () => (await oma.client['status.get']({})).store;
const refreshes = () => simulator.control.requests({ endpoint: 'token' }).length;

describe('[B.L2.6] a disk that refuses', () => {
  it.each([
    ['a full disk', 'ENOSPC', '^write accounts.json.oma-tmp'],
    ['no permission', 'EACCES', '^open accounts.json.oma-tmp'],
    ['a read-only directory', 'EROFS', '^open accounts.json.oma-tmp'],
    ['a failing device, at the file', 'EIO', '^fsync accounts.json.oma-tmp'],
    ['a failing device, at the rename', 'EIO', '^rename accounts.json.oma-tmp'],
    ['a failing device, at the directory', 'EIO', '^fsync opencode-multi-auth'],
  ])('%s: the change is refused as a whole, requests go on, and it works again by itself', async (_, errno, calls) => {
    await oma.client['store.check']({});
    const tokens = await oma.tokens();
    const before = await look(oma, tokens);
    await oma.order({ spoil: { calls, errno } });
    for (const change of [
      () => oma.client['account.set-enabled']({ alias: 'a', enabled: false }),
      () => oma.client['force.activate']({ alias: 'b' }),
      () => oma.client['settings.update']({ criticalThreshold: 1, lowThreshold: 2 }),
    ])
      await expect(change()).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    expect(await look(oma, tokens)).toEqual(before);
    expect((await lease()).alias).toMatch(/^[abc]$/);
    const { writeError } = await storeStatus();
    expect([writeError?.includes(errno), writeError?.includes(oma.home)]).toEqual([true, false]);

    await oma.order({ spoil: null });
    await oma.client['force.activate']({ alias: 'b' });
    expect((await storeStatus()).writeError).toBeNull();
    await oma.client['force.clear']({});
    const names = await readdir(`${oma.home}/config/opencode-multi-auth`);
    expect(names.filter((name) => name.endsWith('-tmp'))).toEqual([]);
  });

  it('spends no refresh token when the intent cannot be written', async () => {
    const before = refreshes();
    await oma.order({ spoil: { calls: '^open accounts.json.oma-tmp', errno: 'ENOSPC' } });
    await expect(refresh(oma, 'c')).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    expect(refreshes()).toBe(before);
    await oma.order({ spoil: null });
    expect(await refresh(oma, 'c')).toBe((await oma.tokens()).get('c'));
  });

  it('hands out no token that is not on disk, and stores it when it can', async () => {
    const before = refreshes();
    const old = (await oma.tokens()).get('c');
    simulator.control.pushFault({ kind: 'slow', endpoint: 'token', delayMs: 500 });
    const refused = refresh(oma, 'c');
    refused.catch(() => undefined);
    await requestsArrived(simulator, { endpoint: 'token' }, before + 1);
    await oma.order({ spoil: { calls: '^open accounts.json.oma-tmp', errno: 'ENOSPC' } });
    await expect(refused).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    await oma.order({ spoil: null });
    await vi.waitFor(async () => expect((await oma.tokens()).get('c')).not.toBe(old), PATIENCE);
    const { accessToken } = await leaseOf('c');
    expect([accessToken === (await oma.tokens()).get('c'), refreshes() - before]).toEqual([true, 1]);
  });
});

describe('a clock that jumps', () => {
  it('forward and back: the force ends with its day, every account serves, and no login is spent on it', async () => {
    await oma.client['force.activate']({ alias: 'b' });
    const before = refreshes();
    await oma.order({ clockOffsetMs: 400 * DAY_MS });
    expect([(await lease()).alias, (await lease()).alias, (await lease()).alias].sort()).toEqual([...SEATS]);
    expect((await oma.client['force.get']({})).active).toBe(false);
    await Promise.all(Array.from({ length: 30 }, lease));
    expect(refreshes() - before).toBeLessThanOrEqual(SEATS.length);

    await oma.order({ clockOffsetMs: 0 });
    expect((await lease()).alias).toMatch(/^[abc]$/);
    await oma.order({ clockOffsetMs: -2 * DAY_MS });
    await oma.client['force.activate']({ alias: 'b' });
    expect((await lease()).alias).toBe('b');
    await oma.order({ clockOffsetMs: -3 * DAY_MS });
    await lease();
    expect((await oma.client['force.get']({})).remainingMs).toBeLessThanOrEqual(DAY_MS);
    expect((await oma.client['store.check']({})).problems).toEqual([]);
    await oma.client['force.clear']({});
  });
});

describe('a machine that was asleep', () => {
  /** The helpers, once all are ready, and the ids of the whole family. */
  const family = async () => {
    const { children } = await vi.waitFor(async () => {
      const status = await oma.client['status.get']({});
      expect(status.children).toMatchObject([{ state: 'ready' }, { state: 'ready' }]);
      return status;
    }, PATIENCE);
    return { children, pids: [oma.pid, ...children.flatMap(({ pid }) => pid ?? [])] };
  };

  it('goes on where it was: what was asked meanwhile is answered, and the children are the same', async () => {
    const { children, pids } = await family();
    expect(pids).toHaveLength(3);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const asked = [lease(), refresh(oma, 'a')];
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    await expect(Promise.all(asked)).resolves.toHaveLength(2);
    await oma.order({ clockOffsetMs: 8 * HOUR_MS });
    expect((await lease()).alias).toMatch(/^[abc]$/);
    expect((await oma.client['status.get']({})).children).toEqual(children);
  });

  it(`for ${String(SLEEP_MS / 1_000)} s takes nobody's silence for death, loses no answer, and every account serves`, async () => {
    const { children, pids } = await family();
    simulator.control.pushFault({ kind: 'slow', endpoint: 'token', delayMs: 500 });
    const before = refreshes();
    // Who asked is awake all the time, and may have given up.
    const asked = refresh(oma, 'a').catch(() => null);
    await requestsArrived(simulator, { endpoint: 'token' }, before + 1);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await sleep(SLEEP_MS);
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    await asked;
    expect([refreshes() - before, (await oma.client['status.get']({})).openRefreshes]).toEqual([1, []]);
    await Promise.all(SEATS.map((alias) => refresh(oma, alias)));
    expect([(await lease()).alias, (await lease()).alias, (await lease()).alias].sort()).toEqual([...SEATS]);
    expect((await oma.client['status.get']({})).children).toEqual(children);
  });
});

describe('a supervisor that starts on a store', () => {
  const aliases = async () => (await oma.client['account.list']({})).accounts.map(({ alias }) => alias);
  const beside = async () => readdir(dirname(oma.storeFile));

  it('[B.L2.7] that is damaged restores the last good one, and keeps the damaged one', async () => {
    await oma.client['store.check']({});
    await oma.kill();
    await truncate(oma.storeFile, 100);
    await oma.start();
    expect((await storeStatus()).recovered).not.toBeNull();
    expect(await aliases()).toEqual(SEATS);
    expect((await beside()).filter((name) => name.includes('.damaged-'))).toHaveLength(1);
  });

  it('[B.L2.8] that is empty, and was never anything else, begins a new one', async () => {
    await oma.kill();
    await Promise.all((await beside()).map((name) => rm(join(dirname(oma.storeFile), name))));
    await writeFile(oma.storeFile, '', { mode: 0o600 });
    await oma.start();
    expect(await aliases()).toEqual([]);
    expect((await oma.client['store.check']({})).problems).toEqual([]);
    await oma.client['account.import']({ source: 'file', path: await oma.importFile(...SEATS), dryRun: false });
    expect(await aliases()).toEqual(SEATS);
  });
});
