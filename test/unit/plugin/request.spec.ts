import { describe, expect, it } from 'vitest';

import { backendPath, BODY_BYTES_MAX, modelOf, readRequest, requestAs } from '../../../plugin/request.ts';

const URL_IN = 'https://api.openai.com/v1/responses';
const SENDER = { accessToken: 'token', accountId: 'acc', residency: null };
const read = (init: RequestInit, url: string | URL | Request = URL_IN) => readRequest('/codex/responses', url, init);

describe('backendPath', () => {
  it.each([
    ['https://api.openai.com/v1/responses', '/codex/responses'],
    ['https://api.openai.com/v1/responses?x=1', '/codex/responses?x=1'],
    ['https://api.openai.com/v1/responses/compact', '/codex/responses/compact'],
    ['https://api.openai.com/v1/chat/completions', '/codex/responses'],
    ['https://chatgpt.com/backend-api/codex/responses', '/codex/responses'],
    ['http://gateway.local/responses', '/codex/responses'],
  ])('maps %s to %s', (url, path) => {
    expect(backendPath(url)).toBe(path);
    expect(backendPath(new URL(url))).toBe(path);
    expect(backendPath(new Request(url))).toBe(path);
  });

  it.each([
    'https://api.openai.com/v1/models',
    'https://api.openai.com/v1/embeddings',
    'https://api.openai.com/v1/responses-other',
  ])('has no place for %s', (url) => {
    expect(backendPath(url)).toBeNull();
  });
});

describe('readRequest', () => {
  it("reads what OpenCode sends: sessions, model, program, and keeps OpenCode's own extras", async () => {
    const signal = new AbortController().signal;
    const request = await read({
      method: 'POST',
      headers: {
        'session-id': 'ses_1',
        'x-parent-session-id': 'ses_0',
        'user-agent': 'opencode/1.18.33 (linux 6.18; x64) ai-sdk',
      },
      body: '{"model":"gpt-5.5","input":[]}',
      signal,
      ...{ timeout: false },
    });
    expect(request).toMatchObject({
      sessionId: 'ses_1',
      parentSessionId: 'ses_0',
      model: 'gpt-5.5',
      host: 'opencode 1.18.33',
      signal,
      body: '{"model":"gpt-5.5","input":[]}',
    });
    expect(request.init).toEqual({ method: 'POST', timeout: false });
  });

  it.each([
    ['x-session-affinity', 'ses_a'],
    ['x-session-id', 'ses_b'],
  ])('takes the session from %s if there is no session-id', async (name, value) => {
    expect((await read({ headers: { [name]: value } })).sessionId).toBe(value);
  });

  it('has no session when the header is empty or beyond its limit', async () => {
    expect((await read({ headers: { 'session-id': '' } })).sessionId).toBeNull();
    expect((await read({ headers: { 'session-id': 'x'.repeat(257) } })).sessionId).toBeNull();
  });

  it('buffers a body that can be read only once, so that it can be sent again', async () => {
    const body = '{"model":"gpt-5.4"}';
    const stream = new Response(body).body;
    const { body: kept, model, init } = await read({ method: 'POST', body: stream, duplex: 'half' });
    expect(new TextDecoder().decode(kept as Uint8Array)).toBe(body);
    expect(model).toBe('gpt-5.4');
    expect(init).toEqual({ method: 'POST' });
  });

  it.each([
    ['bytes', () => new TextEncoder().encode('{"model":"m"}')],
    ['a buffer', () => new TextEncoder().encode('{"model":"m"}').buffer],
    ['a blob', () => new Blob(['{"model":"m"}'])],
  ])('reads a body given as %s', async (_name, make) => {
    const { body, model } = await read({ method: 'POST', body: make() });
    expect(new TextDecoder().decode(body as Uint8Array)).toBe('{"model":"m"}');
    expect(model).toBe('m');
  });

  it('reads a Request object, which the init overrides', async () => {
    const asked = new Request(URL_IN, {
      method: 'POST',
      body: '{"model":"m"}',
      headers: { 'session-id': 'ses_1', 'x-a': '1' },
    });
    const request = await read({ headers: { 'session-id': 'ses_2' } }, asked);
    expect(request).toMatchObject({ sessionId: 'ses_2', model: 'm' });
    expect(request.init.method).toBe('POST');
    expect(request.headers.has('x-a')).toBe(false);
  });

  it('refuses a streamed body beyond the limit instead of filling the memory', async () => {
    const chunk = new Uint8Array(8 * 1_024 * 1_024);
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += chunk.byteLength;
        controller.enqueue(chunk);
      },
    });
    await expect(read({ method: 'POST', body: endless, duplex: 'half' })).rejects.toThrow(RangeError);
    expect(sent).toBeLessThanOrEqual(BODY_BYTES_MAX + 4 * chunk.byteLength);
  });
});

describe('requestAs', () => {
  it('puts the account in and leaves everything else as it was', async () => {
    const request = await read({
      method: 'POST',
      headers: {
        authorization: 'Bearer opencode-oauth-dummy-key',
        originator: 'opencode',
        'session-id': 'ses_1',
        'x-opencode-title': '1',
        'user-agent': 'opencode/1.18.33',
      },
      body: '{"model":"m"}',
    });
    const { headers, body } = requestAs(request, { ...SENDER, residency: 'us' });
    expect(Object.fromEntries(new Headers(headers))).toEqual({
      authorization: 'Bearer token',
      'chatgpt-account-id': 'acc',
      'x-openai-internal-codex-residency': 'us',
      originator: 'opencode',
      'session-id': 'ses_1',
      'user-agent': 'opencode/1.18.33',
    });
    expect(body).toBe('{"model":"m"}');
  });

  it("does not let one account's residency reach another", async () => {
    const request = await read({ headers: { 'x-openai-internal-codex-residency': 'eu' } });
    expect(new Headers(requestAs(request, SENDER).headers).has('x-openai-internal-codex-residency')).toBe(false);
  });
});

describe('modelOf', () => {
  it.each([
    ['{"model":"gpt-5.5","input":[]}', 'gpt-5.5'],
    ['  {  "model" : "gpt-5.5" }', 'gpt-5.5'],
    ['{"input":[{"model":"inner"}],"model":"outer"}', 'outer'],
    ['{"input":"\\"model\\":\\"quoted\\""}', null],
    ['{"model":5}', null],
    ['{"model":""}', null],
    ['not json', null],
    ['', null],
    [`{"model":"${'x'.repeat(129)}"}`, null],
  ])('finds the model of %s', (body, model) => {
    expect(modelOf(body)).toBe(model);
    expect(modelOf(new TextEncoder().encode(body))).toBe(model);
  });

  it('has none without a body', () => {
    expect(modelOf(null)).toBeNull();
  });
});
