import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { gzipSync, zstdCompressSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { challengeOf } from '../../../cli/simulator/authorization.ts';
import type { FaultInput } from '../../../cli/simulator/faults.ts';
import { PATIENCE } from '../../support/patience.ts';
import { askModel, requestsArrived, type Simulator, useSimulator } from '../../support/simulator.ts';

const VERIFIER = 'v'.repeat(43);

function authorizeUrl(simulator: Simulator, change: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
    redirect_uri: 'http://localhost:1455/auth/callback',
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: 'S256',
    state: '0123456789abcdef',
    ...change,
  });
  return `${simulator.issuerUrl}/oauth/authorize?${query.toString()}`;
}

function refresh(simulator: Simulator, refreshToken: string): Promise<Response> {
  return fetch(`${simulator.issuerUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
      refresh_token: refreshToken,
    }),
  });
}

function control(simulator: Simulator, operation: string, body: unknown, headers: Record<string, string> = {}) {
  return fetch(`${simulator.url}/__sim/${operation}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

describe('signing in over HTTP', () => {
  it('leads from the page to tokens that the backend accepts', async () => {
    const simulator = await useSimulator();
    const page = await fetch(authorizeUrl(simulator));
    expect(await page.text()).toContain('grace@example.test – Engine Room (team)');
    const click = await fetch(authorizeUrl(simulator, { sim_user: 'colleague' }), { redirect: 'manual' });
    const location = new URL(click.headers.get('location') ?? '');
    expect([location.origin, location.pathname, location.searchParams.get('state')]).toEqual([
      'http://localhost:1455',
      '/auth/callback',
      '0123456789abcdef',
    ]);
    const answer = await fetch(`${simulator.issuerUrl}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
        code: location.searchParams.get('code') ?? '',
        redirect_uri: 'http://localhost:1455/auth/callback',
        code_verifier: VERIFIER,
      }),
    });
    const tokens = (await answer.json()) as { access_token: string };
    const answered = await askModel(simulator, { accessToken: tokens.access_token, accountId: 'ws-engine-room' });
    expect(await answered.text()).toContain('Simulated answer from colleague');
  });

  it('needs no click once a person is set to approve', async () => {
    const simulator = await useSimulator({ settings: { autoApprove: 'home' } });
    const redirected = await fetch(authorizeUrl(simulator), { redirect: 'manual' });
    expect(redirected.status).toBe(302);
  });

  it('refuses a callback port that is not registered, on a page', async () => {
    const simulator = await useSimulator();
    const refused = await fetch(authorizeUrl(simulator, { redirect_uri: 'http://localhost:1456/auth/callback' }));
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('The redirect_uri is not registered');
  });
});

describe('sixteen clients with one refresh token', () => {
  it('get new tokens exactly once', async () => {
    const simulator = await useSimulator();
    const login = simulator.control.credentials('work');
    const answers = await Promise.all(Array.from({ length: 16 }, () => refresh(simulator, login.refreshToken)));
    const statuses = answers.map((answer) => answer.status).toSorted();
    expect(statuses).toEqual([200, ...Array.from({ length: 15 }, () => 401)]);
    expect(simulator.control.state().counts['token']).toEqual({ work: 16 });
  });
});

describe('transport faults', () => {
  async function outcome(
    fault: FaultInput,
  ): Promise<{ simulator: Simulator; status: number | null; body: string | null }> {
    const simulator = await useSimulator();
    simulator.control.pushFault(fault);
    const answer = await askModel(simulator, simulator.control.credentials('work')).catch(() => null);
    const body = await (answer?.text() ?? Promise.resolve(null)).catch(() => null);
    return { simulator, status: answer?.status ?? null, body };
  }

  it('reset before the headers: no answer at all', async () => {
    const { simulator, status } = await outcome({ kind: 'reset-before-headers' });
    expect(status).toBeNull();
    expect(simulator.control.requests().at(-1)).toMatchObject({ status: null, ending: 'cut' });
  });

  it('cut before the first byte: headers, then a broken body', async () => {
    expect(await outcome({ kind: 'cut-before-first-byte' })).toMatchObject({ status: 200, body: null });
  });

  it('cut in mid-stream: what was sent before arrives', async () => {
    const simulator = await useSimulator();
    simulator.control.pushFault({ kind: 'cut-mid-stream', afterChunks: 2 });
    const answer = await askModel(simulator, simulator.control.credentials('work'));
    const decoder = new TextDecoder();
    let text = '';
    const read = async () => {
      for await (const chunk of answer.body ?? []) text += decoder.decode(chunk, { stream: true });
    };
    await expect(read()).rejects.toThrow();
    expect(text.match(/event: response\.output_text\.delta/g)).toHaveLength(2);
    expect(text).not.toContain('response.completed');
  });

  it('end early: the body is whole, the answer is not', async () => {
    const { body } = await outcome({ kind: 'end-early' });
    expect(body).toContain('response.output_text.delta');
    expect(body).not.toContain('response.completed');
  });

  it('gzip: the client unpacks it', async () => {
    expect((await outcome({ kind: 'gzip' })).body).toContain('event: response.completed');
  });

  it('stall: the request stays open until the client goes', async () => {
    const simulator = await useSimulator();
    const login = simulator.control.credentials('work');
    simulator.control.pushFault({ kind: 'stall-before-headers' });
    const gone = new AbortController();
    const asked = fetch(`${simulator.baseUrl}/codex/responses`, {
      method: 'POST',
      signal: gone.signal,
      headers: { authorization: `Bearer ${login.accessToken}`, 'chatgpt-account-id': login.accountId },
      body: JSON.stringify({ model: 'gpt-5.5', stream: true }),
    });
    await requestsArrived(simulator, { endpoint: 'responses' }, 1);
    expect(simulator.control.state().openRequests).toBe(1);
    gone.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(() => simulator.control.requests().at(-1)?.ending, PATIENCE).toBe('client-closed');
    expect(simulator.control.state().openRequests).toBe(0);
  });

  it('offline: connections are refused, then the same port answers again', async () => {
    const simulator = await useSimulator();
    const login = simulator.control.credentials('work');
    await simulator.control.setOffline(true);
    await expect(askModel(simulator, login)).rejects.toThrow();
    await simulator.control.setOffline(false);
    expect((await askModel(simulator, login)).status).toBe(200);
  });

  it('offline by HTTP ends by itself', async () => {
    const simulator = await useSimulator();
    const login = simulator.control.credentials('work');
    await control(simulator, 'offline', { ms: 300 });
    await expect.poll(() => askModel(simulator, login).catch(() => null), PATIENCE).toBeNull();
    await expect.poll(async () => (await askModel(simulator, login).catch(() => null))?.status, PATIENCE).toBe(200);
  });
});

describe('request bodies', () => {
  it.each([
    ['gzip', (text: string) => gzipSync(text)],
    ['zstd', (text: string) => zstdCompressSync(text)],
  ])('packed with %s are unpacked', async (encoding, pack) => {
    const simulator = await useSimulator();
    const login = simulator.control.credentials('work');
    const answer = await fetch(`${simulator.baseUrl}/codex/responses`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${login.accessToken}`,
        'chatgpt-account-id': login.accountId,
        'content-encoding': encoding,
      },
      body: pack(JSON.stringify({ model: 'gpt-5.5', stream: true, input: 'packed' })),
    });
    expect(await answer.text()).toContain('you said “packed”');
  });

  it('beyond 32 MB are refused and the simulator lives on', async () => {
    const simulator = await useSimulator();
    const refused = await fetch(`${simulator.baseUrl}/codex/responses`, {
      method: 'POST',
      body: Buffer.alloc(33 * 1_048_576),
    });
    expect(refused.status).toBe(413);
    expect((await fetch(`${simulator.url}/elsewhere`)).status).toBe(404);
  });

  it('that unpack to more than 32 MB are refused', async () => {
    const simulator = await useSimulator();
    const refused = await fetch(`${simulator.baseUrl}/codex/responses`, {
      method: 'POST',
      headers: { 'content-encoding': 'gzip' },
      body: gzipSync(Buffer.alloc(40 * 1_048_576)),
    });
    expect(refused.status).toBe(400);
  });
});

describe('the control', () => {
  it('moves the clock: tokens expire and windows empty', async () => {
    let clock = 1_800_000_000_000;
    const simulator = await useSimulator({ clock: () => clock, settings: { accessTokenTtlSeconds: 3_600 } });
    const login = simulator.control.credentials('work');
    expect((await askModel(simulator, login)).status).toBe(200);
    clock += 1_800_000;
    expect((await askModel(simulator, login)).status).toBe(200);
    simulator.control.advanceClock(1_800_000);
    expect((await askModel(simulator, login)).status).toBe(401);
  });

  it('fills a window and sets its reset', async () => {
    const simulator = await useSimulator();
    simulator.control.setUsedPercent('work', { durationMinutes: 300, usedPercent: 100, resetsInSeconds: 90 });
    const refused = await askModel(simulator, simulator.control.credentials('work'));
    expect(await refused.json()).toMatchObject({ error: { type: 'usage_limit_reached', resets_in_seconds: 90 } });
    expect(() => simulator.control.setUsedPercent('free', { durationMinutes: 300, usedPercent: 1 })).toThrow(
      /no window/,
    );
  });

  it('offers the same over HTTP', async () => {
    const simulator = await useSimulator();
    const login = (await (await control(simulator, 'credentials', { alias: 'home' })).json()) as {
      accessToken: string;
      accountId: string;
    };
    await control(simulator, 'push-fault', { kind: 'overloaded', alias: 'home' });
    await control(simulator, 'set-settings', { chunks: 9 });
    await control(simulator, 'set-seat', { alias: 'home', planType: 'pro' });
    expect((await askModel(simulator, login)).status).toBe(503);
    const text = await (await askModel(simulator, login)).text();
    expect(text.match(/event: response\.output_text\.delta/g)).toHaveLength(9);
    const state = (await (await fetch(`${simulator.url}/__sim/state`)).json()) as { counts: unknown };
    expect(state.counts).toEqual({ responses: { home: 2 } });
    const requests = (await (
      await fetch(`${simulator.url}/__sim/requests?endpoint=responses&sinceSeq=1`)
    ).json()) as unknown[];
    expect(requests).toHaveLength(1);
    expect(JSON.stringify(requests)).not.toContain(login.accessToken);
  });

  it('says what is wrong with a call', async () => {
    const simulator = await useSimulator();
    const answers = await Promise.all([
      control(simulator, 'nonsense', {}),
      control(simulator, 'credentials', { alias: 'nobody' }),
      control(simulator, 'push-fault', { kind: 'nonsense' }),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([404, 400, 400]);
    expect(await answers[1].json()).toMatchObject({ message: expect.stringContaining('work, home, colleague, free') });
  });

  it('does not answer web pages', async () => {
    const simulator = await useSimulator();
    const refused = await control(simulator, 'reset', {}, { origin: 'https://example.test' });
    expect(refused.status).toBe(403);
  });

  it('resets to the start, and earlier logins are dead', async () => {
    const simulator = await useSimulator();
    const login = simulator.control.credentials('work');
    simulator.control.pushFault({ kind: 'slow' });
    simulator.control.setSettings({ chunks: 50 });
    await askModel(simulator, login);
    simulator.control.reset();
    expect(simulator.control.state()).toMatchObject({ faults: [], settings: { chunks: 4 }, counts: {} });
    expect((await refresh(simulator, login.refreshToken)).status).toBe(401);
    expect((await askModel(simulator, simulator.control.credentials('work'))).status).toBe(200);
  });
});

describe('the program', () => {
  it('says its addresses in one JSON line and ends with its parent', async () => {
    const child = spawn(process.execPath, ['cli/simulator/main.ts', '--json', '--seats', '6', '--with-parent'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    const said = JSON.parse(line) as { url: string; baseUrl: string; seats: string[] };
    expect(said.seats).toHaveLength(6);
    expect((await fetch(`${said.url}/__sim/state`)).status).toBe(200);
    const ended = once(child, 'exit');
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
  });

  it('ends on SIGTERM with an answer still open', async () => {
    const child = spawn(process.execPath, ['cli/simulator/main.ts', '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    const { url } = JSON.parse(line) as { url: string };
    await fetch(`${url}/__sim/push-fault`, {
      method: 'POST',
      body: '{"kind":"stall-before-headers","endpoint":"authorize"}',
    });
    const open = fetch(`${url}/oauth/authorize`).catch(() => 'gone');
    await expect
      .poll(
        async () => ((await (await fetch(`${url}/__sim/state`)).json()) as { openRequests: number }).openRequests,
        PATIENCE,
      )
      .toBe(1);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(await open).toBe('gone');
  });
});
