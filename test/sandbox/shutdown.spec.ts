import { expect, it } from 'vitest';

import { PROTOCOL_VERSION } from '../../contract/handshake.ts';
import { connectOrStart } from '../../runtime/connect.ts';
import { useOma } from '../support/oma.ts';
import { requestsArrived, useSimulator } from '../support/simulator.ts';

/** How long the provider takes over its answer, in milliseconds. */
const ANSWER_MS = 1_500;

it('stops only once the refresh that is on its way is stored, so that stopping loses no login', async () => {
  const simulator = await useSimulator({
    seats: 1,
    settings: { accessTokenTtlSeconds: 60, revokeFamilyOnReuse: true },
  });
  const oma = await useOma({ simulator, plugin: false });
  const { socket } = await oma.status();
  const hello = { protocolVersion: PROTOCOL_VERSION, buildId: 'test', version: '0.0.0', pid: 1, kind: 'test' } as const;
  const session = () =>
    connectOrStart({ socketPath: socket, hello: { ...hello, host: null }, start: null, deadlineMs: 20_000 });
  const lease = { requestId: 'r', sessionId: null, rootSessionId: null, model: null, attempt: 1, exclude: [] };

  simulator.control.pushFault({ kind: 'slow', endpoint: 'token', delayMs: ANSWER_MS });
  const before = await session();
  const { accessToken, alias } = await before.client['lease.acquire'](lease);
  await requestsArrived(simulator, { endpoint: 'token' }, 1);
  await oma.killSupervisor('SIGTERM');
  before.connection.dispose();

  await oma.start();
  const after = await session();
  expect((await after.client['lease.acquire'](lease)).accessToken).not.toBe(accessToken);
  after.connection.dispose();
  expect((await oma.status()).openRefreshes).toEqual([]);
  expect((await oma.accounts()).find((account) => account.alias === alias)).toMatchObject({
    auth: 'expiring',
    authReason: null,
  });
  expect(simulator.control.requests({ endpoint: 'token' })[0]).toMatchObject({ ending: 'sent', status: 200 });
});
