import { EventEmitter } from 'node:events';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { onShutdown, type ShutdownOptions } from '../../../runtime/shutdown.ts';

class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

function setUp(options: Partial<ShutdownOptions> = {}) {
  const host = new FakeProcess();
  const failures: unknown[] = [];
  const reasons: string[] = [];
  const shutdown = onShutdown({
    process: { on: (signal, listener) => host.on(signal, listener), exit: (code) => host.exit(code) },
    deadlineMs: 1_000,
    close: (reason) => {
      reasons.push(reason);
      return Promise.resolve();
    },
    failed: (error) => void failures.push(error),
    ...options,
  });
  return { host, failures, reasons, shutdown };
}

describe('an end in order', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('follows %s with exit code 0', async (signal) => {
    const { host, reasons } = setUp();
    host.emit(signal);
    await vi.advanceTimersByTimeAsync(0);
    expect(reasons).toEqual([signal]);
    expect(host.exits).toEqual([0]);
  });

  it('happens once, however often it is asked for', async () => {
    const { host, reasons, shutdown } = setUp();
    await Promise.all([shutdown('asked to'), shutdown('asked again')]);
    expect(reasons).toEqual(['asked to']);
    expect(host.exits).toEqual([0]);
  });

  it('ends at once on a second signal', async () => {
    const { host } = setUp({ close: () => new Promise(() => undefined) });
    host.emit('SIGINT');
    await vi.advanceTimersByTimeAsync(10);
    expect(host.exits).toEqual([]);
    host.emit('SIGINT');
    expect(host.exits).toEqual([1]);
  });

  it('exits with 1 and says why when it fails or takes too long', async () => {
    const failing = setUp({ close: () => Promise.reject(new Error('disk full')) });
    await failing.shutdown('asked to');
    expect(failing.host.exits).toEqual([1]);
    expect(failing.failures).toEqual([new Error('disk full')]);
    const slow = setUp({ close: () => new Promise(() => undefined) });
    void slow.shutdown('asked to');
    await vi.advanceTimersByTimeAsync(999);
    expect(slow.host.exits).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(slow.host.exits).toEqual([1]);
    expect(String(slow.failures[0])).toContain('1000 ms');
  });
});
