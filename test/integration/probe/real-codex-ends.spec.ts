import { describe, expect, it } from 'vitest';

import { codexProcesses, expectNoLogin, KNOWN, setUp } from '../../support/real-codex-probe.ts';
import { requestsArrived } from '../../support/simulator.ts';

describe('a real codex that is ended before its answer', () => {
  it.each(['stall-before-headers', 'stall-before-first-byte', 'stall-mid-stream'] as const)(
    '[C.L2.4] %s: codex is ended at its deadline, and the figures stay as they were',
    async (kind) => {
      const { simulator, bench, belief, probe } = await setUp({ deadlines: { execMs: 4_000 } });
      belief.accept(KNOWN);
      const before = belief.figures();
      simulator.control.pushFault({ kind, times: null });
      const report = await probe({});
      expect(report).toMatchObject({ kind: 'failed', code: 'TIMED_OUT' });
      belief.accept(report);
      expect(belief.figures()).toBe(before);
      expect(codexProcesses(bench)).toEqual([]);
      await expectNoLogin(bench);
    },
  );

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const)(
    '[C.L2.4] %s from outside in the middle of an answer leaves the figures as they were',
    async (signal) => {
      const { simulator, bench, belief, probe } = await setUp();
      belief.accept(KNOWN);
      const before = belief.figures();
      simulator.control.pushFault({ kind: 'stall-mid-stream', times: null });
      const running = probe({});
      await requestsArrived(simulator, { endpoint: 'responses' }, 1);
      for (const pid of codexProcesses(bench)) process.kill(pid, signal);
      const report = await running;
      expect(report).toMatchObject({ kind: 'failed', code: 'INTERRUPTED' });
      belief.accept(report);
      expect(belief.figures()).toBe(before);
      await expectNoLogin(bench);
    },
  );

  it('[C.L2.4] a cancelled probe says so at once, and its codex is gone', async () => {
    const { simulator, bench, belief, probe } = await setUp();
    belief.accept(KNOWN);
    const before = belief.figures();
    simulator.control.pushFault({ kind: 'stall-mid-stream', times: null });
    const running = probe({ probeId: 'mine' });
    await requestsArrived(simulator, { endpoint: 'responses' }, 1);
    await expect(bench.runner.handlers['probe.cancel']({ probeId: 'other' }, CALL)).rejects.toMatchObject({
      code: 'PROBE_NOT_FOUND',
    });
    await bench.runner.handlers['probe.cancel']({ probeId: 'mine' }, CALL);
    const report = await running;
    expect(report).toMatchObject({ kind: 'failed', code: 'CANCELLED' });
    belief.accept(report);
    expect(belief.figures()).toBe(before);
    expect(codexProcesses(bench)).toEqual([]);
    await expectNoLogin(bench);
  });
});

const CALL = { requestId: 'r', connectionId: 'c', actor: 'supervisor', signal: new AbortController().signal };
