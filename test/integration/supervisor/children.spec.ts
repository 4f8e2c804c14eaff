import { fileURLToPath } from 'node:url';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { PROTOCOL_VERSION } from '../../../contract/handshake.ts';
import { WORKER_OPERATIONS } from '../../../contract/worker-operations.ts';
import { spawnChild } from '../../../runtime/spawn.ts';
import { type Child, createChild } from '../../../supervisor/children/child.ts';
import { PATIENCE } from '../../support/patience.ts';

const MAIN = fileURLToPath(new URL('../../../worker/main.ts', import.meta.url));
const HELLO = { protocolVersion: PROTOCOL_VERSION, buildId: 'dev', version: 'dev', pid: process.pid };
/** The keeper's waits pass so many times faster where no call waits for the child, which lives in real time. */
const HASTE = 3;

type Worker = Child<typeof WORKER_OPERATIONS>;

describe('a child of the supervisor', () => {
  it('that is killed is started again, and calls wait for the new one', async () => {
    const worker = startWorker({ haste: 1 });
    const first = await readyPid(worker);
    process.kill(first, 'SIGKILL');
    await vi.waitFor(() => expect(worker.view().lastExit).toBe('SIGKILL'), PATIENCE);
    expect(await worker.client['session.ping']({})).toEqual({});
    expect(worker.view()).toMatchObject({ state: 'ready', restarts: 1 });
    expect(worker.view().pid).not.toBe(first);
  });

  it('that is not started yet is waited for by a call', async () => {
    const worker = startWorker({ isStarted: false });
    const answer = worker.client['session.ping']({});
    expect(worker.view()).toMatchObject({ state: 'pending', pid: null, restarts: 0 });
    worker.start();
    expect(await answer).toEqual({});
  });

  it('that is frozen is found out by its silence, killed and replaced', async () => {
    const worker = startWorker();
    const first = await readyPid(worker);
    process.kill(first, 'SIGSTOP');
    await vi.waitFor(() => expect(worker.view()).toMatchObject({ restarts: 1, lastExit: 'SIGKILL' }), PATIENCE);
    expect(await readyPid(worker)).not.toBe(first);
    expect(() => process.kill(first, 0)).toThrow('ESRCH');
    expect(await worker.client['session.ping']({})).toEqual({});
  });

  it('that cannot be run at all is tried again ever more rarely, and a call says so', async () => {
    const delays: number[] = [];
    const worker = startWorker({ command: '/nowhere/node', delays });
    await vi.waitFor(() => expect(worker.view().restarts).toBeGreaterThan(3), PATIENCE);
    await expect(worker.client['session.ping']({})).rejects.toMatchObject({
      code: 'CHILD_UNAVAILABLE',
      message: 'The worker is not running now; the supervisor is starting it again. Try again in a few seconds.',
    });
    await worker.stop();
    const between = delays.filter((delayMs) => delayMs < 8_000);
    expect(between.slice(0, 4)).toEqual([100, 200, 400, 800]);
    expect(worker.view()).toMatchObject({ state: 'exited', pid: null });
  });
});

function startWorker({
  command = process.execPath,
  delays = [] as number[],
  haste = HASTE,
  isStarted = true,
} = {}): Worker {
  const worker: Worker = createChild({
    name: 'worker',
    table: WORKER_OPERATIONS,
    hello: HELLO,
    spawn: () => spawnChild({ name: 'worker', command, args: [MAIN], env: {}, cwd: process.cwd(), killAfterMs: 500 }),
    greeting: (client) => client,
    now: Date.now,
    later: (delayMs, callback) => {
      delays.push(delayMs);
      const timer = setTimeout(callback, delayMs / haste);
      return () => clearTimeout(timer);
    },
    onState: () => undefined,
  });
  onTestFinished(() => worker.stop());
  if (isStarted) worker.start();
  return worker;
}

async function readyPid(worker: Worker): Promise<number> {
  return vi.waitFor(() => {
    const { state, pid } = worker.view();
    if (state !== 'ready' || pid === null) throw new Error(`The worker is ${state}.`);
    return pid;
  }, PATIENCE);
}
