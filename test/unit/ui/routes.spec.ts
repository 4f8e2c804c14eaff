import { expect, test } from 'vitest';

import type { Operation } from '../../../contract/operation.ts';
import { OPERATIONS } from '../../../contract/operations.ts';
import { createApi } from '../../../ui/api.ts';
import { isAnswer, requestFor, ROUTES } from '../../../ui/routes.ts';

test('every address is the one of the operations table', () => {
  const table = new Map<string, Operation>(Object.entries(OPERATIONS));
  for (const [name, { address }] of Object.entries(ROUTES)) {
    const http = table.get(name)?.http;
    expect(address).toBe(`${http?.method ?? ''} ${http?.path ?? ''}`);
  }
});

test('a field of the path is encoded and leaves the body', () => {
  expect(requestFor('account.set-enabled', { alias: 'a/b@c', enabled: true })).toEqual({
    method: 'PUT',
    path: '/api/accounts/a%2Fb%40c/enabled',
    body: '{"enabled":true}',
  });
  expect(requestFor('decision.list', { limit: 5, requestId: undefined })).toEqual({
    method: 'GET',
    path: '/api/decisions?limit=5',
    body: null,
  });
});

test('an answer of another build is not taken for one', () => {
  expect(isAnswer('account.list', { accounts: [] })).toBe(true);
  expect(isAnswer('account.list', { seats: [] })).toBe(false);
  expect(isAnswer('account.list', null)).toBe(false);
});

test('a change carries the CSRF header, a read does not', async () => {
  const seen: RequestInit[] = [];
  const fetch = (_: unknown, init?: RequestInit): Promise<Response> => {
    seen.push(init ?? {});
    return Promise.resolve(Response.json({ active: false, accounts: [] }));
  };
  const api = createApi({ fetch, onUnauthorised: () => undefined });
  await api.call('force.clear', {});
  await api.call('account.list', {});
  expect(seen.map(({ headers }) => new Headers(headers).get('x-oma-csrf'))).toEqual(['1', null]);
});

test('a refusal keeps code, message and request id; 401 locks the page', async () => {
  const locked: string[] = [];
  const body = { code: 'UNAUTHORIZED', message: 'needs its token', requestId: 'r1' };
  const api = createApi({
    fetch: () => Promise.resolve(Response.json(body, { status: 401 })),
    onUnauthorised: () => locked.push('yes'),
  });
  await expect(api.call('force.get', {})).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
    message: 'needs its token',
    requestId: 'r1',
  });
  expect(locked).toEqual(['yes']);
});

test('no answer at all is UNREACHABLE, half an answer UNKNOWN_ANSWER', async () => {
  const away = createApi({ fetch: () => Promise.reject(new TypeError('failed')), onUnauthorised: () => undefined });
  await expect(away.call('force.get', {})).rejects.toMatchObject({ code: 'UNREACHABLE' });
  const broken = createApi({
    fetch: () => Promise.resolve(new Response('<html>', { status: 502 })),
    onUnauthorised: () => undefined,
  });
  await expect(broken.call('force.get', {})).rejects.toMatchObject({ code: 'UNKNOWN_ANSWER' });
});
