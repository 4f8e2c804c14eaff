import { dirname, join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { ENV_PREFIX } from '../../contract/env.ts';
import { PROTOCOL_VERSION } from '../../contract/handshake.ts';
import { connectOrStart } from '../../runtime/connect.ts';
import { DIST, useOma } from '../support/oma.ts';
import { processGone } from '../support/process-gone.ts';
import { removeTree } from '../support/remove-tree.ts';
import { useSimulator } from '../support/simulator.ts';

const STARTERS = 20;

describe('twenty clients that find no supervisor at the same moment', () => {
  it('start exactly one, also right after the last one was killed, and all are served', async () => {
    const simulator = await useSimulator({ seats: 2 });
    const oma = await useOma({ simulator, plugin: false });
    const { socket } = await oma.status();
    for (let trial = 0; trial < 3; trial += 1) {
      const killed = await oma.killSupervisor('SIGKILL');
      const sessions = await Promise.all(Array.from({ length: STARTERS }, () => startOrJoin(socket, oma.env)));
      const pids = await Promise.all(sessions.map(async ({ client }) => (await client['status.get']({})).pid));
      const accounts = await Promise.all(
        sessions.map(async ({ client }) => (await client['account.list']({})).accounts.length),
      );
      for (const { connection } of sessions) connection.dispose();
      expect(new Set(pids).size).toBe(1);
      expect(pids[0]).not.toBe(killed);
      expect(accounts).toEqual(Array.from({ length: STARTERS }, () => 2));
    }
  });
});

describe('a supervisor whose socket is taken from it', () => {
  it('ends, so that the next client starts one that serves the same store', async () => {
    const simulator = await useSimulator({ seats: 2 });
    const oma = await useOma({ simulator, plugin: false });
    const { socket, pid } = await oma.status();
    await removeTree(dirname(socket));
    const { client, connection } = await startOrJoin(socket, oma.env);
    const status = await client['status.get']({});
    connection.dispose();
    expect(status.accounts.total).toBe(2);
    expect(status.pid).not.toBe(pid);
    await processGone(pid);
  });
});

function startOrJoin(socketPath: string, env: Readonly<Record<string, string>>): ReturnType<typeof connectOrStart> {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  return connectOrStart({
    socketPath,
    hello: {
      protocolVersion: PROTOCOL_VERSION,
      buildId: 'test',
      version: '0.0.0',
      pid: process.pid,
      kind: 'test',
      host: null,
    },
    start: {
      command: process.execPath,
      args: [join(DIST, 'supervisor.js')],
      env: { ...env, [`${ENV_PREFIX}PORT`]: '0' },
    },
    deadlineMs: 60_000,
    signal: controller.signal,
  });
}
