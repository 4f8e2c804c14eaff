import { describe, expect, it } from 'vitest';

import type { FaultInput } from '../../../cli/simulator/faults.ts';
import type { ProbeFailureCode } from '../../../contract/limits.ts';
import { probeModels } from '../../../supervisor/core/limits.ts';
import { expectNoLogin, KNOWN, setUp } from '../../support/real-codex-probe.ts';

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

describe('a real codex whose request is refused', () => {
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
});

describe('a real codex whose effort or model is refused', () => {
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
});
