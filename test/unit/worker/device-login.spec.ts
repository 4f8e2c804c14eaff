import { describe, expect, it, vi } from 'vitest';

import { awaitDevice, type Device, startDevice } from '../../../worker/device-login.ts';
import {
  answering,
  everythingOf,
  manualClock,
  TEST_NOW_MS as NOW,
  timerWaits,
  workerDeps,
} from '../../support/worker.ts';

const ISSUER = 'https://auth.example.test';
const DEVICE: Device = {
  issuerUrl: ISSUER,
  deviceAuthId: 'deviceauth_1',
  userCode: 'ABCD-12345',
  verificationUrl: `${ISSUER}/codex/device`,
  intervalMs: 5_000,
  expiresAtMs: null,
};
const APPROVED = { authorization_code: 'ac_1', code_challenge: 'c', code_verifier: 'v_1' };
const PENDING = [403, { error: { code: 'deviceauth_authorization_pending' } }] as const;
const WAIT = { timeout: 60_000, interval: 1 };
const open = new AbortController();
const broken = () => Promise.reject(new TypeError('fetch failed'));

describe('startDevice', () => {
  const start = (body: unknown, status = 200) =>
    startDevice(workerDeps({ fetch: answering(status, body) }), ISSUER, open.signal);

  it('asks as the codex CLI does', async () => {
    const fetch = vi.fn(
      answering(200, {
        device_auth_id: 'deviceauth_1',
        user_code: 'ABCD-12345',
        interval: '5',
        expires_at: new Date(NOW).toISOString(),
      }),
    );
    expect(await startDevice(workerDeps({ fetch }), ISSUER, open.signal)).toEqual({ ...DEVICE, expiresAtMs: NOW });
    expect(fetch.mock.calls[0]).toMatchObject([
      `${ISSUER}/api/accounts/deviceauth/usercode`,
      { method: 'POST', body: '{"client_id":"app_EMoamEEZ73f0CkXaXp7hrann"}' },
    ]);
  });

  it.each([
    ['"7"', 7_000],
    [7, 7_000],
    ['0', 1_000],
    [900, 60_000],
    ['often', 5_000],
    [undefined, 5_000],
  ])('polls at an interval of %j s that harms nobody', async (interval, intervalMs) => {
    const parsed = typeof interval === 'string' ? interval.replaceAll('"', '') : interval;
    expect(await start({ device_auth_id: 'd', usercode: 'U', interval: parsed })).toMatchObject({
      userCode: 'U',
      intervalMs,
    });
  });

  it.each([
    [404, { detail: 'Not Found' }, 'UPSTREAM_INVALID_ANSWER', 'Settings > Security'],
    [200, { device_auth_id: 'd' }, 'UPSTREAM_INVALID_ANSWER', 'HTTP 200'],
    [200, '<html>SECRET</html>', 'UPSTREAM_INVALID_ANSWER', 'HTTP 200'],
    [400, { error: 'unauthorized_client' }, 'UPSTREAM_INVALID_ANSWER', 'unauthorized_client'],
    [429, {}, 'UPSTREAM_UNREACHABLE', 'HTTP 429'],
    [503, {}, 'UPSTREAM_UNREACHABLE', 'HTTP 503'],
  ])('says for HTTP %i %j what else to do', async (status, body, code, said) => {
    await expect(start(body, status)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(new RegExp(`${said}.*--paste`, 's')),
    });
    await expect(start(body, status)).rejects.not.toThrow(/SECRET/);
  });

  it('says that the provider cannot be reached', async () => {
    await expect(startDevice(workerDeps({ fetch: broken }), ISSUER, open.signal)).rejects.toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
    });
  });
});

describe('awaitDevice', () => {
  /** Answers one poll after another; the delays before each poll are what it took. */
  async function poll(answers: readonly (typeof fetch)[], device = DEVICE) {
    const clock = manualClock();
    const delays: number[] = [];
    let polls = 0;
    const ask: typeof fetch = (input, init) => answers[polls++]!(input, init);
    const settled = vi.fn();
    const outcome = awaitDevice(workerDeps({ ...clock, fetch: ask }), device, new AbortController().signal);
    outcome.then(settled, settled);
    while (delays.length < answers.length) {
      await vi.waitFor(() => expect(clock.waiting().length).toBe(1), WAIT);
      const [delayMs = 0] = clock.waiting();
      delays.push(delayMs);
      const before = polls;
      clock.advance(delayMs);
      await vi.waitFor(() => expect(polls).toBe(before + 1), WAIT);
      await vi.waitFor(
        () =>
          expect(
            settled.mock.calls.length + clock.waiting().filter((waiting) => waiting !== 20_000).length,
          ).toBeGreaterThan(0),
        WAIT,
      );
    }
    return { outcome, delays };
  }

  it('waits while nobody has typed the code, and brings the code with the verifier of the provider', async () => {
    const { outcome, delays } = await poll([
      answering(...PENDING),
      answering(404, {}),
      answering(403, ''),
      answering(200, APPROVED),
    ]);
    expect(await outcome).toEqual({ code: 'ac_1', verifier: 'v_1', redirectUri: `${ISSUER}/deviceauth/callback` });
    expect(delays).toEqual([5_000, 5_000, 5_000, 5_000]);
  });

  it('slows down when it is told to, up to a minute', async () => {
    const slow = answering(400, { error: 'slow_down' });
    expect((await poll([slow, answering(429, {}), answering(...PENDING), answering(200, APPROVED)])).delays).toEqual([
      5_000, 10_000, 15_000, 15_000,
    ]);
    expect((await poll([slow, answering(200, APPROVED)], { ...DEVICE, intervalMs: 58_000 })).delays).toEqual([
      58_000, 60_000,
    ]);
  });

  it.each([
    ['denied', 400, { error: { code: 'deviceauth_denied' } }, 'LOGIN_REFUSED'],
    ['declined', 400, { error: 'authorization_declined' }, 'LOGIN_REFUSED'],
    ['denied with the status of waiting', 403, { error: 'access_denied' }, 'LOGIN_REFUSED'],
    ['refused with a word oma does not know', 400, { error: 'no_such_device' }, 'LOGIN_REFUSED'],
    ['refused without a word', 400, 'SECRET', 'LOGIN_REFUSED'],
    ['expired', 400, { error: { code: 'deviceauth_expired' } }, 'LOGIN_TIMED_OUT'],
    ['expired in the words of RFC 8628', 400, { error: 'expired_token' }, 'LOGIN_TIMED_OUT'],
    ['approved without a verifier', 200, { authorization_code: 'SECRET' }, 'UPSTREAM_INVALID_ANSWER'],
  ])('ends when the device was %s', async (_, status, body, code) => {
    const { outcome } = await poll([answering(...PENDING), answering(status, body)]);
    const error: unknown = await outcome.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code });
    expect(everythingOf(error)).not.toContain('SECRET');
  });

  it('bears a failure now and then, but not twelve in a row', async () => {
    const failing = [broken, answering(500, {}), answering(502, '<html></html>')];
    const eleven = Array.from({ length: 11 }, (_, index) => failing[index % 3]!);
    const recovered = await poll([...eleven, answering(...PENDING), ...eleven, answering(200, APPROVED)]);
    expect(await recovered.outcome).toMatchObject({ code: 'ac_1' });
    const { outcome } = await poll([...eleven, broken]);
    await expect(outcome).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' });
  });

  it('stops at once when the login is over, waiting or asking', async () => {
    for (const phase of ['waiting', 'asking'] as const) {
      const clock = manualClock();
      const over = new AbortController();
      const hanging: typeof fetch = (_, init) =>
        new Promise((_resolve, reject) =>
          init?.signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError'))),
        );
      const outcome = awaitDevice(workerDeps({ ...clock, fetch: hanging }), DEVICE, over.signal);
      await timerWaits(clock, 5_000);
      if (phase === 'asking') {
        clock.advance(5_000);
        await timerWaits(clock, 20_000);
      }
      over.abort();
      await expect(outcome).rejects.toMatchObject({ code: 'LOGIN_CANCELLED' });
      expect(clock.waiting()).toEqual([]);
    }
  });
});
