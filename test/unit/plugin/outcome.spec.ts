import { describe, expect, it } from 'vitest';

import { REFUSAL_KINDS } from '../../../cli/simulator/faults.ts';
import { refusal, type RefusalKind } from '../../../cli/simulator/refusals.ts';
import { outcomeSchema } from '../../../contract/failure.ts';
import { isDisguisedFailure, judgeAnswer, judgeEvent, judgeThrown, outcomeOf } from '../../../plugin/outcome.ts';

const NOW = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers: new Headers({ 'content-type': 'application/json', ...headers }),
  text: typeof body === 'string' ? body : JSON.stringify(body),
});
const kindOf = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  judgeAnswer(answer(status, body, headers), NOW).kind;
const page = (title: string) => `<!doctype html><html><head><title>${title}</title></head></html>`;

describe('judgeAnswer', () => {
  it.each([
    [
      'an expired token',
      401,
      {
        error: { message: 'Provided authentication token is expired.', type: null, code: 'token_expired', param: null },
        status: 401,
      },
      'unauthorized',
    ],
    ['a 401 without words', 401, '', 'unauthorized'],
    [
      'an invalidated token behind a 403',
      403,
      { error: { code: 'token_invalidated', message: 'Your authentication token has been invalidated.' } },
      'unauthorized',
    ],
    ['a deactivated workspace', 402, { detail: { code: 'deactivated_workspace' } }, 'workspace-deactivated'],
    ['another 402', 402, { detail: { code: 'payment_required' } }, 'forbidden'],
    ['a 403', 403, { detail: 'Forbidden' }, 'forbidden'],
    [
      'a deactivated account',
      403,
      { error: { message: 'Your OpenAI account has been deactivated', code: 'account_deactivated' } },
      'workspace-deactivated',
    ],
    [
      'a used-up limit',
      429,
      { error: { type: 'usage_limit_reached', message: 'The usage limit has been reached' } },
      'rate-limited',
    ],
    [
      'a used-up limit behind another status',
      404,
      { error: { type: 'usage_limit_reached', message: 'The usage limit has been reached' } },
      'rate-limited',
    ],
    [
      'a short rate limit',
      429,
      { error: { type: 'rate_limit_error', code: 'rate_limit_exceeded', message: 'Rate limit reached for requests' } },
      'rate-limited',
    ],
    ['a 429 without words', 429, '', 'rate-limited'],
    [
      'a plan without Codex',
      429,
      { error: { type: 'usage_not_included', message: 'Usage not included in your plan' } },
      'forbidden',
    ],
    [
      'a model the account may not use',
      400,
      { detail: "The 'gpt-x' model is not supported when using Codex with a ChatGPT account." },
      'model-unsupported',
    ],
    [
      'the same over the socket form',
      400,
      {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: "The 'gpt-x' model is not supported when using Codex with a ChatGPT account.",
        },
      },
      'model-unsupported',
    ],
    [
      'a model that is not found',
      404,
      {
        error: {
          message: "The model 'gpt-x' does not exist or you do not have access to it.",
          code: 'model_not_found',
        },
      },
      'model-unsupported',
    ],
    [
      'a model that is not found, in a 400',
      400,
      { error: { message: 'The requested model does not exist.', type: 'invalid_request_error', code: null } },
      'model-unsupported',
    ],
    [
      'an unsupported model value',
      400,
      { error: { code: 'unsupported_value', param: 'model', message: 'Unsupported value' } },
      'model-unsupported',
    ],
    [
      'an unsupported effort',
      400,
      {
        error: {
          code: 'unsupported_value',
          param: 'reasoning.effort',
          message: "'xhigh' is not supported with the 'gpt-x' model.",
        },
      },
      'bad-request',
    ],
    [
      'a malformed request',
      400,
      { error: { code: 'invalid_type', message: "Invalid type for 'input[0].content'." } },
      'bad-request',
    ],
    ['a 404', 404, { detail: 'Not Found' }, 'bad-request'],
    ['a 413', 413, { error: { message: 'too large' } }, 'bad-request'],
    ['a 500', 500, { error: { message: 'The server had an error', type: 'server_error' } }, 'server-error'],
    ['an overloaded 503', 503, { error: { message: 'overloaded', code: 'server_is_overloaded' } }, 'server-error'],
    ['a 408', 408, '', 'server-error'],
  ])('takes %s for what it is', (_name, status, body, kind) => {
    expect(kindOf(status, body)).toBe(kind);
  });

  it.each([
    [403, 'challenged'],
    [429, 'challenged'],
    [401, 'challenged'],
    [200, 'challenged'],
    [502, 'server-error'],
    [503, 'server-error'],
  ])('takes a web page with status %i for %s: it comes from a gateway, not from the account', (status, kind) => {
    expect(kindOf(status, page('Just a moment...'), { 'content-type': 'text/html; charset=utf-8' })).toBe(kind);
    expect(kindOf(status, page('Just a moment...'))).toBe(kind);
  });

  it('takes a challenge for what it is even behind a 503', () => {
    expect(kindOf(503, page('Just a moment...'), { 'content-type': 'text/html', 'cf-mitigated': 'challenge' })).toBe(
      'challenged',
    );
  });

  it.each(REFUSAL_KINDS.filter((kind) => !kind.endsWith('before-headers')))(
    'judges the simulated refusal "%s" as the taxonomy names it',
    (kind) => {
      const expected: Partial<Record<RefusalKind, string>> = {
        'token-expired': 'unauthorized',
        'token-invalidated': 'unauthorized',
        'workspace-deactivated': 'workspace-deactivated',
        'payment-required': 'forbidden',
        forbidden: 'forbidden',
        'account-deactivated': 'workspace-deactivated',
        cloudflare: 'challenged',
        'usage-limit': 'rate-limited',
        'usage-limit-no-headers': 'rate-limited',
        'usage-limit-stale-headers': 'rate-limited',
        'usage-limit-other-meter': 'rate-limited',
        'workspace-credits': 'rate-limited',
        'usage-not-included': 'forbidden',
        'rate-limit-retry-after': 'rate-limited',
        'rate-limit-bare': 'rate-limited',
        'model-unsupported': 'model-unsupported',
        'effort-unsupported': 'bad-request',
        'model-not-found': 'model-unsupported',
        'bad-request': 'bad-request',
        'server-error': 'server-error',
        'bad-gateway': 'server-error',
        overloaded: 'server-error',
        unavailable: 'server-error',
        'json-error-200': 'server-error',
        'html-200': 'challenged',
      };
      const reply = refusal(kind, { now: NOW, seat: null, model: 'gpt-x', effort: 'xhigh', fault: {} });
      if (reply.kind !== 'answer') throw new Error('not an answer');
      const verdict = judgeAnswer(
        { status: reply.status, headers: new Headers(reply.headers), text: reply.chunks.join('') },
        NOW,
      );
      expect(expected[kind]).toBeDefined();
      expect(verdict.kind).toBe(expected[kind]);
      expect(
        outcomeSchema.parse(
          outcomeOf(verdict, 'before-output', { startedAt: NOW, firstByteAt: NOW + 5, endedAt: NOW + 9 }),
        ),
      ).toMatchObject({ kind: expected[kind], firstByteMs: 5, durationMs: 9 });
    },
  );
});

describe('the reset of a limit', () => {
  const limit = (fields: Record<string, unknown> = {}) => ({
    error: { type: 'usage_limit_reached', message: 'The usage limit has been reached', ...fields },
  });
  const full = (family: string, slot: string, fields: Record<string, string>) =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${family}-${slot}-${name}`, value]));
  const resetOf = (body: unknown, headers: Record<string, string> = {}) =>
    judgeAnswer(answer(429, body, headers), NOW).retryAtMs;
  const seconds = (ms: number) => String(Math.round(ms / 1_000));

  it('is what the body says, in seconds from now', () => {
    expect(resetOf(limit({ resets_in_seconds: 7_200 }))).toBe(NOW + 2 * HOUR_MS);
  });

  it('is what the body says, as an instant in seconds or milliseconds', () => {
    expect(resetOf(limit({ resets_at: (NOW + HOUR_MS) / 1_000 }))).toBe(NOW + HOUR_MS);
    expect(resetOf(limit({ resets_at: NOW + HOUR_MS }))).toBe(NOW + HOUR_MS);
    expect(resetOf(limit({ resets_at: new Date(NOW + HOUR_MS).toISOString() }))).toBe(NOW + HOUR_MS);
  });

  it('believes the relative of two figures, so that a wrong local clock does no harm', () => {
    expect(resetOf(limit({ resets_in_seconds: 60, resets_at: (NOW + 5 * HOUR_MS) / 1_000 }))).toBe(NOW + 60_000);
  });

  it.each([
    ['retry-after in seconds', { 'retry-after': '30' }, 30_000],
    ['retry-after as a date', { 'retry-after': new Date(NOW + 90_000).toUTCString() }, 90_000],
    ['retry-after-ms, which is finer', { 'retry-after-ms': '1500', 'retry-after': '30' }, 1_500],
  ])('is %s if the body names none', (_name, headers, ms) => {
    expect(resetOf(limit(), headers)).toBe(NOW + ms);
  });

  it('is the last reset of the windows that are exhausted', () => {
    const headers = {
      ...full('x-codex', 'primary', { 'used-percent': '100', 'reset-at': seconds(NOW + HOUR_MS) }),
      ...full('x-codex', 'secondary', { 'used-percent': '100.0', 'reset-at': seconds(NOW + 50 * HOUR_MS) }),
    };
    expect(resetOf(limit(), headers)).toBe(NOW + 50 * HOUR_MS);
  });

  it('leaves out a window that is not exhausted', () => {
    const headers = {
      ...full('x-codex', 'primary', { 'used-percent': '100', 'reset-after-seconds': '600' }),
      ...full('x-codex', 'secondary', { 'used-percent': '61', 'reset-at': seconds(NOW + 50 * HOUR_MS) }),
    };
    expect(resetOf(limit(), headers)).toBe(NOW + 600_000);
  });

  it('is unknown when the headers contradict the refusal with 0 %', () => {
    const headers = { ...full('x-codex', 'primary', { 'used-percent': '0', 'reset-at': seconds(NOW + HOUR_MS) }) };
    expect(resetOf(limit(), headers)).toBeNull();
  });

  it('comes from the meter that the answer names as active, which is reported too', () => {
    const headers = {
      'x-codex-active-limit': 'codex_bengalfox',
      ...full('x-codex-bengalfox', 'primary', { 'used-percent': '100', 'reset-at': seconds(NOW + HOUR_MS) }),
      ...full('x-codex', 'primary', { 'used-percent': '100', 'reset-at': seconds(NOW + 9 * HOUR_MS) }),
    };
    expect(judgeAnswer(answer(429, limit(), headers), NOW)).toMatchObject({
      retryAtMs: NOW + HOUR_MS,
      limitId: 'codex_bengalfox',
    });
  });

  it('is read out of the text as a last resort', () => {
    expect(
      resetOf({ error: { code: 'rate_limit_exceeded', message: 'Rate limit reached. Please try again in 11.5s.' } }),
    ).toBe(NOW + 11_500);
    expect(resetOf({ error: { code: 'rate_limit_exceeded', message: 'Please try again in 20ms.' } })).toBe(NOW + 20);
  });

  it.each([
    ['in the past', limit({ resets_at: (NOW - HOUR_MS) / 1_000 }), {}],
    ['garbage', limit({ resets_at: 'soon', resets_in_seconds: 'x' }), { 'retry-after': 'later' }],
    ['absent', limit(), {}],
    ['in a body that is no JSON', 'limit', {}],
  ])('is unknown when it is %s', (_name, body, headers) => {
    expect(resetOf(body, headers as Record<string, string>)).toBeNull();
  });

  it('is believed 35 days ahead at most', () => {
    expect(resetOf(limit({ resets_in_seconds: 10_000_000 }))).toBe(NOW + 35 * 24 * HOUR_MS);
  });

  it('is not read for a failure that is no limit', () => {
    expect(judgeAnswer(answer(503, {}, { 'retry-after': '3600' }), NOW).retryAtMs).toBeNull();
  });
});

describe('isDisguisedFailure', () => {
  it.each([
    [{ error: { message: 'Something went wrong.' } }, true],
    [{ error: { code: 'x' } }, true],
    [{ detail: 'no' }, true],
    [page('We will be right back'), true],
    [{ id: 'resp_1', object: 'response', status: 'completed', error: null, output: [] }, false],
    [{ models: [] }, false],
    ['', false],
  ])('says of %j: %s', (body, expected) => {
    expect(isDisguisedFailure(answer(200, body))).toBe(expected);
  });
});

describe('judgeEvent', () => {
  it.each([
    [
      {
        type: 'response.failed',
        response: { error: { code: 'rate_limit_exceeded', message: 'Please try again in 1s.' } },
      },
      'rate-limited',
    ],
    [{ type: 'error', error: { type: 'usage_limit_reached', message: 'x', resets_in_seconds: 60 } }, 'rate-limited'],
    [{ type: 'error', code: 'insufficient_quota', message: 'x' }, 'rate-limited'],
    [{ type: 'error', error: { code: 'token_expired', message: 'x' } }, 'unauthorized'],
    [{ type: 'error', error: { code: 'usage_not_included', message: 'x' } }, 'forbidden'],
  ])('finds the account at fault in %j', (event, kind) => {
    expect(judgeEvent(JSON.stringify(event), 200, NOW)?.kind).toBe(kind);
  });

  it.each([
    {
      type: 'response.failed',
      response: { error: { code: 'server_error', message: 'The model produced an invalid response.' } },
    },
    { type: 'error', error: { code: 'context_length_exceeded', message: 'Input exceeds the context window' } },
    { type: 'error', code: 'server_error', message: 'The server had an error.', param: null },
    { type: 'error', error: { code: 'invalid_prompt', message: 'x' } },
  ])('leaves %j to the host', (event) => {
    expect(judgeEvent(JSON.stringify(event), 200, NOW)).toBeNull();
  });

  it('names the reset that the event names', () => {
    expect(
      judgeEvent('{"type":"error","error":{"type":"usage_limit_reached","resets_in_seconds":60}}', 200, NOW),
    ).toMatchObject({ retryAtMs: NOW + 60_000, errorCode: 'usage_limit_reached' });
  });

  it('finds the code in an event that was cut off', () => {
    const cut =
      '{"type":"response.failed","response":{"id":"r","error":{"code":"rate_limit_exceeded","message":"Rate limit"},"instructions":"You are';
    expect(judgeEvent(cut, 200, NOW)?.kind).toBe('rate-limited');
  });
});

describe('judgeThrown', () => {
  const withCode = (code: string) =>
    Object.assign(new Error('Unable to connect. Is the computer able to access the url?'), { code });
  const nested = new TypeError('fetch failed', {
    cause: Object.assign(new Error('getaddrinfo ENOTFOUND x'), { code: 'ENOTFOUND' }),
  });

  it.each([
    ['Bun, refused or unknown host', withCode('ConnectionRefused'), 'ConnectionRefused'],
    ['Bun, reset', withCode('ECONNRESET'), 'ECONNRESET'],
    ['Node', nested, 'ENOTFOUND'],
    ['a bad body', withCode('ZlibError'), 'ZlibError'],
    ['an error without a code', new TypeError('fetch failed'), 'TypeError'],
  ])('blames the network for %s', (_name, error, code) => {
    expect(judgeThrown(error, null, 'before-output')).toMatchObject({ kind: 'network', status: null, errorCode: code });
    expect(judgeThrown(error, new AbortController().signal, 'mid-stream')).toMatchObject({
      kind: 'stream-broken',
      errorCode: code,
    });
  });

  it('calls an abort an abort', () => {
    expect(judgeThrown(new DOMException('aborted', 'AbortError'), AbortSignal.abort(), 'before-output').kind).toBe(
      'aborted',
    );
    expect(judgeThrown(null, AbortSignal.abort(), 'mid-stream').kind).toBe('aborted');
  });

  it("does not take the host's own deadline for a person's wish", () => {
    const late = Object.assign(new Error('Provider response headers timed out'), {
      name: 'ProviderHeaderTimeoutError',
    });
    expect(judgeThrown(late, AbortSignal.abort(late), 'before-output')).toMatchObject({
      kind: 'network',
      errorCode: 'ProviderHeaderTimeoutError',
    });
    const stalled = Object.assign(new Error('SSE read timed out'), { name: 'ProviderResponseStreamError' });
    expect(judgeThrown(stalled, AbortSignal.abort(stalled), 'mid-stream')).toMatchObject({
      kind: 'stream-broken',
      errorCode: 'ProviderResponseStreamError',
    });
  });
});
