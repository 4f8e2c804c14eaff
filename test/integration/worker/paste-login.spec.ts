import { describe, expect, it } from 'vitest';

import { type Simulator, useSimulator } from '../../support/simulator.ts';
import { type Call, useWorker } from '../../support/worker.ts';

describe('a login by pasting', () => {
  it('needs no port: the person pastes the address of the page that did not load', async () => {
    const { simulator, worker } = await setUp();
    const begun = await begin(worker, simulator);
    expect(begun).toMatchObject({
      method: 'paste',
      userCode: null,
      instructions: expect.stringContaining('http://localhost:1455/auth/callback'),
    });
    const finished = worker['login.finish']({ loginId: 'login-1' });
    expect(await worker['login.paste']({ loginId: 'login-1', pasted: await lastPageOf(begun.url, 'home') })).toEqual(
      {},
    );
    expect(await finished).toMatchObject({ accountId: 'ws-ada-personal', userId: 'user-ada' });
  });

  it.each([
    ['the query', ({ search }: URL) => search],
    ['code#state', ({ searchParams }: URL) => `${searchParams.get('code') ?? ''}#${searchParams.get('state') ?? ''}`],
    ['the bare code', ({ searchParams }: URL) => searchParams.get('code') ?? ''],
  ])('accepts %s as well', async (_, cut) => {
    const { simulator, worker } = await setUp();
    const begun = await begin(worker, simulator);
    await worker['login.paste']({ loginId: 'login-1', pasted: cut(new URL(await lastPageOf(begun.url, 'home'))) });
    expect(await worker['login.finish']({ loginId: 'login-1' })).toMatchObject({ accountId: 'ws-ada-personal' });
  });

  it('also completes a browser login whose browser runs elsewhere, and frees its port', async () => {
    const { simulator, worker } = await setUp();
    const begun = await begin(worker, simulator, { method: 'browser' });
    const { origin } = new URL(new URL(begun.url).searchParams.get('redirect_uri') ?? '');
    await worker['login.paste']({ loginId: 'login-1', pasted: await lastPageOf(begun.url, 'work') });
    expect(await worker['login.finish']({ loginId: 'login-1' })).toMatchObject({ userId: 'user-ada' });
    await expect(fetch(origin)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  it('says whose address it is when it is the one of another login, and goes on waiting', async () => {
    const { simulator, worker } = await setUp();
    const one = await begin(worker, simulator, { loginId: 'login-1' });
    const two = await begin(worker, simulator, { loginId: 'login-2' });
    const ofTwo = await lastPageOf(two.url, 'work');
    const foreign = worker['login.paste']({ loginId: 'login-1', pasted: ofTwo });
    await expect(foreign).rejects.toMatchObject({
      code: 'INVALID_PARAMS',
      message: expect.stringContaining('login-2'),
    });
    await worker['login.cancel']({ loginId: 'login-2' });
    await expect(worker['login.paste']({ loginId: 'login-1', pasted: ofTwo })).rejects.toMatchObject({
      code: 'INVALID_PARAMS',
      message: expect.stringContaining('one that is over'),
    });
    await worker['login.paste']({ loginId: 'login-1', pasted: await lastPageOf(one.url, 'home') });
    expect(await worker['login.finish']({ loginId: 'login-1' })).toMatchObject({ accountId: 'ws-ada-personal' });
  });

  it('goes on waiting after a paste of something else', async () => {
    const { simulator, worker } = await setUp();
    const begun = await begin(worker, simulator);
    for (const pasted of [
      begun.url,
      'https://example.test/',
      'what now?',
      `?code=&state=${new URL(begun.url).searchParams.get('state') ?? ''}`,
    ]) {
      await expect(worker['login.paste']({ loginId: 'login-1', pasted })).rejects.toMatchObject({
        code: 'INVALID_PARAMS',
      });
    }
    await worker['login.paste']({ loginId: 'login-1', pasted: await lastPageOf(begun.url, 'home') });
    expect(await worker['login.finish']({ loginId: 'login-1' })).toMatchObject({ userId: 'user-ada' });
  });

  it('ends when the pasted address says that the person refused', async () => {
    const { simulator, worker } = await setUp();
    const begun = await begin(worker, simulator);
    const pasted = await lastPageOf(begun.url, '');
    await expect(worker['login.paste']({ loginId: 'login-1', pasted })).rejects.toMatchObject({
      code: 'LOGIN_REFUSED',
    });
    await expect(worker['login.finish']({ loginId: 'login-1' })).rejects.toMatchObject({
      code: 'LOGIN_REFUSED',
      details: { error: 'access_denied' },
    });
  });

  it('exchanges a code once, however often it is pasted', async () => {
    const { simulator, worker } = await setUp();
    const begun = await begin(worker, simulator);
    const pasted = await lastPageOf(begun.url, 'home');
    simulator.control.pushFault({ kind: 'slow', endpoint: 'token', delayMs: 100, times: null });
    await Promise.all(Array.from({ length: 4 }, () => worker['login.paste']({ loginId: 'login-1', pasted })));
    expect(await worker['login.finish']({ loginId: 'login-1' })).toMatchObject({ userId: 'user-ada' });
    expect(simulator.control.requests({ endpoint: 'token' })).toHaveLength(1);
  });

  it('says when a code is too old', async () => {
    const { simulator, worker } = await setUp();
    const begun = await begin(worker, simulator);
    const pasted = await lastPageOf(begun.url, 'home');
    simulator.control.advanceClock(11 * 60_000);
    await worker['login.paste']({ loginId: 'login-1', pasted });
    await expect(worker['login.finish']({ loginId: 'login-1' })).rejects.toMatchObject({
      code: 'LOGIN_REFUSED',
      message: expect.stringContaining('too old'),
    });
  });

  it('knows nothing of logins that never began', async () => {
    const { worker } = await setUp();
    for (const call of [
      worker['login.paste']({ loginId: 'x', pasted: 'ac_123456' }),
      worker['login.finish']({ loginId: 'x' }),
      worker['login.cancel']({ loginId: 'x' }),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'LOGIN_NOT_FOUND' });
    }
  });

  it('keeps sixteen logins apart, finished in the opposite order', async () => {
    const { simulator, worker } = await setUp();
    const aliases = ['work', 'home', 'colleague', 'free'];
    const logins = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        begin(worker, simulator, { loginId: `login-${index}` }).then(({ url }) => ({
          loginId: `login-${index}`,
          url,
          alias: aliases[index % 4]!,
        })),
      ),
    );
    const finished = logins.map(({ loginId }) => worker['login.finish']({ loginId }));
    await Promise.all(
      logins
        .toReversed()
        .map(async ({ loginId, url, alias }) =>
          worker['login.paste']({ loginId, pasted: await lastPageOf(url, alias) }),
        ),
    );
    const tokens = await Promise.all(finished);
    const seats = new Map(
      simulator.control.state().seats.map((seat) => [seat.alias, `${seat.accountId} ${seat.userId}`]),
    );
    expect(tokens.map(({ accountId, userId }) => `${accountId} ${userId}`)).toEqual(
      logins.map(({ alias }) => seats.get(alias)),
    );
    expect(new Set(tokens.map(({ refreshToken }) => refreshToken)).size).toBe(16);
  });

  it('keeps at most 32 logins', async () => {
    const { simulator, worker } = await setUp();
    for (let index = 0; index < 32; index += 1) await begin(worker, simulator, { loginId: `login-${index}` });
    await expect(begin(worker, simulator, { loginId: 'login-32' })).rejects.toMatchObject({
      code: 'OPERATION_IN_PROGRESS',
    });
  });
});

async function setUp() {
  return { simulator: await useSimulator({ settings: { redirectPorts: 'any' } }), worker: useWorker() };
}

function begin(
  worker: Call,
  simulator: Simulator,
  { loginId = 'login-1', method = 'paste' }: { loginId?: string; method?: 'paste' | 'browser' } = {},
) {
  return worker['login.begin']({ loginId, method, issuerUrl: simulator.issuerUrl });
}

/** The address the browser ends at after the person signed in; an empty name refuses. */
async function lastPageOf(authorizeUrl: string, alias: string): Promise<string> {
  const url = new URL(authorizeUrl);
  url.searchParams.set('sim_user', alias);
  const response = await fetch(url, { redirect: 'manual' });
  return response.headers.get('location') ?? '';
}
