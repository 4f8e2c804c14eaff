import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it, vi } from 'vitest';

import type { FaultInput } from '../../../cli/simulator/faults.ts';
import type { SeatInput } from '../../../cli/simulator/seat.ts';
import type { ProbeFailureCode, ProbeReport } from '../../../contract/limits.ts';
import { probeModels } from '../../../supervisor/core/limits.ts';
import {
  type Belief,
  type BenchOptions,
  createBelief,
  type ProbeBench,
  type ProbeParams,
  SEAT,
  simulatedLogin,
  useProbeBench,
} from '../../support/probe-bench.ts';
import { codexBinary } from '../../support/real-codex.ts';
import { requestsArrived, type Simulator, useSimulator } from '../../support/simulator.ts';
import { useTlsGateway } from '../../support/tls-gateway.ts';

const MODEL = 'gpt-5.5';

/** What the simulated backend can do to the model request, and what the report must say of it. */
const EXEC_FAULTS: readonly (readonly [FaultInput['kind'], ProbeFailureCode])[] = [
  ['token-expired', 'UNAUTHORIZED'],
  ['token-invalidated', 'UNAUTHORIZED'],
  ['workspace-deactivated', 'WORKSPACE_DEACTIVATED'],
  ['payment-required', 'FORBIDDEN'],
  ['forbidden', 'FORBIDDEN'],
  ['account-deactivated', 'FORBIDDEN'],
  ['cloudflare', 'UPSTREAM_ERROR'],
  ['usage-limit', 'RATE_LIMITED'],
  ['usage-limit-no-headers', 'RATE_LIMITED'],
  ['usage-limit-stale-headers', 'RATE_LIMITED'],
  ['usage-limit-other-meter', 'RATE_LIMITED'],
  ['workspace-credits', 'RATE_LIMITED'],
  ['usage-not-included', 'RATE_LIMITED'],
  ['rate-limit-retry-after', 'RATE_LIMITED'],
  ['rate-limit-bare', 'RATE_LIMITED'],
  ['model-unsupported', 'MODEL_UNSUPPORTED'],
  ['model-not-found', 'MODEL_UNSUPPORTED'],
  ['effort-unsupported', 'EFFORT_UNSUPPORTED'],
  ['bad-request', 'UPSTREAM_ERROR'],
  ['server-error', 'UPSTREAM_ERROR'],
  ['bad-gateway', 'UPSTREAM_ERROR'],
  ['overloaded', 'UPSTREAM_ERROR'],
  ['unavailable', 'UPSTREAM_ERROR'],
  ['json-error-200', 'INCOMPLETE'],
  ['html-200', 'INCOMPLETE'],
  ['reset-before-headers', 'UNREACHABLE'],
  ['cut-before-first-byte', 'INCOMPLETE'],
  ['cut-mid-stream', 'INCOMPLETE'],
  ['end-early', 'INCOMPLETE'],
  ['response-failed', 'INCOMPLETE'],
  ['response-failed-rate-limit', 'RATE_LIMITED'],
  ['response-incomplete', 'INCOMPLETE'],
  ['error-event', 'INCOMPLETE'],
  ['malformed-sse', 'INCOMPLETE'],
  ['gzip', 'INCOMPLETE'],
  ['huge', 'UNKNOWN_SHAPE'],
];

/** The same for the question where the workspace is served, which codex asks before it asks a model. */
const ROUTING_FAULTS: readonly (readonly [FaultInput['kind'], ProbeFailureCode])[] = [
  ['token-expired', 'UNAUTHORIZED'],
  ['workspace-deactivated', 'UPSTREAM_ERROR'],
  ['server-error', 'UPSTREAM_ERROR'],
  ['reset-before-headers', 'UPSTREAM_ERROR'],
];

/** And for the usage endpoint, which the app-server reads. */
const USAGE_FAULTS: readonly (readonly [FaultInput['kind'], ProbeFailureCode])[] = [
  ['token-expired', 'UNAUTHORIZED'],
  ['workspace-deactivated', 'WORKSPACE_DEACTIVATED'],
  ['forbidden', 'FORBIDDEN'],
  ['cloudflare', 'UPSTREAM_ERROR'],
  ['rate-limit-bare', 'RATE_LIMITED'],
  ['server-error', 'UPSTREAM_ERROR'],
  ['reset-before-headers', 'UNREACHABLE'],
  ['html-200', 'UPSTREAM_ERROR'],
];

describe('the real codex against the simulated backend', () => {
  it('[C.L2.6] [S.3.1] reads the figures of the account by one model request with low effort', async () => {
    const { simulator, bench, belief, probe } = await setUp();
    const report = await probe({});
    expect(report).toMatchObject({
      kind: 'complete',
      source: 'codex-exec',
      model: MODEL,
      effort: 'low',
      codexVersion: '0.169.0',
      attempts: [{ code: null }],
    });
    belief.accept(report);
    expect(windowsOf(belief)).toEqual([
      ['codex', 300, 14],
      ['codex', 10_080, 34.5],
    ]);
    expect(belief.limits()).toMatchObject({
      status: 'success',
      probeModel: MODEL,
      history: [{ source: 'codex-exec' }],
    });
    expect(simulator.control.requests({ endpoint: 'responses' })).toMatchObject([
      { status: 200, model: MODEL, effort: 'low' },
    ]);
    expect(simulator.control.requests().map(({ endpoint }) => endpoint)).toEqual(
      expect.not.arrayContaining(['models', 'token', 'revoke', 'backend-other', 'unknown']),
    );
    await expectNoLogin(bench);
  });

  it('[C.L1.1] app-server reads every meter without a model request', async () => {
    const { simulator, bench, belief, probe } = await setUp();
    simulator.control.setSeat('work', { windows: TWO_METERS });
    const report = await probe({ source: 'codex-app-server' });
    belief.accept(report);
    expect(report).toMatchObject({ kind: 'complete', source: 'codex-app-server', model: null, planType: 'team' });
    expect(windowsOf(belief)).toEqual(
      expect.arrayContaining([
        ['codex', 300, 41],
        ['codex_bengalfox', 300, 3],
      ]),
    );
    expect(simulator.control.requests({ endpoint: 'responses' })).toEqual([]);
    await expectNoLogin(bench);
  });

  it('an account with a second meter yields no data by exec and everything by the app-server', async () => {
    const { simulator, belief, probe } = await setUp();
    simulator.control.setSeat('work', { windows: TWO_METERS });
    const exec = await probe({});
    expect(exec).toMatchObject({ kind: 'no_data', model: MODEL });
    belief.accept(exec);
    expect(belief.limits()).toMatchObject({ status: 'no_data', windows: [], probeModel: MODEL });
    expect(await probe({ source: 'codex-app-server' })).toMatchObject({ kind: 'complete' });
  });

  it('a weekly window in the first place is the weekly window', async () => {
    const { simulator, belief, probe } = await setUp();
    simulator.control.setSeat('work', {
      windows: [{ slot: 'primary', durationMinutes: 10_080, usedPercent: 37, perRequestPercent: 0 }],
    });
    belief.accept(await probe({}));
    expect(windowsOf(belief)).toEqual([['codex', 10_080, 37]]);
  });

  it.each(EXEC_FAULTS)(
    '[C.L2.1] [S.7.3] %s is reported as %s and leaves every stored figure as it was',
    async (kind, code) => {
      const { simulator, bench, belief, probe } = await setUp();
      belief.accept(KNOWN);
      const before = belief.figures();
      simulator.control.pushFault({ kind, times: null });
      const report = await probe({});
      expect(report).toMatchObject({ kind: 'failed', code });
      belief.accept(report);
      expect(belief.figures()).toBe(before);
      expect(belief.limits()).toMatchObject({ status: 'error', error: expect.stringMatching(/./) as string });
      expect(simulator.control.requests({ endpoint: 'token' })).toEqual([]);
      await expectNoLogin(bench);
    },
  );

  it.each(ROUTING_FAULTS)(
    '[C.L2.1] %s before the model is asked is reported as %s and leaves every stored figure as it was',
    async (kind, code) => {
      const { simulator, belief, probe } = await setUp();
      belief.accept(KNOWN);
      const before = belief.figures();
      simulator.control.pushFault({ kind, endpoint: 'accounts-check', times: null });
      const report = await probe({});
      expect(report).toMatchObject({ kind: 'failed', code });
      belief.accept(report);
      expect(belief.figures()).toBe(before);
      expect(simulator.control.requests({ endpoint: 'token' })).toEqual([]);
    },
  );

  it.each(USAGE_FAULTS)(
    '[C.L2.1] %s at the usage endpoint is reported by the app-server as %s and leaves every stored figure as it was',
    async (kind, code) => {
      const { simulator, bench, belief, probe } = await setUp();
      belief.accept(KNOWN);
      const before = belief.figures();
      simulator.control.pushFault({ kind, endpoint: 'usage', times: null });
      const report = await probe({ source: 'codex-app-server' });
      expect(report).toMatchObject({ kind: 'failed', code });
      belief.accept(report);
      expect(belief.figures()).toBe(before);
      expect(simulator.control.requests({ endpoint: 'token' })).toEqual([]);
      await expectNoLogin(bench);
    },
  );

  it.each(['codex-exec', 'codex-app-server'] as const)(
    'a backend that cannot be reached leaves the figures as they were (%s)',
    async (source) => {
      const { belief, probe } = await setUp();
      belief.accept(KNOWN);
      const before = belief.figures();
      const report = await probe({ source, baseUrl: 'http://127.0.0.1:9/backend-api' });
      expect(report).toMatchObject({
        kind: 'failed',
        code: source === 'codex-exec' ? 'UPSTREAM_ERROR' : 'UNREACHABLE',
      });
      belief.accept(report);
      expect(belief.figures()).toBe(before);
    },
  );

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

  it('[C.L4.2] [S.7.2] a refused effort is replaced by low for the same model', async () => {
    const { simulator, belief, probe } = await setUp();
    const report = await probe({ models: ['gpt-5.4'], effort: 'xhigh' });
    expect(report).toMatchObject({
      kind: 'complete',
      model: 'gpt-5.4',
      effort: 'low',
      attempts: [
        { model: 'gpt-5.4', effort: 'xhigh', code: 'EFFORT_UNSUPPORTED' },
        { model: 'gpt-5.4', effort: 'low', code: null },
      ],
    });
    belief.accept(report);
    expect(belief.limits().status).toBe('success');
    expect(simulator.control.requests({ endpoint: 'responses' })).toMatchObject([
      { status: 400, effort: 'xhigh' },
      { status: 200, effort: 'low' },
    ]);
  });

  it('[S.2.1] [S.7.2] a retired model is followed by the next one, and the one that worked comes first from then on', async () => {
    const { simulator, belief, probe } = await setUp();
    const models = ['gpt-5.3-codex', 'gpt-5.5', 'gpt-5.4'];
    const report = await probe({ models: [...probeModels(belief.limits(), models)] });
    expect(report).toMatchObject({
      kind: 'complete',
      model: 'gpt-5.5',
      attempts: [
        { model: 'gpt-5.3-codex', code: 'MODEL_UNSUPPORTED' },
        { model: 'gpt-5.5', code: null },
      ],
    });
    belief.accept(report);
    expect(await probe({ models: [...probeModels(belief.limits(), models)] })).toMatchObject({
      kind: 'complete',
      attempts: [{ model: 'gpt-5.5', code: null }],
    });
    expect(simulator.control.requests({ endpoint: 'responses' }).map(({ model }) => model)).toEqual([
      'gpt-5.3-codex',
      'gpt-5.5',
      'gpt-5.5',
    ]);
  });

  it('[C.L4.3] when every model and effort is refused, the probe fails and the figures stay as they were', async () => {
    const { simulator, belief, probe } = await setUp();
    belief.accept(KNOWN);
    const before = belief.figures();
    simulator.control.pushFault({ kind: 'effort-unsupported', model: 'gpt-5.5', times: null });
    simulator.control.pushFault({ kind: 'model-unsupported', model: 'gpt-5.4', times: null });
    const report = await probe({ models: ['gpt-5.3-codex', 'gpt-5.5', 'gpt-5.4'] });
    expect(report).toMatchObject({ kind: 'failed', code: 'MODEL_UNSUPPORTED' });
    expect(report.attempts.map(({ model, effort, code }) => [model, effort, code])).toEqual([
      ['gpt-5.3-codex', 'low', 'MODEL_UNSUPPORTED'],
      ['gpt-5.5', 'low', 'EFFORT_UNSUPPORTED'],
      ['gpt-5.5', 'medium', 'EFFORT_UNSUPPORTED'],
      ['gpt-5.5', 'high', 'EFFORT_UNSUPPORTED'],
      ['gpt-5.4', 'low', 'MODEL_UNSUPPORTED'],
    ]);
    belief.accept(report);
    expect(belief.figures()).toBe(before);
  });

  it('a backend that refuses our short instructions gets those of codex', async () => {
    const { simulator, probe } = await setUp();
    simulator.control.pushFault({ kind: 'bad-request', times: 1 });
    expect(await probe({})).toMatchObject({
      kind: 'complete',
      model: MODEL,
      attempts: [{ code: 'UPSTREAM_ERROR' }, { code: null }],
    });
    const [short, full] = simulator.control.requests({ endpoint: 'responses' });
    expect(short?.bodyBytes).toBeLessThan(15_000);
    expect(full?.bodyBytes).toBeGreaterThan(short?.bodyBytes ?? Infinity);
    expect(simulator.control.requests({ endpoint: 'models' }).length).toBeGreaterThan(0);
  });

  it('[C.L4.1] a user’s own configuration cannot reach the probe, not even from a directory above', async () => {
    const { simulator, bench, probe } = await setUp({
      environment: (root) => ({
        HOME: root,
        CODEX_HOME: join(root, '.codex'),
        OPENAI_API_KEY: 'sk-fake',
        CODEX_API_KEY: 'sk-fake',
      }),
    });
    await mkdir(join(bench.root, '.codex'));
    await writeFile(
      join(bench.root, '.codex', 'config.toml'),
      'model = "gpt-6-sol"\nmodel_reasoning_effort = "xhigh"\nmodel_provider = "nowhere"\n[projects."/"]\ntrust_level = "trusted"\n',
    );
    await writeFile(join(bench.root, 'AGENTS.md'), 'Never say OK. '.repeat(2_000));
    execFileSync('git', ['init', '--quiet', bench.root], { stdio: 'ignore' });
    expect(await probe({})).toMatchObject({ kind: 'complete', effort: 'low' });
    const [request] = simulator.control.requests({ endpoint: 'responses' });
    expect(request).toMatchObject({ model: MODEL, effort: 'low', alias: 'work' });
    expect(request?.bodyBytes).toBeLessThan(15_000);
  });

  it.each(['codex-exec', 'codex-app-server'] as const)(
    'by %s through an https gateway, every request goes through the gateway, whatever origin the backend names',
    async (source) => {
      const { simulator, probe } = await setUp();
      const gateway = await useTlsGateway(simulator);
      expect(await probe({ source, baseUrl: gateway.baseUrl })).toMatchObject({ kind: 'complete', source });
      const paths = simulator.control.requests().map(({ path }) => path);
      expect(gateway.paths).toEqual(paths);
      expect(paths).toContain(source === 'codex-exec' ? '/backend-api/codex/responses' : '/backend-api/wham/usage');
      await gateway.close();
      expect(await probe({ source, baseUrl: gateway.baseUrl })).toMatchObject({ kind: 'failed' });
    },
  );

  it('keeps the identity of the installation and nothing else between two probes', async () => {
    const { bench, probe } = await setUp();
    const codexHome = join(bench.homesDir, SEAT, '.codex');
    await probe({});
    const id = await readFile(join(codexHome, 'installation_id'), 'utf8');
    const left = await readdir(codexHome);
    await probe({ source: 'codex-app-server' });
    expect(await readFile(join(codexHome, 'installation_id'), 'utf8')).toBe(id);
    expect(left.toSorted()).toEqual(['.sandbox_migration', 'installation_id', 'skills']);
    expect(await readdir(codexHome)).toEqual(left);
    expect((await stat(join(bench.homesDir, SEAT))).mode & 0o777).toBe(0o700);
  });

  it(
    '[C.L2.7] twenty probes at once, half of them failing, each end with the figures of their own seat, two at a time',
    { timeout: 180_000 },
    async () => {
      const simulator = await useSimulator({ seats: Array.from({ length: 20 }, (_, index) => seatOf(index)) });
      const bench = await useProbeBench();
      for (let index = 1; index < 20; index += 2)
        simulator.control.pushFault({
          kind: FAULTS[index % FAULTS.length] ?? 'usage-limit',
          alias: `seat-${String(index)}`,
          times: null,
        });
      let atOnce = 0;
      const watch = setInterval(() => void loginsIn(bench).then((logins) => (atOnce = Math.max(atOnce, logins))), 25);
      const beliefs = Array.from({ length: 20 }, () => createBelief());
      await Promise.all(
        beliefs.map(async (belief, index) => {
          belief.accept(KNOWN);
          const before = belief.figures();
          const report = await bench.probe({
            ...simulatedLogin(simulator, `seat-${String(index)}`),
            codexBin: codexBinary(),
            seat: seatHash(index),
            models: [MODEL],
          });
          belief.accept(report);
          if (index % 2 === 1) expect([index, report.kind, belief.figures()]).toEqual([index, 'failed', before]);
          else expect(windowsOf(belief)).toEqual([['codex', 300, index]]);
        }),
      ).finally(() => clearInterval(watch));
      expect(atOnce).toBe(2);
      expect(await loginsIn(bench)).toBe(0);
      expect(codexProcesses(bench)).toEqual([]);
    },
  );

  it('a seat that is being probed is not probed a second time', async () => {
    const { simulator, probe } = await setUp();
    simulator.control.pushFault({ kind: 'slow', delayMs: 1_000, times: 1 });
    const first = probe({});
    await expect(probe({})).rejects.toMatchObject({ code: 'OPERATION_IN_PROGRESS' });
    expect(await first).toMatchObject({ kind: 'complete' });
  });
});

const CALL = { requestId: 'r', connectionId: 'c', actor: 'supervisor', signal: new AbortController().signal };

const FAULTS = ['usage-limit', 'cut-mid-stream', 'server-error', 'json-error-200', 'response-incomplete'] as const;

const TWO_METERS: SeatInput['windows'] = [
  { slot: 'primary', durationMinutes: 300, usedPercent: 41, perRequestPercent: 0 },
  {
    slot: 'primary',
    durationMinutes: 300,
    usedPercent: 3,
    perRequestPercent: 0,
    limitId: 'codex_bengalfox',
    limitName: 'GPT-5.3-Codex-Spark',
    models: ['gpt-5.3-codex-spark'],
  },
];

/** What was known before: figures that no simulated backend ever gives. */
const KNOWN: ProbeReport = {
  kind: 'complete',
  source: 'usage-endpoint',
  model: null,
  effort: null,
  codexVersion: null,
  sessionFile: null,
  attempts: [],
  observedAtMs: 1_795_000_000_000,
  planType: 'plus',
  windows: [
    { limitId: 'codex', limitName: null, durationMinutes: 300, usedPercent: 77.7, resetsAtMs: 1_795_010_000_000 },
    { limitId: 'codex', limitName: null, durationMinutes: 10_080, usedPercent: 55.5, resetsAtMs: 1_795_500_000_000 },
  ],
};

interface SetUp {
  readonly simulator: Simulator;
  readonly bench: ProbeBench;
  readonly belief: Belief;
  probe: (params: Partial<ProbeParams>) => Promise<ProbeReport>;
}

async function setUp(options: BenchOptions = {}): Promise<SetUp> {
  const simulator = await useSimulator({ seats: 1 });
  const bench = await useProbeBench(options);
  const login = simulatedLogin(simulator, 'work');
  return {
    simulator,
    bench,
    belief: createBelief(),
    probe: (params) => bench.probe({ ...login, codexBin: codexBinary(), models: [MODEL], ...params }),
  };
}

function seatOf(index: number) {
  return {
    alias: `seat-${String(index)}`,
    email: `person-${String(index)}@example.test`,
    accountId: `ws-${String(index)}`,
    userId: `user-${String(index)}`,
    windows: [{ slot: 'primary', durationMinutes: 300, usedPercent: index, perRequestPercent: 0 } as const],
  };
}

function seatHash(index: number): string {
  return `abcdef${String(index).padStart(10, '0')}`;
}

function windowsOf(belief: Belief) {
  return belief
    .limits()
    .windows.map(({ limitId, durationMinutes, usedPercent }) => [limitId, durationMinutes, usedPercent]);
}

/** Process ids of every codex that runs in a home of this bench. */
function codexProcesses({ homesDir }: ProbeBench): readonly number[] {
  const list = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
  return list
    .split('\n')
    .filter((line) => line.includes(homesDir) && /^\s*\d+ \S*\/codex exec /.test(line))
    .map((line) => Number.parseInt(line, 10));
}

async function loginsIn({ homesDir }: ProbeBench): Promise<number> {
  const homes = await readdir(homesDir).catch(() => []);
  const files = await Promise.all(
    homes.map((home) => stat(join(homesDir, home, '.codex', 'auth.json')).catch(() => null)),
  );
  return files.filter((file) => file !== null).length;
}

async function expectNoLogin(bench: ProbeBench): Promise<void> {
  await vi.waitFor(async () => expect(await loginsIn(bench)).toBe(0));
}
