import { describe, expect, it, vi } from 'vitest';

import { probeReportSchema } from '../../../contract/limits.ts';
import { secretSchema } from '../../../contract/scalars.ts';
import { WORKER_OPERATIONS } from '../../../contract/worker-operations.ts';
import { readUsage, reportOf, USAGE_DEADLINE_MS } from '../../../worker/usage.ts';
import { answering, everythingOf, TEST_NOW_MS as NOW, workerDeps } from '../../support/worker.ts';

const SECRET = secretSchema.parse('eyJSECRET.access.token');
const BASE = 'https://chatgpt.example.test/backend-api';

const window = (minutes: number, usedPercent: number, change: object = {}) => ({
  used_percent: usedPercent,
  limit_window_seconds: minutes * 60,
  reset_after_seconds: 600,
  reset_at: NOW / 1_000 + 600,
  ...change,
});
const usage = (primary: unknown, secondary: unknown = null, change: object = {}) => ({
  plan_type: 'plus',
  rate_limit: { allowed: true, limit_reached: false, primary_window: primary, secondary_window: secondary },
  additional_rate_limits: null,
  credits: { has_credits: false, unlimited: false, balance: null },
  ...change,
});
const report = (body: unknown) =>
  probeReportSchema.parse(reportOf(typeof body === 'string' ? body : JSON.stringify(body), NOW));
const windowsOf = (body: unknown) => {
  const given = report(body);
  if (given.kind !== 'complete') throw new Error(`The report is ${given.kind}.`);
  return given.windows;
};

describe('reportOf', () => {
  it('takes both windows of the main meter, by their length and not by their place', () => {
    expect(report(usage(window(10_080, 34), window(300, 12.5)))).toEqual({
      kind: 'complete',
      source: 'usage-endpoint',
      model: null,
      effort: null,
      codexVersion: null,
      sessionFile: null,
      attempts: [{ source: 'usage-endpoint', model: null, effort: null, code: null, message: 'Read.' }],
      observedAtMs: NOW,
      planType: 'plus',
      windows: [
        { limitId: 'codex', limitName: null, durationMinutes: 10_080, usedPercent: 34, resetsAtMs: NOW + 600_000 },
        { limitId: 'codex', limitName: null, durationMinutes: 300, usedPercent: 12.5, resetsAtMs: NOW + 600_000 },
      ],
    });
  });

  it('leaves an absent window absent', () => {
    expect(windowsOf(usage(window(10_080, 0)))).toHaveLength(1);
    expect(windowsOf(usage(undefined, window(300, 7)))).toMatchObject([{ durationMinutes: 300, usedPercent: 7 }]);
  });

  it('tells the further meters apart', () => {
    const further = [
      {
        limit_name: 'GPT-5.3-Codex-Spark',
        metered_feature: 'codex_bengalfox',
        rate_limit: { primary_window: window(300, 80), secondary_window: window(10_080, 9) },
      },
      {
        limit_name: null,
        metered_feature: 'codex_other',
        rate_limit: { primary_window: null, secondary_window: null },
      },
      { metered_feature: 'codex_none', rate_limit: null },
    ];
    expect(windowsOf(usage(window(300, 1), null, { additional_rate_limits: further }))).toMatchObject([
      { limitId: 'codex', usedPercent: 1 },
      { limitId: 'codex_bengalfox', limitName: 'GPT-5.3-Codex-Spark', durationMinutes: 300, usedPercent: 80 },
      { limitId: 'codex_bengalfox', durationMinutes: 10_080, usedPercent: 9 },
    ]);
  });

  it.each([
    ['the instant it is given', window(300, 1, { reset_at: NOW / 1_000 + 60, reset_after_seconds: 999 }), NOW + 60_000],
    [
      'the seconds left, if there is no instant',
      window(300, 1, { reset_at: null, reset_after_seconds: 90 }),
      NOW + 90_000,
    ],
    ['the seconds left, if the instant is 0', window(300, 1, { reset_at: 0, reset_after_seconds: 90 }), NOW + 90_000],
    ['nothing, if both are 0', window(300, 1, { reset_at: 0, reset_after_seconds: 0 }), null],
    ['nothing, if both are missing', { used_percent: 1, limit_window_seconds: 18_000 }, null],
  ])('takes the reset from %s', (_, given, resetsAtMs) => {
    expect(windowsOf(usage(given))[0]?.resetsAtMs).toBe(resetsAtMs);
  });

  it.each([
    ['no main window', usage(null)],
    ['no main meter', usage(null, null, { rate_limit: null })],
    [
      'a window of another meter only',
      usage(null, null, {
        additional_rate_limits: [
          {
            limit_name: 'x',
            metered_feature: 'codex_x',
            rate_limit: { primary_window: window(300, 5), secondary_window: null },
          },
        ],
      }),
    ],
  ])('says no_data for %s, never 0 %%', (_, body) => {
    expect(report(body)).toMatchObject({ kind: 'no_data', observedAtMs: NOW });
    expect(report(body)).not.toHaveProperty('windows');
  });

  it.each([
    ['a page', '<html>We will be right back</html>'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['an error with status 200', { error: { message: 'Something went wrong.', type: 'server_error' } }],
    ['no rate_limit', { plan_type: 'plus' }],
    [
      'a rate_limit that names no window, not even as absent',
      usage(null, null, { rate_limit: { allowed: true, windows: [] } }),
    ],
    ['a percentage as text', usage(window(300, 1, { used_percent: '12' }))],
    ['no percentage', usage(window(300, 1, { used_percent: undefined }))],
    ['a percentage below 0', usage(window(300, -1))],
    ['a percentage beyond belief', usage(window(300, 1_001))],
    ['no length', usage(window(300, 1, { limit_window_seconds: undefined }))],
    ['a length of 0', usage(window(0, 1))],
    ['a length beyond belief', usage(window(1_000_001, 1))],
    ['a reset in milliseconds', usage(window(300, 1, { reset_at: NOW }))],
    ['a reset as text', usage(window(300, 1, { reset_at: '2026-03-01' }))],
    ['a broken second window', usage(window(300, 1), window(10_080, 1, { used_percent: null }))],
    [
      'a further meter without a name',
      usage(window(300, 1), null, { additional_rate_limits: [{ limit_name: 'x', rate_limit: null }] }),
    ],
    [
      'a broken further meter',
      usage(window(300, 1), null, {
        additional_rate_limits: [{ metered_feature: 'x', rate_limit: { primary_window: {} } }],
      }),
    ],
    ['further meters that are no list', usage(window(300, 1), null, { additional_rate_limits: { spark: 1 } })],
    [
      'too many windows',
      usage(window(300, 1), window(10_080, 1), {
        additional_rate_limits: Array.from({ length: 31 }, (_, index) => ({
          metered_feature: `m${index}`,
          rate_limit: { primary_window: window(300, 1) },
        })),
      }),
    ],
    ['a plan that is no text', usage(window(300, 1), null, { plan_type: 7 })],
  ])('reports nothing of a shape it does not know: %s', (_, body) => {
    expect(report(body)).toMatchObject({
      kind: 'failed',
      code: 'UNKNOWN_SHAPE',
      attempts: [{ code: 'UNKNOWN_SHAPE' }],
    });
  });

  it('says where the shape is unknown, but not what is there', () => {
    const given = report(usage(window(300, 1, { used_percent: 'SECRET' })));
    expect(given).toMatchObject({ message: expect.stringContaining('rate_limit.primary_window.used_percent') });
    expect(everythingOf(given)).not.toContain('SECRET');
  });
});

describe('readUsage', () => {
  const read = async (fetch: typeof globalThis.fetch, baseUrl = BASE) => {
    const given = await readUsage(
      workerDeps({ fetch, now: () => NOW }),
      { baseUrl, accessToken: SECRET, accountId: 'ws-1' },
      new AbortController().signal,
    );
    expect(everythingOf(given)).not.toContain('SECRET');
    return probeReportSchema.parse(given);
  };

  it('asks as the account, and says that it is oma', async () => {
    const fetch = vi.fn(answering(200, usage(window(300, 1))));
    expect(await read(fetch)).toMatchObject({ kind: 'complete' });
    expect(fetch.mock.calls[0]).toMatchObject([
      'https://chatgpt.example.test/backend-api/wham/usage',
      {
        method: 'GET',
        headers: { authorization: `Bearer ${SECRET}`, 'chatgpt-account-id': 'ws-1', 'user-agent': 'oma/0.0.0' },
      },
    ]);
  });

  const page = { 'content-type': 'text/html; charset=utf-8' };
  it.each([
    [401, { error: { code: 'token_expired', message: SECRET } }, {}, 'UNAUTHORIZED', 'token_expired'],
    [402, { detail: { code: 'deactivated_workspace' } }, {}, 'WORKSPACE_DEACTIVATED', 'deactivated'],
    [402, { detail: { code: 'payment_required' } }, {}, 'FORBIDDEN', 'payment_required'],
    [403, { detail: 'Forbidden' }, {}, 'FORBIDDEN', '403'],
    [403, `<html>Just a moment ${SECRET}</html>`, page, 'UPSTREAM_ERROR', 'gateway'],
    [401, '<html>Sign in to the hotel network</html>', page, 'UPSTREAM_ERROR', 'gateway'],
    [404, { detail: 'Not Found' }, {}, 'UPSTREAM_ERROR', '404'],
    [429, { error: { code: 'rate_limit_exceeded' } }, {}, 'RATE_LIMITED', 'rate_limit_exceeded'],
    [500, { error: { code: SECRET } }, {}, 'UPSTREAM_ERROR', '500'],
    [502, '<html>Bad gateway</html>', page, 'UPSTREAM_ERROR', '502'],
    [302, '', { location: `https://elsewhere.test/${SECRET}` }, 'UPSTREAM_ERROR', '302'],
    [200, '<html>We will be right back</html>', page, 'UNKNOWN_SHAPE', 'shape'],
    [204, null, {}, 'UPSTREAM_ERROR', '204'],
  ] as const)('says for HTTP %i %j %j: %s', async (status, body, headers, code, said) => {
    const fetch =
      body === null ? () => Promise.resolve(new Response(null, { status })) : answering(status, body, headers);
    expect(await read(fetch)).toMatchObject({
      kind: 'failed',
      code,
      message: expect.stringContaining(said),
      retryAtMs: null,
      attempts: [{ source: 'usage-endpoint', code }],
    });
  });

  it.each([
    ['seconds', {}, { 'retry-after': '30' }, NOW + 30_000],
    ['a date', {}, { 'retry-after': new Date(NOW + 60_000).toUTCString() }, NOW + 60_000],
    ['the body', { error: { resets_at: NOW / 1_000 + 90 } }, {}, NOW + 90_000],
    ['the seconds of the body', { error: { resets_in_seconds: 120, resets_at: 'x' } }, {}, NOW + 120_000],
    ['nothing for an instant that is past', {}, { 'retry-after': new Date(NOW - 1_000).toUTCString() }, null],
    ['nothing for an instant beyond belief', {}, { 'retry-after': '99999999' }, null],
    ['nothing for words', { error: 'x' }, { 'retry-after': 'later' }, null],
  ])('takes the time to try again from %s', async (_, body, headers, retryAtMs) => {
    expect(await read(answering(429, body, headers))).toMatchObject({
      kind: 'failed',
      code: 'RATE_LIMITED',
      retryAtMs,
    });
  });

  it('says unreachable, timed out or cancelled, and blames nobody', async () => {
    const cause = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' });
    expect(await read(() => Promise.reject(new TypeError('fetch failed', { cause })))).toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('ENOTFOUND'),
    });
    expect(await read(() => Promise.reject(new TypeError('terminated')))).toMatchObject({ code: 'UNREACHABLE' });
    expect(await read(answering(200, 'x'.repeat(1_048_577)))).toMatchObject({ code: 'UNKNOWN_SHAPE' });
    const gone = await readUsage(
      workerDeps(),
      { baseUrl: BASE, accessToken: SECRET, accountId: 'ws-1' },
      AbortSignal.abort(),
    );
    expect(gone).toMatchObject({ kind: 'failed', code: 'CANCELLED' });
    expect(USAGE_DEADLINE_MS).toBeLessThan(WORKER_OPERATIONS['usage.read'].deadlineMs);
  });

  it('sends the token to no address but https or loopback', async () => {
    const fetch = vi.fn(answering(200, usage(window(300, 1))));
    expect(await read(fetch, 'http://chatgpt.com/backend-api')).toMatchObject({
      kind: 'failed',
      code: 'UNREACHABLE',
      message: expect.stringContaining('BASE_URL'),
    });
    expect(fetch).not.toHaveBeenCalled();
  });
});
