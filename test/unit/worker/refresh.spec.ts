import { describe, expect, it, vi } from 'vitest';

import { secretSchema } from '../../../contract/scalars.ts';
import { refreshAnswerSchema, WORKER_OPERATIONS } from '../../../contract/worker-operations.ts';
import { REFRESH_DEADLINE_MS, refreshTokens } from '../../../worker/refresh.ts';
import {
  answering,
  everythingOf,
  fakeJwt,
  manualClock,
  seatClaims,
  TEST_NOW_MS,
  workerDeps,
} from '../../support/worker.ts';

const SECRET = secretSchema.parse('rt_SECRETrefreshtoken0123456789');
const ISSUER = 'https://auth.example.test';
const GRANTED = { access_token: fakeJwt(seatClaims()), refresh_token: 'rt_next', id_token: fakeJwt(seatClaims()) };

const refresh = async (fetch: typeof globalThis.fetch, issuerUrl = ISSUER) => {
  const answer = await refreshTokens(workerDeps({ fetch, now: () => TEST_NOW_MS }), {
    issuerUrl,
    refreshToken: SECRET,
  });
  expect(refreshAnswerSchema.parse(answer)).toEqual(answer);
  return answer;
};
const coded = (code: string) => ({
  error: { message: `about ${SECRET}`, type: 'invalid_request_error', param: null, code },
});

describe('refreshTokens', () => {
  it('asks as the codex CLI does, once', async () => {
    const fetch = vi.fn(answering(200, GRANTED));
    await refresh(fetch);
    expect(fetch).toHaveBeenCalledTimes(1);
    const [url, init] = fetch.mock.calls[0]!;
    expect(url).toBe('https://auth.example.test/oauth/token');
    expect(init).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } });
    expect(JSON.parse(init?.body as string)).toEqual({
      client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
      grant_type: 'refresh_token',
      refresh_token: SECRET,
    });
  });

  it('grants the new tokens, and keeps the old refresh token when there is no new one', async () => {
    expect(await refresh(answering(200, GRANTED))).toMatchObject({
      status: 'granted',
      tokens: { refreshToken: 'rt_next', accountId: 'ws-1', userId: 'user-1' },
    });
    expect(await refresh(answering(200, { ...GRANTED, refresh_token: undefined }))).toMatchObject({
      status: 'granted',
      tokens: { refreshToken: SECRET },
    });
  });

  it.each([
    [401, coded('refresh_token_expired'), 'refresh_token_expired'],
    [401, coded('refresh_token_reused'), 'refresh_token_reused'],
    [401, coded('refresh_token_invalidated'), 'refresh_token_invalidated'],
    [401, coded('token_expired'), 'token_expired'],
    [401, { error: 'some_new_word' }, 'some_new_word'],
    [400, { error: 'invalid_grant', error_description: `no ${SECRET}` }, 'invalid_grant'],
    [400, coded('refresh_token_reused'), 'refresh_token_reused'],
    [403, coded('refresh_token_invalidated'), 'refresh_token_invalidated'],
  ])('takes %i %j for the final no of the issuer', async (status, body, code) => {
    const answer = await refresh(answering(status, body));
    expect(answer).toMatchObject({ status: 'rejected', code });
    expect(everythingOf(answer)).not.toContain('SECRET');
  });

  it.each([
    ['an error of the server', answering(500, { error: { code: 'server_error' } })],
    ['a gateway that failed', answering(502, '<html>502</html>', { 'content-type': 'text/html' })],
    ['a final word with the wrong status', answering(503, coded('refresh_token_expired'))],
    ['a challenge page', answering(403, '<html>Just a moment</html>', { 'content-type': 'text/html' })],
    ['a 401 page', answering(401, `<html>invalid_grant ${SECRET}</html>`, { 'content-type': 'text/html' })],
    ['a 401 without a code', answering(401, {})],
    ['a 401 about the client', answering(401, { error: 'invalid_client' })],
    ['a 400 about the request', answering(400, { error: 'invalid_request' })],
    ['too many requests', answering(429, coded('rate_limit_exceeded'))],
    ['a redirect', answering(302, '', { location: `https://elsewhere.test/?t=${SECRET}` })],
    ['a page with status 200', answering(200, `<html>${SECRET}</html>`)],
    ['an empty answer', answering(200, '')],
    ['an answer that names the token as its code', answering(401, { error: { code: SECRET } })],
    ['an answer that is too large', answering(200, ' '.repeat(1_048_577))],
    [
      'a connection that broke',
      () =>
        Promise.reject(
          new TypeError(`fetch failed ${SECRET}`, {
            cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' }),
          }),
        ),
    ],
  ] as const)('leaves open what became of the token after %s', async (_, fetch) => {
    const asked = vi.fn<typeof globalThis.fetch>(fetch);
    const answer = await refresh(asked);
    expect(answer.status).toBe('unanswered');
    expect(everythingOf(answer)).not.toContain('SECRET');
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['without an access token', { refresh_token: 'rt_next' }, null],
    ['whose tokens are garbage', { access_token: 'not.a.jwt', id_token: '%%%', refresh_token: 'rt_next' }, 'not.a.jwt'],
  ])('hands on the new refresh token of an answer %s', async (_, body, accessToken) => {
    expect(await refresh(answering(200, body))).toMatchObject({
      status: 'granted',
      tokens: { refreshToken: 'rt_next', accessToken, expiresAtMs: null, accountId: null, userId: null },
    });
  });

  it('proves that nothing was sent when the connection was refused', async () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
    const answer = await refresh(() => Promise.reject(new TypeError('fetch failed', { cause })));
    expect(answer).toMatchObject({ status: 'not-sent', message: expect.stringContaining('ECONNREFUSED') });
  });

  it.each(['http://auth.example.test', 'https://user:SECRET@auth.example.test', 'nonsense SECRET'])(
    'sends nothing to %s',
    async (issuerUrl) => {
      const fetch = vi.fn(answering(200, GRANTED));
      const answer = await refresh(fetch, issuerUrl);
      expect(answer).toMatchObject({ status: 'not-sent', message: expect.stringContaining('ISSUER_URL') });
      expect(everythingOf(answer)).not.toContain('SECRET');
      expect(fetch).not.toHaveBeenCalled();
    },
  );

  it('answers by its own deadline, so that the caller never has to guess', async () => {
    const clock = manualClock();
    const fetch: typeof globalThis.fetch = (_, init) =>
      new Promise((_resolve, reject) =>
        init?.signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError'))),
      );
    const asked = refreshTokens(workerDeps({ ...clock, fetch }), { issuerUrl: ISSUER, refreshToken: SECRET });
    clock.advance(REFRESH_DEADLINE_MS);
    expect(await asked).toMatchObject({ status: 'unanswered', message: expect.stringContaining('30 s') });
    expect(REFRESH_DEADLINE_MS).toBeLessThan(WORKER_OPERATIONS['token.refresh'].deadlineMs);
  });
});
