import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

import type { FaultInput } from '../../../cli/simulator/faults.ts';
import { plainSeat } from '../../../cli/simulator/seat.ts';
import { type Simulator, startSimulator } from '../../../cli/simulator/server.ts';
import { PATIENCE } from '../../support/patience.ts';
import { type Bundle, bundle } from '../../support/plugin-bundle.ts';
import { type PluginProcess, pluginProcess } from '../../support/plugin-process.ts';
import { requestsArrived } from '../../support/simulator.ts';
import { type StandIn, type StandInOptions, standInSupervisor } from '../../support/stand-in-supervisor.ts';

const HOUR_S = 3_600;
const ALL = ['seat-1', 'seat-2', 'seat-3'];

let plugin: Bundle;
let simulator: Simulator;

beforeAll(async () => {
  [plugin, simulator] = await Promise.all([
    bundle('plugin/index.ts'),
    startSimulator({ seats: [1, 2, 3].map(plainSeat) }),
  ]);
});
afterEach(() => simulator.control.reset());
afterAll(async () => {
  await Promise.all([plugin.remove(), simulator.close()]);
});

describe.each(['node', 'bun'] as const)('the plugin in %s, over a real socket and real HTTP', (runtime) => {
  let shared: { readonly supervisor: StandIn; readonly host: PluginProcess };

  const part = (fields: Partial<StandInOptions>, aliases: readonly string[]): StandInOptions => ({
    accounts: aliases.map((alias) => ({ ...simulator.control.credentials(alias), alias })),
    baseUrl: simulator.baseUrl,
    ...fields,
  });
  const start = async (): Promise<typeof shared> => {
    const supervisor = await standInSupervisor(part({}, ALL));
    const env = {
      HOME: '/nonexistent',
      OPENCODE_MULTI_AUTH_SOCKET: supervisor.socketPath,
      OPENCODE_MULTI_AUTH_AUTOSTART: '0',
    };
    return { supervisor, host: await pluginProcess({ runtime, bundle: plugin.file, env }) };
  };
  const stop = async ({ supervisor, host }: typeof shared): Promise<void> => {
    await host.close();
    await supervisor.close();
  };
  const seats = () => simulator.control.requests({ endpoint: 'responses' }).map(({ alias }) => alias);

  beforeAll(async () => {
    shared = await start();
  });
  afterAll(() => stop(shared));

  /** One process for most tests, as one OpenCode serves many prompts. */
  function setUp(fields: Partial<StandInOptions> = {}, aliases = ALL) {
    shared.supervisor.reset(part(fields, aliases));
    return shared;
  }

  /** A process and a supervisor that a test may kill. */
  async function setUpOwn(aliases = ALL) {
    const own = await start();
    own.supervisor.reset(part({}, aliases));
    onTestFinished(() => stop(own));
    return own;
  }

  const reported = async (supervisor: StandIn, ...told: readonly string[]) =>
    vi.waitFor(() => expect(supervisor.told()).toEqual(told), PATIENCE);

  it('leases, sends straight upstream, streams the answer untouched and reports it', async () => {
    const { supervisor, host } = await setUpOwn();
    const { status, text } = await host.ask({ session: 'ses_a', parent: 'ses_root' });
    expect(host.ready.runtime).toBe(runtime);
    expect(status).toBe(200);
    expect(text).toMatch(
      /^event: response.created\ndata: .*Simulated answer from seat-1.*event: response.completed\ndata: [^\n]*\n\n$/s,
    );
    await reported(supervisor, 'seat-1:success');
    expect(supervisor.reports[0]?.outcome).toMatchObject({
      status: 200,
      phase: 'complete',
      firstByteMs: expect.any(Number),
    });
    expect(supervisor.hellos).toMatchObject([{ kind: 'plugin', host: 'opencode 1.18.33' }]);
    expect(supervisor.asked).toMatchObject([
      { sessionId: 'ses_a', rootSessionId: 'ses_root', model: 'gpt-5.5', attempt: 1 },
    ]);
    const [request] = simulator.control.requests({ endpoint: 'responses' });
    expect(request?.headers).toMatchObject({
      originator: 'opencode',
      'session-id': 'ses_a',
      'user-agent': 'opencode/1.18.33 (linux 6.18; x64)',
    });
    expect(request?.headers).not.toHaveProperty('x-opencode-title');
  });

  it('serves many requests at once over one connection', async () => {
    const { supervisor, host } = await setUpOwn();
    const results = await Promise.all(Array.from({ length: 12 }, () => host.ask()));
    expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200));
    expect(supervisor.hellos).toHaveLength(1);
    expect(supervisor.connections()).toBe(1);
    expect(new Set(seats())).toEqual(new Set(['seat-1', 'seat-2', 'seat-3']));
  });

  it.each([
    ['usage-limit', 'rate-limited'],
    ['usage-limit-no-headers', 'rate-limited'],
    ['rate-limit-retry-after', 'rate-limited'],
    ['rate-limit-bare', 'rate-limited'],
    ['workspace-credits', 'rate-limited'],
    ['usage-not-included', 'forbidden'],
    ['workspace-deactivated', 'workspace-deactivated'],
    ['payment-required', 'forbidden'],
    ['forbidden', 'forbidden'],
    ['account-deactivated', 'workspace-deactivated'],
    ['cloudflare', 'challenged'],
    ['html-200', 'challenged'],
    ['model-unsupported', 'model-unsupported'],
    ['model-not-found', 'model-unsupported'],
    ['response-failed-rate-limit', 'rate-limited'],
  ] as const)('leaves an account after %s for the next, before any output', async (fault, kind) => {
    const { supervisor, host } = setUp();
    simulator.control.pushFault({ kind: fault, alias: 'seat-1', resetsInSeconds: HOUR_S });
    const { status, text } = await host.ask();
    expect(status).toBe(200);
    expect(text).toContain('Simulated answer from seat-2');
    expect(text).not.toContain('response.failed');
    expect(seats()).toEqual(['seat-1', 'seat-2']);
    await reported(supervisor, `seat-1:${kind}`, 'seat-2:success');
  });

  it('reports the reset and the meter of a limit', async () => {
    const { supervisor, host } = setUp();
    simulator.control.pushFault({ kind: 'usage-limit-other-meter', alias: 'seat-1', resetsInSeconds: HOUR_S });
    const before = Date.now();
    await host.ask();
    await reported(supervisor, 'seat-1:rate-limited', 'seat-2:success');
    const { retryAtMs, limitId } = supervisor.reports[0]?.outcome ?? {};
    expect(limitId).toBe('codex_bengalfox');
    expect(retryAtMs).toBeGreaterThan(before + (HOUR_S - 2) * 1_000);
    expect(retryAtMs).toBeLessThan(Date.now() + (HOUR_S + 2) * 1_000);
  });

  it.each([
    ['bad-request', 400, 'Invalid type'],
    ['effort-unsupported', 400, 'Unsupported value'],
  ] as const)('hands %s on as it came, after one sending', async (fault, status, words) => {
    const { supervisor, host } = setUp();
    simulator.control.pushFault({ kind: fault });
    const result = await host.ask();
    expect(result.status).toBe(status);
    expect(result.text).toContain(words);
    expect(seats()).toEqual(['seat-1']);
    await reported(supervisor, 'seat-1:bad-request');
  });

  it('refreshes a refused token once and asks the same account again', async () => {
    const { supervisor, host } = setUp({ refresh: (alias) => simulator.control.credentials(alias).accessToken });
    simulator.control.expireAccess('seat-1');
    expect((await host.ask()).text).toContain('Simulated answer from seat-1');
    expect(seats()).toEqual(['seat-1', 'seat-1']);
    expect(supervisor.refreshes).toEqual(['seat-1']);
    await reported(supervisor, 'seat-1:success');
  });

  it('goes to the next account when the login is dead', async () => {
    const { supervisor, host } = setUp();
    simulator.control.revokeLogins('seat-1');
    expect((await host.ask()).text).toContain('Simulated answer from seat-2');
    await reported(supervisor, 'seat-1:unauthorized', 'seat-2:success');
  });

  it.each(['server-error', 'bad-gateway', 'overloaded', 'json-error-200'] as const)(
    'asks the same account once more after %s',
    async (fault) => {
      const { supervisor, host } = setUp();
      simulator.control.pushFault({ kind: fault });
      expect((await host.ask()).status).toBe(200);
      expect(seats()).toEqual(['seat-1', 'seat-1']);
      await reported(supervisor, 'seat-1:success');
    },
  );

  it('hands a failing provider on without its retry-after of an hour', async () => {
    const { supervisor, host } = setUp();
    simulator.control.pushFault({ kind: 'unavailable', times: null });
    const { status, headers, text } = await host.ask();
    expect(status).toBe(503);
    expect(text).toContain('The service is unavailable.');
    expect(Object.keys(headers ?? {})).not.toContain('retry-after');
    expect(seats()).toEqual(['seat-1', 'seat-1', 'seat-2', 'seat-3']);
    await reported(supervisor, 'seat-1:server-error', 'seat-2:server-error', 'seat-3:server-error');
  });

  it.each(['reset-before-headers', 'cut-before-first-byte'] as const)(
    'asks the same account once more after %s',
    async (fault) => {
      const { supervisor, host } = setUp();
      simulator.control.pushFault({ kind: fault });
      expect((await host.ask()).status).toBe(200);
      expect(seats()).toEqual(['seat-1', 'seat-1']);
      await reported(supervisor, 'seat-1:success');
    },
  );

  it('blames nobody when the provider cannot be reached, and throws what its own fetch threw', async () => {
    const { supervisor, host } = setUp();
    await simulator.control.setOffline(true);
    onTestFinished(() => simulator.control.setOffline(false));
    const { status, error } = await host.ask();
    expect(status).toBeUndefined();
    expect(error?.message).toBe(
      runtime === 'bun' ? 'Unable to connect. Is the computer able to access the url?' : 'fetch failed',
    );
    await reported(supervisor, 'seat-1:network');
  });

  it.each([
    ['cut-mid-stream', 'stream-broken'],
    ['end-early', 'stream-broken'],
    ['error-event', 'stream-broken'],
    ['malformed-sse', 'stream-broken'],
    ['response-incomplete', 'success'],
    ['gzip', 'success'],
    ['slow', 'success'],
  ] as const satisfies readonly (readonly [FaultInput['kind'], string])[])(
    'hands an answer on that suffers %s, once, and reports %s',
    async (fault, kind) => {
      const { supervisor, host } = setUp();
      simulator.control.setSettings({ chunkDelayMs: 20 });
      simulator.control.pushFault({ kind: fault, delayMs: fault === 'slow' ? 200 : undefined });
      const { status, text, error } = await host.ask();
      expect(status).toBe(200);
      expect(text).toContain('response.output_text.delta');
      expect(error === undefined).toBe(fault !== 'cut-mid-stream');
      expect(seats()).toEqual(['seat-1']);
      await reported(supervisor, `seat-1:${kind}`);
    },
  );

  it('passes an abort on before the headers', async () => {
    const { supervisor, host } = setUp();
    simulator.control.pushFault({ kind: 'stall-before-headers' });
    const { ended, abort } = host.begin();
    await requestsArrived(simulator, { endpoint: 'responses' }, 1);
    abort();
    expect((await ended).error?.name).toBe('AbortError');
    await vi.waitFor(
      () => expect(simulator.control.requests({ endpoint: 'responses' })).toMatchObject([{ ending: 'client-closed' }]),
      PATIENCE,
    );
    await reported(supervisor, 'seat-1:aborted');
  });

  it('passes an abort on in mid-stream', async () => {
    const { supervisor, host } = setUp();
    simulator.control.pushFault({ kind: 'stall-mid-stream' });
    const { error } = await host.ask({ abortAfterChunks: 1 });
    expect(error?.name).toBe('AbortError');
    await vi.waitFor(
      () => expect(simulator.control.requests({ endpoint: 'responses' })).toMatchObject([{ ending: 'client-closed' }]),
      PATIENCE,
    );
    await reported(supervisor, 'seat-1:aborted');
  });

  it('hands a huge answer on without holding it', async () => {
    const { supervisor, host } = setUp();
    simulator.control.pushFault({ kind: 'huge', megabytes: 40 });
    const { bytes } = await host.ask();
    expect(bytes).toBeGreaterThan(40 * 1_048_576);
    await reported(supervisor, 'seat-1:success');
  });

  it('says at once who is back when, if nobody can serve', async () => {
    const { supervisor, host } = setUp();
    for (const alias of ['seat-1', 'seat-2', 'seat-3'])
      simulator.control.pushFault({ kind: 'usage-limit', alias, resetsInSeconds: HOUR_S });
    const first = await host.ask();
    expect(first.status).toBe(400);
    expect(first.text).toContain('oma tried 3 accounts in vain');
    const second = await host.ask();
    expect(second.status).toBe(400);
    expect(second.text).toContain('No account can serve this now: seat-1 is at its limit, back at');
    await reported(supervisor, 'seat-1:rate-limited', 'seat-2:rate-limited', 'seat-3:rate-limited');
    expect(supervisor.asked).toHaveLength(4);
  });

  it('waits for its only account if that is back within a minute', async () => {
    const { host } = setUp({}, ['seat-1']);
    simulator.control.pushFault({ kind: 'rate-limit-retry-after', retryAfterSeconds: 1 });
    expect((await host.ask()).status).toBe(200);
    expect(seats()).toEqual(['seat-1', 'seat-1']);
  });

  it('survives the death of the supervisor: the stream ends well, the next request reuses the lease, reports arrive later', async () => {
    const { supervisor, host } = await setUpOwn(['seat-1']);
    simulator.control.setSettings({ chunks: 20, chunkDelayMs: 25 });
    const { begun, ended } = host.begin();
    await begun;
    await supervisor.die();
    const { status, text } = await ended;
    expect([status, text?.includes('event: response.completed')]).toEqual([200, true]);
    expect((await host.ask()).status).toBe(200);
    await supervisor.revive();
    expect((await host.ask()).status).toBe(200);
    await reported(supervisor, 'seat-1:success');
    expect(supervisor.hellos.length).toBeGreaterThanOrEqual(2);
  });

  it('fails no request of a burst during which the supervisor dies and comes back', async () => {
    const { supervisor, host } = await setUpOwn();
    const burst: Promise<{ readonly status?: number; readonly error?: unknown }>[] = [];
    for (let index = 0; index < 60; index += 1) {
      burst.push(host.ask());
      if (index === 20) await supervisor.die();
      if (index === 40) await supervisor.revive();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const results = await Promise.all(burst);
    expect(results.filter(({ status }) => status !== 200)).toEqual([]);
  });

  it('says how to start a supervisor that is not there', async () => {
    const { supervisor, host } = await setUpOwn();
    await supervisor.die();
    const { status, text } = await host.ask();
    expect(status).toBe(400);
    expect(JSON.parse(text ?? '')).toEqual({
      error: { type: 'oma', code: 'SUPERVISOR_NOT_RUNNING', message: 'oma supervisor is not running: run `oma up`.' },
    });
  });

  it('frees its connection when it is killed', async () => {
    const { supervisor, host } = await setUpOwn();
    await host.ask();
    expect(supervisor.connections()).toBe(1);
    host.kill('SIGKILL');
    await vi.waitFor(() => expect(supervisor.connections()).toBe(0), PATIENCE);
  });
});
