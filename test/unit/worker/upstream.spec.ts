import { describe, expect, it, vi } from 'vitest';

import { ANSWER_BYTES_MAX, ask, errorCodeOf, parseJson, upstreamUrl } from '../../../worker/upstream.ts';
import { answering, everythingOf, manualClock, workerDeps } from '../../support/worker.ts';

const QUESTION = {
  method: 'POST',
  url: 'https://auth.example.test/x?token=SECRET',
  body: 'SECRET',
  deadlineMs: 30_000,
} as const;

describe('ask', () => {
  it('sends one request on a connection of its own and follows no redirect', async () => {
    const fetch = vi.fn(answering(302, '', { location: 'https://elsewhere.test/' }));
    const reply = await ask(workerDeps({ fetch }), { ...QUESTION, headers: { 'content-type': 'text/plain' } });
    expect(reply).toMatchObject({ kind: 'answer', status: 302 });
    expect(fetch).toHaveBeenCalledTimes(1);
    expect(fetch.mock.calls[0]?.[1]).toMatchObject({
      method: 'POST',
      redirect: 'manual',
      headers: { connection: 'close', 'user-agent': 'oma/0.0.0', 'content-type': 'text/plain' },
    });
  });

  it('reads an answer of exactly the largest size, and not one byte more', async () => {
    const whole = await ask(workerDeps({ fetch: answering(200, 'x'.repeat(ANSWER_BYTES_MAX)) }), QUESTION);
    expect(whole.kind === 'answer' && whole.text.length).toBe(ANSWER_BYTES_MAX);
    const over = await ask(workerDeps({ fetch: answering(200, 'x'.repeat(ANSWER_BYTES_MAX + 1)) }), QUESTION);
    expect(over).toMatchObject({ kind: 'failure', reason: 'too-large', sent: 'maybe' });
  });

  it('decodes characters that lie across two chunks', async () => {
    const bytes = new TextEncoder().encode('{"é":"€"}');
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
        controller.close();
      },
    });
    const reply = await ask(workerDeps({ fetch: () => Promise.resolve(new Response(body)) }), QUESTION);
    expect(reply).toMatchObject({ kind: 'answer', text: '{"é":"€"}' });
  });

  it('gives up at its deadline, not before, and leaves no timer behind', async () => {
    const clock = manualClock();
    const asked = ask(workerDeps({ ...clock, fetch: hanging }), QUESTION);
    clock.advance(29_999);
    expect(clock.waiting()).toEqual([1]);
    clock.advance(1);
    expect(await asked).toEqual({
      kind: 'failure',
      reason: 'timed-out',
      sent: 'maybe',
      message: 'No whole answer came within 30 s.',
    });
    expect(clock.waiting()).toEqual([]);
  });

  it('ends when its caller is gone, and does not begin when the caller was gone before', async () => {
    const clock = manualClock();
    const caller = new AbortController();
    const asked = ask(workerDeps({ ...clock, fetch: hanging }), { ...QUESTION, signal: caller.signal });
    caller.abort();
    expect(await asked).toMatchObject({ reason: 'cancelled', sent: 'maybe' });
    expect(clock.waiting()).toEqual([]);
    const fetch = vi.fn(hanging);
    expect(await ask(workerDeps({ ...clock, fetch }), { ...QUESTION, signal: caller.signal })).toMatchObject({
      reason: 'cancelled',
      sent: 'no',
    });
    expect(fetch).not.toHaveBeenCalled();
  });

  const connect = (code: string) => Object.assign(new Error(`connect ${code} SECRET`), { code, syscall: 'connect' });
  it.each([
    ['a name that does not resolve', Object.assign(new Error('SECRET'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' })],
    ['a refused connection', connect('ECONNREFUSED')],
    ['a reset while connecting', connect('ECONNRESET')],
    ['a connect that ran out of time', Object.assign(new Error('SECRET'), { code: 'UND_ERR_CONNECT_TIMEOUT' })],
    [
      'every address refusing',
      Object.assign(new AggregateError([connect('ECONNREFUSED'), connect('ENETUNREACH')]), { code: 'ECONNREFUSED' }),
    ],
    ['a certificate nobody knows', Object.assign(new Error('SECRET'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' })],
    [
      'a TLS handshake cut short',
      Object.assign(new Error('Client network socket disconnected before secure TLS connection was established'), {
        code: 'ECONNRESET',
      }),
    ],
    [
      'a proxy that opens no tunnel',
      new Error('Request was cancelled.', {
        cause: Object.assign(new Error('Proxy response (502) !== 200 when HTTP Tunneling'), {
          code: 'UND_ERR_ABORTED',
        }),
      }),
    ],
  ])('takes %s for a proof that nothing was sent', async (_, cause) => {
    const reply = await ask(workerDeps({ fetch: failing(new TypeError('fetch failed', { cause })) }), QUESTION);
    expect(reply).toMatchObject({ kind: 'failure', reason: 'unreachable', sent: 'no' });
    expect(everythingOf(reply)).not.toContain('SECRET');
  });

  it.each([
    [
      'a reset',
      new TypeError('fetch failed', {
        cause: Object.assign(new Error('read ECONNRESET SECRET'), { code: 'ECONNRESET', syscall: 'read' }),
      }),
    ],
    [
      'a host lost in the middle',
      new TypeError('fetch failed', {
        cause: Object.assign(new Error('SECRET'), { code: 'EHOSTUNREACH', syscall: 'read' }),
      }),
    ],
    [
      'a closed socket',
      new TypeError('fetch failed', {
        cause: Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }),
      }),
    ],
    [
      'a body that breaks off',
      new TypeError('terminated', { cause: Object.assign(new Error('SECRET'), { code: 'UND_ERR_BODY_TIMEOUT' }) }),
    ],
    ['an answer that is no HTTP', new TypeError('fetch failed', { cause: new Error('SECRET') })],
    ['a code that is none', new TypeError('fetch failed', { cause: { code: 'SECRET token', message: 'SECRET' } })],
    ['a failure without a cause', new TypeError('SECRET')],
    ['a thrown text', 'SECRET'],
    ['causes that go round in a circle', circle()],
  ])('takes %s for a request that may have arrived', async (_, error) => {
    const reply = await ask(workerDeps({ fetch: failing(error) }), QUESTION);
    expect(reply).toMatchObject({ kind: 'failure', reason: 'broken-off', sent: 'maybe' });
    expect(everythingOf(reply)).not.toContain('SECRET');
  });
});

describe('upstreamUrl', () => {
  it.each([
    ['https://auth.openai.com/', 'https://auth.openai.com'],
    ['https://gateway.example.test/openai//', 'https://gateway.example.test/openai'],
    ['http://127.0.0.1:9', 'http://127.0.0.1:9'],
    ['http://[::1]:9/x', 'http://[::1]:9/x'],
    ['http://localhost', 'http://localhost'],
  ])('accepts %s', (url, accepted) => expect(upstreamUrl(url)).toBe(accepted));

  it.each([
    'http://auth.openai.com',
    'http://127.0.0.1.example.test',
    'http://127.0.0.1@example.test',
    'http://127.0.0.1\\@example.test/',
    'http://user:password@127.0.0.1',
    'https://user:password@auth.openai.com',
    'https://auth.openai.com/?x=1',
    'https://auth.openai.com/#x',
    'file:///etc/passwd',
    'auth.openai.com',
    '',
  ])('refuses %s', (url) => expect(upstreamUrl(url)).toBeNull());
});

describe('errorCodeOf', () => {
  it.each([
    ['{"error":{"code":"refresh_token_reused","message":"m"}}', 'refresh_token_reused'],
    ['{"error":"invalid_grant","error_description":"d"}', 'invalid_grant'],
    ['{"error":"Invalid_Grant"}', 'invalid_grant'],
    ['{"code":"token_expired"}', 'token_expired'],
    ['{"detail":{"code":"deactivated_workspace"}}', 'deactivated_workspace'],
    ['{"error":{"code":null},"detail":"Forbidden"}', null],
    ['{"error":null}', null],
    ['{"error":"The token rt_abc was refused"}', null],
    ['{"error":{"code":"rt_0123456789abcdef"}}', null],
    ['{"error":{"code":{"code":"x"}}}', null],
    ['<html>invalid_grant</html>', null],
    ['null', null],
    ['', null],
  ])('reads %s as %s', (text, code) => expect(errorCodeOf(text)).toBe(code));
});

describe('parseJson', () => {
  it('knows nothing of a text that is no JSON, and quotes none of it', () => {
    expect(parseJson('{"a":1}')).toEqual({ a: 1 });
    expect(parseJson('SECRET')).toBeUndefined();
  });
});

function hanging(_input: unknown, init?: RequestInit): Promise<Response> {
  return new Promise((_, reject) =>
    init?.signal?.addEventListener('abort', () => reject(new DOMException('SECRET', 'AbortError'))),
  );
}

function failing(error: unknown): typeof fetch {
  return () => {
    throw error;
  };
}

function circle(): Error {
  const error = new Error('SECRET');
  error.cause = error;
  return error;
}
