import { connect } from 'node:net';

import { expect, it, onTestFinished, vi } from 'vitest';

import { listenForCallback } from '../../../worker/callback-server.ts';

it('takes the first answer only, and says so to whoever comes later', async () => {
  const { url, onCallback } = await listen();
  expect((await fetch(`${url}?code=ac_1&state=st4te`)).status).toBe(200);
  const later = await fetch(`${url}?error=access_denied&state=st4te`);
  expect([later.status, await later.text()]).toEqual([409, expect.stringContaining('Already done')]);
  expect(onCallback.mock.calls).toEqual([[{ kind: 'code', code: 'ac_1' }]]);
});

it('gives the browser its whole page although its caller closes at once', async () => {
  const { url, close, onCallback } = await listen();
  onCallback.mockImplementation(close);
  const response = await fetch(`${url}?code=ac_1&state=st4te`);
  expect([response.status, await response.text()]).toEqual([200, expect.stringMatching(/Thank you.*<\/html>$/)]);
  await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
});

it('ends visitors that say nothing as soon as it closes', async () => {
  const { url, close } = await listen();
  const visitor = connect(Number(new URL(url).port), '127.0.0.1');
  await new Promise<void>((resolve) => visitor.once('connect', resolve));
  const startedAtMs = performance.now();
  const ended = new Promise<void>((resolve) => visitor.once('close', () => resolve()).resume());
  await close();
  await ended;
  expect(performance.now() - startedAtMs).toBeLessThan(20_000);
});

async function listen() {
  const onCallback = vi.fn();
  const server = await listenForCallback({ ports: [0], state: 'st4te', onCallback });
  onTestFinished(() => server.close());
  return { url: server.redirectUri, close: () => server.close(), onCallback };
}
