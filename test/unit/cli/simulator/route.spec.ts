import { describe, expect, it } from 'vitest';

import { type SeatCredentials, signIn } from '../../../../cli/simulator/credentials.ts';
import { armFault, type FaultInput } from '../../../../cli/simulator/faults.ts';
import type { Answer } from '../../../../cli/simulator/reply.ts';
import type { Handled, SimRequest } from '../../../../cli/simulator/request.ts';
import { handle } from '../../../../cli/simulator/route.ts';
import { demoSeats } from '../../../../cli/simulator/seat.ts';
import { newWorld, patchSeat, type World } from '../../../../cli/simulator/world.ts';

const NOW = 1_800_000_000_000;

function start(alias = 'work'): { world: World; login: SeatCredentials } {
  const [world, login] = signIn(newWorld({ salt: 'a', seats: demoSeats(4) }, NOW), alias, NOW);
  return { world, login };
}

function request(method: string, path: string, change: Partial<SimRequest> = {}): SimRequest {
  return { method, path, query: new URLSearchParams(), headers: {}, body: '', origin: 'http://127.0.0.1:1', ...change };
}

function ask(
  login: SeatCredentials,
  body: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): SimRequest {
  return request('POST', '/backend-api/codex/responses', {
    headers: { authorization: `Bearer ${login.accessToken}`, 'chatgpt-account-id': login.accountId, ...headers },
    body: JSON.stringify({ model: 'gpt-5.5', stream: true, input: 'hello', ...body }),
  });
}

function answer(handled: Handled): Answer {
  if (handled.reply.kind !== 'answer') throw new Error('no answer');
  return handled.reply;
}

function text(handled: Handled): string {
  return answer(handled).chunks.map(String).join('');
}

function usage(handled: Handled): { cached: number; input: number } {
  const [, cached] = /"cached_tokens":(\d+)/.exec(text(handled)) ?? [];
  const [, input] = /"input_tokens":(\d+)/.exec(text(handled)) ?? [];
  return { cached: Number(cached), input: Number(input) };
}

function armed(world: World, ...inputs: FaultInput[]): World {
  return { ...world, faults: inputs.map((input, index) => armFault(String(index), input)) };
}

describe('a model request', () => {
  it('is answered in the name of the seat whose token it carries', () => {
    const { world, login } = start('home');
    const handled = handle(
      world,
      ask(login, { input: [{ role: 'user', content: [{ type: 'input_text', text: 'hi  you' }] }] }),
      NOW,
    );
    expect(text(handled)).toContain('Simulated answer from home: you said “hi you”.');
    expect(answer(handled).headers).toMatchObject({
      'x-codex-primary-used-percent': '43',
      'x-codex-primary-window-minutes': '300',
    });
    expect(handled.note).toMatchObject({ endpoint: 'responses', alias: 'home', generation: 0, model: 'gpt-5.5' });
  });

  it('is refused with the reset of the window once that is full', () => {
    const { world, login } = start('colleague');
    let state = world;
    const statuses = Array.from({ length: 5 }, () => {
      const handled = handle(state, ask(login), NOW);
      state = handled.world;
      return answer(handled).status;
    });
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const refused = handle(state, ask(login), NOW);
    expect(JSON.parse(text(refused))).toMatchObject({
      error: {
        type: 'usage_limit_reached',
        resets_at: NOW / 1_000 + 18_000,
        resets_in_seconds: 18_000,
        plan_type: 'team',
      },
    });
    expect(answer(refused).headers).toMatchObject({ 'x-codex-primary-used-percent': '100' });
    expect(answer(handle(state, ask(login), NOW + 18_000_000)).status).toBe(200);
  });

  it('is refused for a retired model, and for one the seat is not entitled to', () => {
    const { world, login } = start();
    const retired = handle(world, ask(login, { model: 'gpt-5.3-codex' }), NOW);
    expect(JSON.parse(text(retired))).toEqual({
      detail: "The 'gpt-5.3-codex' model is not supported when using Codex with a ChatGPT account.",
    });
    const entitled = patchSeat(world, 'work', { allowedModels: ['gpt-5.3-codex'] });
    expect(answer(handle(entitled, ask(login, { model: 'gpt-5.3-codex' }), NOW)).status).toBe(200);
    expect(answer(handle(entitled, ask(login), NOW)).status).toBe(400);
  });

  it('is refused for an effort the model does not know', () => {
    const { world, login } = start();
    const refused = handle(world, ask(login, { model: 'gpt-5.4', reasoning: { effort: 'xhigh' } }), NOW);
    expect(JSON.parse(text(refused))).toMatchObject({
      error: { param: 'reasoning.effort', code: 'unsupported_value' },
    });
  });

  it.each([
    ['without a bearer', { authorization: '' }, 401, 'missing'],
    ['with a garbage bearer', { authorization: 'Bearer x.y.z' }, 401, 'garbage'],
    ['with another workspace', { 'chatgpt-account-id': 'ws-other' }, 403, 'account-mismatch'],
  ])('%s is refused', (_, headers, status, reason) => {
    const { world, login } = start();
    const handled = handle(world, ask(login, {}, headers), NOW);
    expect(answer(handled).status).toBe(status);
    expect(handled.note.refusedFor).toBe(reason);
  });

  it.each([['nothing'], ['{"model":"gpt-5.5"}']])('with the body %s is refused', (body) => {
    const { world, login } = start();
    expect(answer(handle(world, { ...ask(login), body }, NOW)).status).toBe(400);
  });

  it('of a known session is cheaper on the seat that served it, for ten minutes', () => {
    const { world, login } = start('work');
    const [both, other] = signIn(world, 'home', NOW);
    const body = { prompt_cache_key: 'ses_1', input: 'x'.repeat(4_100) };
    const first = handle(both, ask(login, body), NOW);
    expect(usage(first).cached).toBe(0);
    expect(usage(handle(first.world, ask(login, body), NOW + 1))).toMatchObject({ cached: 1_024 });
    expect(usage(handle(first.world, ask(other, body), NOW + 1)).cached).toBe(0);
    expect(usage(handle(first.world, ask(login, { ...body, prompt_cache_key: 'ses_2' }), NOW + 1)).cached).toBe(0);
    expect(usage(handle(first.world, ask(login, body), NOW + 600_000)).cached).toBe(0);
  });

  it('that a fault refuses costs nothing', () => {
    const { world, login } = start();
    const handled = handle(armed(world, { kind: 'usage-limit', resetsInSeconds: 90 }), ask(login), NOW);
    expect(JSON.parse(text(handled))).toMatchObject({ error: { resets_in_seconds: 90 } });
    expect(handled.world.seats).toEqual(world.seats);
    expect(handled.note.faultKind).toBe('usage-limit');
  });

  it('that a fault cuts in mid-stream was charged', () => {
    const { world, login } = start();
    const handled = handle(armed(world, { kind: 'cut-mid-stream', afterChunks: 1 }), ask(login), NOW);
    expect(answer(handled)).toMatchObject({ status: 200, ending: 'cut' });
    expect(answer(handled).chunks).toHaveLength(2);
    expect(handled.world.seats[0]?.windows[0]?.usedPercent).toBe(14);
  });

  it('keeps an answer fault armed while it is refused for another reason', () => {
    const { world, login } = start();
    const handled = handle(armed(world, { kind: 'cut-mid-stream' }), ask(login, { model: 'gpt-5-codex' }), NOW);
    expect(answer(handled).status).toBe(400);
    expect(handled.world.faults).toHaveLength(1);
  });

  it('can be answered with ten megabytes that are still one good stream', () => {
    const { world, login } = start();
    const all = text(handle(armed(world, { kind: 'huge', megabytes: 2 }), ask(login), NOW));
    expect(all.length).toBeGreaterThan(2 * 1_048_576);
    expect(all.endsWith('\n\n')).toBe(true);
    expect(all).toContain('event: response.completed');
  });
});

describe('the token endpoint', () => {
  function refreshing(login: SeatCredentials, as: 'form' | 'json' = 'form'): SimRequest {
    const fields = {
      grant_type: 'refresh_token',
      client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
      refresh_token: login.refreshToken,
    };
    return request('POST', '/oauth/token', {
      headers: { 'content-type': as === 'form' ? 'application/x-www-form-urlencoded' : 'application/json' },
      body: as === 'form' ? new URLSearchParams(fields).toString() : JSON.stringify(fields),
    });
  }

  it.each(['form', 'json'] as const)('refreshes from a %s body', (as) => {
    const { world, login } = start();
    const handled = handle(world, refreshing(login, as), NOW);
    expect(JSON.parse(text(handled))).toMatchObject({ token_type: 'Bearer', expires_in: 864_000 });
    expect(handled.note).toMatchObject({ alias: 'work', grantType: 'refresh_token' });
  });

  it('says refresh_token_reused with 401 the second time', () => {
    const { world, login } = start();
    const second = handle(handle(world, refreshing(login), NOW).world, refreshing(login), NOW);
    expect(answer(second).status).toBe(401);
    expect(JSON.parse(text(second))).toMatchObject({ error: { code: 'refresh_token_reused' } });
  });

  it('has rotated the token although its answer is lost', () => {
    const { world, login } = start();
    const lost = handle(armed(world, { kind: 'answer-lost' }), refreshing(login), NOW);
    expect(lost.reply).toMatchObject({ kind: 'silence', ending: 'cut' });
    expect(JSON.parse(text(handle(lost.world, refreshing(login), NOW)))).toMatchObject({
      error: { code: 'refresh_token_reused' },
    });
  });

  it.each([
    ['refresh-expired', 'refresh_token_expired'],
    ['refresh-invalidated', 'refresh_token_invalidated'],
  ] as const)('plays %s and leaves the token usable', (kind, code) => {
    const { world, login } = start();
    const refused = handle(armed(world, { kind }), refreshing(login), NOW);
    expect(JSON.parse(text(refused))).toMatchObject({ error: { code } });
    expect(answer(handle(refused.world, refreshing(login), NOW)).status).toBe(200);
  });

  it('can leave fields out or send garbage', () => {
    const { world, login } = start();
    const missing = handle(armed(world, { kind: 'missing-fields' }), refreshing(login), NOW);
    expect(JSON.parse(text(missing))).not.toHaveProperty('access_token');
    const garbage = handle(armed(world, { kind: 'garbage-jwt' }), refreshing(login), NOW);
    expect(JSON.parse(text(garbage))).toMatchObject({ access_token: 'not.a.jwt' });
  });

  it('refuses other grants', () => {
    const { world } = start();
    const handled = handle(world, request('POST', '/oauth/token', { body: 'grant_type=password' }), NOW);
    expect(answer(handled).status).toBe(400);
  });
});

describe('other endpoints', () => {
  it.each([
    ['/backend-api/wham/usage', { rate_limit: { primary_window: { used_percent: 12 } } }],
    ['/backend-api/codex/usage', { rate_limit: { secondary_window: { used_percent: 34 } } }],
    [
      '/backend-api/wham/accounts/check',
      { accounts: [{ id: 'ws-engine-room', account_routing_override: 'NO_CONSTRAINT' }] },
    ],
    ['/backend-api/wham/rate-limit-reset-credits', { available_count: 0 }],
    ['/backend-api/codex/models', { models: [{ slug: 'gpt-6-sol' }, {}, {}, {}, {}, {}] }],
    ['/userinfo', { email: 'ada@example.test' }],
  ])('%s answers the bearer', (path, body) => {
    const { world, login } = start();
    const handled = handle(
      world,
      request('GET', path, { headers: { authorization: `Bearer ${login.accessToken}` } }),
      NOW,
    );
    expect(JSON.parse(text(handled))).toMatchObject(body);
    expect(answer(handle(world, request('GET', path), NOW)).status).toBe(401);
  });

  it('know nothing of other paths', () => {
    const { world } = start();
    expect(handle(world, request('GET', '/elsewhere'), NOW)).toMatchObject({
      reply: { status: 404 },
      note: { endpoint: 'unknown' },
    });
  });

  it('offer every seat on the sign-in page and send a refusal back to the caller', () => {
    const { world } = start();
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
      redirect_uri: 'http://localhost:1455/auth/callback',
      code_challenge: 'c'.repeat(43),
      code_challenge_method: 'S256',
      state: 'state-"<>&-state',
    });
    const page = text(handle(world, request('GET', '/oauth/authorize', { query }), NOW));
    expect(page.match(/<button/g)).toHaveLength(5);
    expect(page).toContain('state-&quot;&lt;&gt;&amp;-state');
    query.set('sim_user', '');
    const location = new URL(
      answer(handle(world, request('GET', '/oauth/authorize', { query }), NOW)).headers['location'] ?? '',
    );
    expect(location.searchParams.get('error')).toBe('access_denied');
  });
});
