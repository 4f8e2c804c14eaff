import { afterEach, beforeEach, expect, it } from 'vitest';

import { decisionSchema } from '../../../contract/decision.ts';
import { composeForTest, type Supervised } from '../../support/composed.ts';
import { outcome } from '../../support/state.ts';

let oma: Supervised;

beforeEach(async () => {
  oma = await composeForTest({
    aliases: ['a', 'b'],
    environment: { probeSources: ['usage-endpoint'] },
    worker: {
      'usage.read': () =>
        Promise.resolve({
          ...{ kind: 'failed', source: 'usage-endpoint', model: null, effort: null, codexVersion: null },
          ...{ sessionFile: null, attempts: [], code: 'UPSTREAM_ERROR', message: 'no', retryAtMs: null },
        } as const),
    },
  });
});
afterEach(() => oma.close());

async function request(kind: 'success' | 'rate-limited', firstByteMs: number | null): Promise<void> {
  const { leaseId } = await oma.call('lease.acquire', {
    ...{ requestId: 'r-1', sessionId: 's', rootSessionId: null, model: 'gpt-5.5', attempt: 1, exclude: [] },
  });
  await oma.call('lease.report', { leaseId, outcome: outcome(kind, { firstByteMs }) });
}

/** A line of Prometheus' text format: a comment of one of two kinds, or a sample. */
const LINE =
  /^(# HELP oma_\w+ \S.*|# TYPE oma_\w+ (gauge|counter|histogram)|oma_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [-+\d.e]+)$/;

it('[H.T.35] /metrics is Prometheus text: each metric explained once, with its type, before its samples', async () => {
  await request('success', 40);
  const { status, text, headers } = await oma.request('GET', '/metrics');
  expect([status, headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/plain; version=0\.0\.4/)]);
  const lines = text.trimEnd().split('\n');
  expect(lines.filter((line) => !LINE.test(line))).toEqual([]);
  const named = lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2] ?? '');
  expect(new Set(named).size).toBe(named.length);
  for (const line of lines.filter((line) => !line.startsWith('#'))) {
    const name = /^\w+/.exec(line)?.[0] ?? '';
    expect(named).toContain(name.replace(/_(bucket|sum|count)$/, ''));
  }
});

it('[H.T.37] counts requests by outcome, and their first bytes in classes', async () => {
  await request('success', 40);
  await request('success', 700);
  await request('rate-limited', null);
  const { text } = await oma.request('GET', '/metrics');
  expect(text).toContain('oma_requests_total{outcome="success"} 2\n');
  expect(text).toContain('oma_requests_total{outcome="rate-limited"} 1\n');
  expect(text).toContain('oma_first_byte_seconds_bucket{le="0.1"} 1\n');
  expect(text).toContain('oma_first_byte_seconds_bucket{le="1"} 2\n');
  expect(text).toContain('oma_first_byte_seconds_bucket{le="+Inf"} 2\n');
  expect(text).toContain('oma_first_byte_seconds_sum 0.74\n');
  expect(text).toContain('oma_first_byte_seconds_count 2\n');
  expect(text).toContain('oma_build_info{version="0.0.0",build="test"} 1\n');
});

it('[H.T.40] counts probes by source and result', async () => {
  const { probeId } = await oma.call('probe.start', { alias: 'a' });
  while ((await oma.call('probe.get', { probeId })).finishedAt === null) await Promise.resolve();
  expect((await oma.request('GET', '/metrics')).text).toContain(
    'oma_probes_total{source="usage-endpoint",result="failed"} 1\n',
  );
});

it('[H.T.36] [S.8.1] every decision in the log fits the schema, with the required fields', async () => {
  await request('success', 1);
  await request('rate-limited', 1);
  await oma.call('force.activate', { alias: 'b' }).catch(() => undefined);
  await request('success', 1);
  oma.composed.decisions.flush();
  const logged = oma.logged.map((line) => JSON.parse(line) as { decision?: unknown; message: string });
  const decisions = logged.filter(({ message }) => message === 'decision').map(({ decision }) => decision);
  expect(decisions).toHaveLength(3);
  for (const decision of decisions) {
    const { data, error } = decisionSchema.safeParse(decision);
    expect(error).toBeUndefined();
    expect(data).toEqual(decision);
    for (const field of ['requestId', 'strategy', 'selectedAlias', 'fallbackReason', 'forceState', 'enabledState'])
      expect(decision).toHaveProperty(field);
  }
});
