import { describe, expect, it } from 'vitest';

import { LOGIN_TIMEOUT_MS } from '../../../contract/worker-operations.ts';
import { requestsArrived, useSimulator } from '../../support/simulator.ts';
import { manualClock, timerWaits, useWorker } from '../../support/worker.ts';

describe('a device login', () => {
  it('needs no port and no browser here: the person types the code anywhere', async () => {
    const { simulator, clock, worker } = await setUp();
    const begun = await worker['login.begin']({ loginId: 'login-1', method: 'device', issuerUrl: simulator.issuerUrl });
    expect(begun).toMatchObject({
      method: 'device',
      url: `${simulator.issuerUrl}/codex/device`,
      userCode: expect.stringMatching(/^\w{4}-\w+$/),
      expiresAtMs: clock.now() + LOGIN_TIMEOUT_MS,
    });
    expect(begun.instructions).toContain(begun.userCode);
    const finished = worker['login.finish']({ loginId: 'login-1' });
    await poll(clock);
    await poll(clock);
    await requestsArrived(simulator, { endpoint: 'device-token' }, 2);
    const page = await fetch(`${begun.url}?user_code=${begun.userCode ?? ''}&sim_user=colleague`);
    expect(page.status).toBe(200);
    await poll(clock);
    expect(await finished).toMatchObject({
      accountId: 'ws-engine-room',
      userId: 'user-grace',
      email: 'grace@example.test',
    });
    expect(simulator.control.requests({ endpoint: 'device-token' }).map(({ status }) => status)).toEqual([
      403, 403, 200,
    ]);
    expect(simulator.control.requests({ endpoint: 'token' })).toMatchObject([
      { grantType: 'authorization_code', status: 200 },
    ]);
  });

  it('ends when the person refuses', async () => {
    const { simulator, clock, worker } = await setUp();
    const { userCode } = await worker['login.begin']({
      loginId: 'login-1',
      method: 'device',
      issuerUrl: simulator.issuerUrl,
    });
    const refused = expect(worker['login.finish']({ loginId: 'login-1' })).rejects.toMatchObject({
      code: 'LOGIN_REFUSED',
    });
    simulator.control.approveDevice(userCode ?? '', null);
    await poll(clock);
    await refused;
  });

  it('ends when the provider lets the code expire earlier than oma would', async () => {
    const { simulator, clock, worker } = await setUp();
    await worker['login.begin']({ loginId: 'login-1', method: 'device', issuerUrl: simulator.issuerUrl });
    const expired = expect(worker['login.finish']({ loginId: 'login-1' })).rejects.toMatchObject({
      code: 'LOGIN_TIMED_OUT',
      message: expect.stringContaining('expired'),
    });
    simulator.control.advanceClock(16 * 60_000);
    await poll(clock);
    await expired;
  });

  it('slows down when the provider asks for it', async () => {
    const { simulator, clock, worker } = await setUp();
    simulator.control.pushFault({ kind: 'rate-limit-bare', endpoint: 'device-token' });
    await worker['login.begin']({ loginId: 'login-1', method: 'device', issuerUrl: simulator.issuerUrl });
    await poll(clock);
    await timerWaits(clock, 10_000);
  });

  it('survives that the provider is away for a while', async () => {
    const { simulator, clock, worker } = await setUp();
    const { userCode } = await worker['login.begin']({
      loginId: 'login-1',
      method: 'device',
      issuerUrl: simulator.issuerUrl,
    });
    const finished = worker['login.finish']({ loginId: 'login-1' });
    await simulator.control.setOffline(true);
    for (let polls = 0; polls < 5; polls += 1) await poll(clock);
    await timerWaits(clock, 5_000);
    await simulator.control.setOffline(false);
    simulator.control.approveDevice(userCode ?? '', 'work');
    await poll(clock);
    expect(await finished).toMatchObject({ userId: 'user-ada' });
  });

  it('says how to log in otherwise where device codes are switched off', async () => {
    const { simulator, worker } = await setUp();
    simulator.control.setSettings({ deviceLogin: false });
    const begun = worker['login.begin']({ loginId: 'login-1', method: 'device', issuerUrl: simulator.issuerUrl });
    await expect(begun).rejects.toMatchObject({
      code: 'UPSTREAM_INVALID_ANSWER',
      message: expect.stringMatching(/Settings > Security.*browser/s),
    });
    await expect(worker['login.finish']({ loginId: 'login-1' })).rejects.toMatchObject({ code: 'LOGIN_NOT_FOUND' });
  });

  it('says that the provider cannot be reached', async () => {
    const { simulator, worker } = await setUp();
    await simulator.control.setOffline(true);
    const begun = worker['login.begin']({ loginId: 'login-1', method: 'device', issuerUrl: simulator.issuerUrl });
    await expect(begun).rejects.toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('asks no more once it is cancelled', async () => {
    const { simulator, clock, worker } = await setUp();
    await worker['login.begin']({ loginId: 'login-1', method: 'device', issuerUrl: simulator.issuerUrl });
    const cancelled = expect(worker['login.finish']({ loginId: 'login-1' })).rejects.toMatchObject({
      code: 'LOGIN_CANCELLED',
    });
    await poll(clock);
    await timerWaits(clock, 5_000);
    await worker['login.cancel']({ loginId: 'login-1' });
    await cancelled;
    clock.advance(LOGIN_TIMEOUT_MS);
    expect(simulator.control.requests({ endpoint: 'device-token' })).toHaveLength(1);
  });

  it('has nothing to paste', async () => {
    const { simulator, worker } = await setUp();
    await worker['login.begin']({ loginId: 'login-1', method: 'device', issuerUrl: simulator.issuerUrl });
    const pasted = worker['login.paste']({ loginId: 'login-1', pasted: 'ac_123456' });
    await expect(pasted).rejects.toMatchObject({
      code: 'INVALID_PARAMS',
      message: expect.stringContaining('device code'),
    });
  });
});

async function setUp() {
  const clock = manualClock(Date.now());
  return { clock, simulator: await useSimulator({ clock: clock.now }), worker: useWorker(clock) };
}

/** Lets the next poll begin, as soon as the worker waits for it. */
async function poll(clock: ReturnType<typeof manualClock>): Promise<void> {
  await timerWaits(clock, 5_000);
  clock.advance(5_000);
}
