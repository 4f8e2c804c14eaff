import { describe, expect, it, vi } from 'vitest';

import { OmaError } from '../../../contract/errors.ts';
import type { Outcome } from '../../../contract/failure.ts';
import type { LeaseRequest } from '../../../contract/lease.ts';
import type { Client } from '../../../contract/operation.ts';
import type { Operations } from '../../../contract/operations.ts';
import type { Line } from '../../../plugin/link.ts';
import { REPORTS_MAX } from '../../../plugin/report-queue.ts';
import { createSupervisor, REUSE_MS, TRIES_MAX } from '../../../plugin/supervisor.ts';
import { leaseFor, noEligible } from '../../support/fake-leases.ts';
import { closed, fakeLine, notRunning } from '../../support/fake-line.ts';
import { PATIENCE } from '../../support/patience.ts';

const NOW = 1_800_000_000_000;
const REQUEST: LeaseRequest = {
  requestId: 'r',
  sessionId: 's1',
  rootSessionId: null,
  model: null,
  attempt: 1,
  exclude: [],
};
const SUCCESS: Outcome = {
  kind: 'success',
  status: 200,
  retryAtMs: null,
  limitId: null,
  errorCode: null,
  phase: 'complete',
  firstByteMs: 1,
  durationMs: 2,
};
const LIMITED: Outcome = { ...SUCCESS, kind: 'rate-limited', status: 429, phase: 'before-output' };

type Handlers = Partial<Client<Operations>>;

function setUp(connects: readonly (() => Line | Promise<Line>)[]) {
  const clock = { now: NOW };
  const waits: number[] = [];
  let calls = 0;
  const supervisor = createSupervisor({
    connect: () => Promise.resolve().then(connects[Math.min(calls++, connects.length - 1)]),
    now: () => clock.now,
    random: () => 1,
    wait: (ms, signal) => {
      signal?.throwIfAborted();
      waits.push(ms);
      return Promise.resolve();
    },
  });
  return { supervisor, clock, waits, calls: () => calls };
}

const leasing = (alias: string): Handlers => ({ 'lease.acquire': () => Promise.resolve(leaseFor(alias)) });
const refuse = (): never => {
  throw notRunning();
};

describe('acquire', () => {
  it('asks the supervisor, with the signal of the request', async () => {
    const controller = new AbortController();
    const acquire = vi.fn<Client<Operations>['lease.acquire']>(() => Promise.resolve(leaseFor('work')));
    const { supervisor } = setUp([() => fakeLine({ 'lease.acquire': acquire })]);
    expect((await supervisor.acquire(REQUEST, controller.signal)).alias).toBe('work');
    expect(acquire).toHaveBeenCalledExactlyOnceWith(REQUEST, { signal: controller.signal });
  });

  it('passes NO_ELIGIBLE_ACCOUNTS on at once', async () => {
    const acquire = vi.fn<Client<Operations>['lease.acquire']>(() => Promise.reject(noEligible([])));
    const { supervisor, waits } = setUp([() => fakeLine({ 'lease.acquire': acquire })]);
    await expect(supervisor.acquire(REQUEST, null)).rejects.toMatchObject({ code: 'NO_ELIGIBLE_ACCOUNTS' });
    expect([acquire.mock.calls.length, waits]).toEqual([1, []]);
  });

  it('asks again after a pause when the refusal may pass by itself', async () => {
    const acquire = vi
      .fn<Client<Operations>['lease.acquire']>()
      .mockRejectedValueOnce(new OmaError('CHILD_UNAVAILABLE', 'x'))
      .mockResolvedValue(leaseFor('work'));
    const { supervisor, waits } = setUp([() => fakeLine({ 'lease.acquire': acquire })]);
    expect((await supervisor.acquire(REQUEST, null)).alias).toBe('work');
    expect(waits).toEqual([250]);
  });

  it('gives up after a bounded number of tries', async () => {
    const { supervisor, calls } = setUp([refuse]);
    await expect(supervisor.acquire(REQUEST, null)).rejects.toMatchObject({ code: 'SUPERVISOR_NOT_RUNNING' });
    expect(calls()).toBe(TRIES_MAX);
  });

  it.each(['INTERNAL', 'SUPERVISOR_INCOMPATIBLE', 'SUPERVISOR_START_FAILED'] as const)(
    'gives up at once after %s',
    async (code) => {
      const { supervisor, calls } = setUp([
        () => {
          throw new OmaError(code, 'x');
        },
      ]);
      await expect(supervisor.acquire(REQUEST, null)).rejects.toMatchObject({ code });
      expect(calls()).toBe(1);
    },
  );

  it('connects anew and asks again when the supervisor dies before its answer', async () => {
    const dying: ReturnType<typeof fakeLine> = fakeLine({
      'lease.acquire': () => {
        dying.die();
        return Promise.reject(closed());
      },
    });
    const { supervisor, calls } = setUp([() => dying, () => fakeLine(leasing('home'))]);
    expect((await supervisor.acquire(REQUEST, null)).alias).toBe('home');
    expect(calls()).toBe(2);
  });

  it("is left by an abort without waiting for the supervisor's start", async () => {
    const reason = new Error('esc');
    const controller = new AbortController();
    const { supervisor } = setUp([() => new Promise<Line>(() => undefined)]);
    const asked = supervisor.acquire(REQUEST, controller.signal);
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
  });

  it('gives up a connection on which the supervisor no longer answers', async () => {
    const frozen = fakeLine({ 'lease.acquire': () => Promise.reject(new OmaError('DEADLINE_EXCEEDED', 'x')) });
    const { supervisor } = setUp([() => frozen, () => fakeLine(leasing('home'))]);
    expect((await supervisor.acquire(REQUEST, null)).alias).toBe('home');
    expect(frozen.isDisposed()).toBe(true);
  });
});

describe('without a supervisor', () => {
  async function left(...later: readonly (() => Line)[]) {
    const line = fakeLine({ ...leasing('work'), 'lease.report': () => Promise.resolve({ cooledUntilMs: null }) });
    const all = setUp([() => line, ...later]);
    await all.supervisor.acquire(REQUEST, null);
    line.die();
    return all;
  }

  it('the last lease is used again for a minute, and no longer', async () => {
    const { supervisor, clock, waits } = await left(refuse);
    clock.now += REUSE_MS;
    expect((await supervisor.acquire(REQUEST, null)).alias).toBe('work');
    expect((await supervisor.acquire(REQUEST, null)).alias).toBe('work');
    expect(waits.filter((ms) => ms >= 250)).toEqual([]);
    clock.now += 1;
    await expect(supervisor.acquire(REQUEST, null)).rejects.toMatchObject({ code: 'SUPERVISOR_NOT_RUNNING' });
  });

  it('no account is used again that this request has tried', async () => {
    const { supervisor } = await left(refuse);
    await expect(supervisor.acquire({ ...REQUEST, exclude: ['work'] }, null)).rejects.toMatchObject({
      code: 'SUPERVISOR_NOT_RUNNING',
    });
  });

  it('no account is used again that was refused, but one is that merely met a bad network', async () => {
    const limited = await left(refuse);
    limited.supervisor.report('lease-work', LIMITED);
    await expect(limited.supervisor.acquire(REQUEST, null)).rejects.toMatchObject({ code: 'SUPERVISOR_NOT_RUNNING' });
    const offline = await left(refuse);
    offline.supervisor.report('lease-work', { ...LIMITED, kind: 'network' });
    expect((await offline.supervisor.acquire(REQUEST, null)).alias).toBe('work');
  });

  it('a renewed token is the one that is used again', async () => {
    const line = fakeLine({
      ...leasing('work'),
      'lease.refresh': () => Promise.resolve(leaseFor('work', { accountId: 'renewed' })),
    });
    const { supervisor } = setUp([() => line, refuse]);
    await supervisor.acquire(REQUEST, null);
    await supervisor.refresh('lease-work', null);
    line.die();
    expect((await supervisor.acquire(REQUEST, null)).accountId).toBe('renewed');
  });

  it('leases are asked for again as soon as it is back', async () => {
    const { supervisor } = await left(refuse, () => fakeLine(leasing('home')));
    expect((await supervisor.acquire(REQUEST, null)).alias).toBe('work');
    await vi.waitFor(async () => expect((await supervisor.acquire(REQUEST, null)).alias).toBe('home'), PATIENCE);
  });
});

describe('report', () => {
  it('is sent before a lease that is asked for after it', async () => {
    const order: string[] = [];
    const line = fakeLine({
      'lease.acquire': () => {
        order.push('acquire');
        return Promise.resolve(leaseFor('work'));
      },
      'lease.report': () => {
        order.push('report');
        return Promise.resolve({ cooledUntilMs: null });
      },
    });
    const { supervisor } = setUp([() => line]);
    await supervisor.acquire(REQUEST, null);
    supervisor.report('lease-work', LIMITED);
    supervisor.report('lease-2', SUCCESS);
    await supervisor.acquire(REQUEST, null);
    expect(order).toEqual(['acquire', 'report', 'report', 'acquire']);
  });

  it('that meets a dying supervisor is sent to the next one', async () => {
    const dying: ReturnType<typeof fakeLine> = fakeLine({
      ...leasing('work'),
      'lease.report': () => {
        dying.die();
        return Promise.reject(closed());
      },
    });
    const told = vi.fn<Client<Operations>['lease.report']>(() => Promise.resolve({ cooledUntilMs: null }));
    const { supervisor } = setUp([() => dying, () => fakeLine({ 'lease.report': told })]);
    await supervisor.acquire(REQUEST, null);
    supervisor.report('lease-work', SUCCESS);
    await vi.waitFor(
      () => expect(told).toHaveBeenCalledExactlyOnceWith({ leaseId: 'lease-work', outcome: SUCCESS }),
      PATIENCE,
    );
  });

  it('that the supervisor knows nothing of is let go', async () => {
    const told = vi.fn<Client<Operations>['lease.report']>(() => Promise.reject(new OmaError('LEASE_NOT_FOUND', 'x')));
    const { supervisor, calls } = setUp([() => fakeLine({ ...leasing('work'), 'lease.report': told })]);
    await supervisor.acquire(REQUEST, null);
    supervisor.report('lease-work', SUCCESS);
    await supervisor.acquire(REQUEST, null);
    expect([told.mock.calls.length, calls()]).toEqual([1, 1]);
  });

  it('is sent three times at most', async () => {
    const told = vi.fn<Client<Operations>['lease.report']>(() => Promise.reject(closed()));
    const { supervisor } = setUp([() => fakeLine({ ...leasing('work'), 'lease.report': told })]);
    await supervisor.acquire(REQUEST, null);
    supervisor.report('lease-work', SUCCESS);
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(3), PATIENCE);
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toHaveBeenCalledTimes(3);
  });

  it('waits in a bounded queue: the oldest goes first', async () => {
    const told: string[] = [];
    const line = fakeLine({
      'lease.report': ({ leaseId }) => {
        told.push(leaseId);
        return Promise.resolve({ cooledUntilMs: null });
      },
    });
    let connect: (line: Line) => void = () => undefined;
    const { supervisor } = setUp([() => new Promise<Line>((resolve) => (connect = resolve))]);
    for (let index = 0; index < REPORTS_MAX + 10; index += 1) supervisor.report(`lease-${index}`, SUCCESS);
    await new Promise((resolve) => setImmediate(resolve));
    connect(line);
    await vi.waitFor(() => expect(told).toHaveLength(REPORTS_MAX), PATIENCE);
    expect([told[0], told.at(-1)]).toEqual(['lease-10', `lease-${REPORTS_MAX + 9}`]);
  });
});
