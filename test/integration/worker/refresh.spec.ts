import { describe, expect, it } from 'vitest';

import { secretSchema } from '../../../contract/scalars.ts';
import { PATIENCE } from '../../support/patience.ts';
import { type Simulator, useSimulator } from '../../support/simulator.ts';
import { closedPort, everythingOf, manualClock, timerWaits, useTcp, useWorker } from '../../support/worker.ts';

describe('token.refresh', () => {
  it('spends the token and brings its successor, which works', async () => {
    const { simulator, refresh } = await setUp();
    const login = simulator.control.credentials('work');
    const first = await refresh(login.refreshToken);
    if (first.status !== 'granted') throw new Error(first.message);
    expect(first.tokens).toMatchObject({
      accountId: 'ws-engine-room',
      userId: 'user-ada',
      email: 'ada@example.test',
      planType: 'team',
    });
    expect(first.tokens.refreshToken).not.toBe(login.refreshToken);
    expect(await refresh(first.tokens.refreshToken)).toMatchObject({ status: 'granted' });
    expect(await refresh(login.refreshToken)).toMatchObject({ status: 'rejected', code: 'refresh_token_reused' });
  });

  it('leaves open what became of the token when the answer was lost, and the issuer has indeed rotated it', async () => {
    const { simulator, refresh } = await setUp();
    const login = simulator.control.credentials('work');
    simulator.control.pushFault({ kind: 'answer-lost' });
    expect(await refresh(login.refreshToken)).toMatchObject({ status: 'unanswered' });
    expect(simulator.control.requests({ endpoint: 'token' })).toHaveLength(1);
    expect(await refresh(login.refreshToken)).toMatchObject({ status: 'rejected', code: 'refresh_token_reused' });
  });

  it.each([
    ['refresh-reused', 'rejected'],
    ['refresh-expired', 'rejected'],
    ['refresh-invalidated', 'rejected'],
    ['missing-fields', 'unanswered'],
    ['garbage-jwt', 'granted'],
    ['cut-mid-stream', 'unanswered'],
    ['cut-before-first-byte', 'unanswered'],
    ['end-early', 'unanswered'],
    ['huge', 'unanswered'],
    ['reset-before-headers', 'unanswered'],
    ['server-error', 'unanswered'],
    ['bad-gateway', 'unanswered'],
    ['overloaded', 'unanswered'],
    ['cloudflare', 'unanswered'],
    ['rate-limit-bare', 'unanswered'],
    ['html-200', 'unanswered'],
    ['json-error-200', 'unanswered'],
    ['gzip', 'granted'],
    ['slow', 'granted'],
  ] as const)('says for an issuer that does "%s": %s', async (kind, status) => {
    const { simulator, refresh } = await setUp();
    const { refreshToken } = simulator.control.credentials('work');
    simulator.control.pushFault({ kind, endpoint: 'token', ...(kind === 'slow' ? { delayMs: 20 } : {}) });
    const answer = await refresh(refreshToken);
    expect(answer.status).toBe(status);
    expect(simulator.control.requests({ endpoint: 'token' })).toHaveLength(1);
    if (status !== 'granted') expect(everythingOf(answer)).not.toMatch(/rt_|eyJ|ac_/);
  });

  it('rejects a revoked login and one that the issuer never knew', async () => {
    const { simulator, refresh } = await setUp();
    const { refreshToken } = simulator.control.credentials('work');
    simulator.control.revokeLogins('work');
    expect(await refresh(refreshToken)).toMatchObject({ status: 'rejected', code: 'refresh_token_invalidated' });
    expect(await refresh('rt_nobody')).toMatchObject({ status: 'rejected', code: 'token_expired' });
  });

  it('proves that nothing was sent when nobody listens, and the token is good afterwards', async () => {
    const { simulator, refresh } = await setUp();
    const { refreshToken } = simulator.control.credentials('work');
    await simulator.control.setOffline(true);
    expect(await refresh(refreshToken)).toMatchObject({
      status: 'not-sent',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await simulator.control.setOffline(false);
    expect(await refresh(refreshToken)).toMatchObject({ status: 'granted' });
  });

  it.each([
    ['hangs up after the request', (data: Buffer) => data.length > 0, ''],
    ['talks nonsense', (data: Buffer) => data.length > 0, 'I am no web server\r\n\r\n'],
    ['breaks off in the head', (data: Buffer) => data.length > 0, 'HTTP/1.1 200 OK\r\ncontent-le'],
  ])('leaves it open when the issuer %s', async (_, isRequest, said) => {
    const { refresh } = await setUp();
    const port = await useTcp((socket) => socket.on('data', (data: Buffer) => isRequest(data) && socket.end(said)));
    expect(await refresh('rt_x', `http://127.0.0.1:${port}`)).toMatchObject({ status: 'unanswered' });
  });

  it('gives up an issuer that never answers, at its own deadline', async () => {
    const clock = manualClock(Date.now());
    const { simulator } = await setUp();
    const worker = useWorker(clock);
    simulator.control.pushFault({ kind: 'stall-before-headers', endpoint: 'token' });
    const { refreshToken } = simulator.control.credentials('work');
    const asked = worker['token.refresh']({
      issuerUrl: simulator.issuerUrl,
      refreshToken: secretSchema.parse(refreshToken),
    });
    await timerWaits(clock, 30_000);
    await expect.poll(() => simulator.control.state().openRequests, PATIENCE).toBe(1);
    clock.advance(30_000);
    expect(await asked).toMatchObject({ status: 'unanswered', message: expect.stringContaining('30 s') });
    await expect.poll(() => simulator.control.state().openRequests, PATIENCE).toBe(0);
  });

  it('grants exactly one of sixteen that spend the same token at once', async () => {
    const { simulator, refresh } = await setUp();
    const { refreshToken } = simulator.control.credentials('work');
    const answers = await Promise.all(Array.from({ length: 16 }, () => refresh(refreshToken)));
    const counts = Object.groupBy(answers, ({ status }) => status);
    expect([counts.granted?.length, counts.rejected?.length]).toEqual([1, 15]);
  });

  it('keeps sixteen refreshes of sixteen logins apart', async () => {
    const { simulator, refresh } = await setUp(16);
    const aliases = simulator.control.state().seats.map(({ alias }) => alias);
    const answers = await Promise.all(
      aliases.map((alias) => refresh(simulator.control.credentials(alias).refreshToken)),
    );
    const seats = simulator.control.state().seats.map(({ accountId, userId }) => `${accountId} ${userId}`);
    expect(
      answers.map((answer) =>
        answer.status === 'granted' ? `${answer.tokens.accountId} ${answer.tokens.userId}` : answer.message,
      ),
    ).toEqual(seats);
  });

  it('asks nobody twice: each refresh is one request, whatever became of it', async () => {
    const { simulator, refresh } = await setUp();
    const { refreshToken } = simulator.control.credentials('work');
    for (const kind of ['reset-before-headers', 'overloaded', 'rate-limit-retry-after'] as const)
      simulator.control.pushFault({ kind, endpoint: 'token' });
    for (let asked = 1; asked <= 3; asked += 1) {
      expect(await refresh(refreshToken)).toMatchObject({ status: 'unanswered' });
      expect(simulator.control.requests({ endpoint: 'token' })).toHaveLength(asked);
    }
  });

  it('refuses to send a token in the clear to anybody but this machine', async () => {
    const { refresh } = await setUp();
    expect(await refresh('rt_x', `http://issuer.invalid:${await closedPort()}`)).toMatchObject({
      status: 'not-sent',
      message: expect.stringContaining('ISSUER_URL'),
    });
  });
});

async function setUp(seats = 4) {
  const simulator = await useSimulator({ seats });
  return { simulator, refresh: refresherOf(simulator) };
}

function refresherOf(simulator: Simulator) {
  const worker = useWorker();
  return (refreshToken: string, issuerUrl = simulator.issuerUrl) =>
    worker['token.refresh']({ issuerUrl, refreshToken: secretSchema.parse(refreshToken) });
}
