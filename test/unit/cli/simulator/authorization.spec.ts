import { describe, expect, it } from 'vitest';

import {
  authorizeProblem,
  type AuthorizeQuestion,
  challengeOf,
  consent,
  decideDevice,
  exchange,
  pollDevice,
  startDevice,
} from '../../../../cli/simulator/authorization.ts';
import { demoSeats } from '../../../../cli/simulator/seat.ts';
import { settingsSchema } from '../../../../cli/simulator/settings.ts';
import { newWorld, patchSettings } from '../../../../cli/simulator/world.ts';

const NOW = 1_800_000_000_000;
const VERIFIER = 'v'.repeat(43);
const REDIRECT = 'http://localhost:1455/auth/callback';
const SETTINGS = settingsSchema.parse({});

const QUESTION: AuthorizeQuestion = {
  responseType: 'code',
  clientId: 'app_EMoamEEZ73f0CkXaXp7hrann',
  redirectUri: REDIRECT,
  challenge: challengeOf(VERIFIER),
  challengeMethod: 'S256',
  state: '0123456789abcdef',
};
const EXCHANGE = { clientId: QUESTION.clientId, redirectUri: REDIRECT, verifier: VERIFIER };

function world() {
  return newWorld({ salt: 'a', seats: demoSeats(4) }, NOW);
}

describe('the sign-in page', () => {
  it.each([
    'http://127.0.0.1:1455/auth/callback',
    'http://localhost:1455/auth/callback',
    'http://localhost:1457/auth/callback',
  ])('accepts %s', (redirectUri) => {
    expect(authorizeProblem(SETTINGS, { ...QUESTION, redirectUri })).toBeNull();
  });

  it.each([
    { redirectUri: 'http://localhost:1456/auth/callback' },
    { redirectUri: 'http://[::1]:1455/auth/callback' },
    { redirectUri: 'https://localhost:1455/auth/callback' },
    { redirectUri: 'http://localhost:1455/other' },
    { redirectUri: 'not a url' },
    { clientId: 'app_other' },
    { challengeMethod: 'plain' },
    { challenge: 'short' },
    { responseType: 'token' },
    { state: '' },
  ])('refuses %o', (change) => {
    expect(authorizeProblem(SETTINGS, { ...QUESTION, ...change })).toMatch(/\.$/);
  });

  it('lets other ports through when tests ask for it', () => {
    const other = { ...QUESTION, redirectUri: 'http://localhost:40123/auth/callback' };
    expect(authorizeProblem({ ...SETTINGS, redirectPorts: 'any' }, other)).toBeNull();
    expect(authorizeProblem({ ...SETTINGS, redirectPorts: 'exchange-refuses' }, other)).toBeNull();
  });
});

describe('the code exchange', () => {
  it('gives tokens of the person who consented', () => {
    const [asked, code] = consent(world(), QUESTION, { alias: 'home', now: NOW });
    const [, result] = exchange(asked, { ...EXCHANGE, code }, NOW + 1_000);
    expect(result).toMatchObject({ kind: 'issued', tokens: { alias: 'home' } });
  });

  it('works once, also when the first try failed', () => {
    const [asked, code] = consent(world(), QUESTION, { alias: 'home', now: NOW });
    const [tried, wrong] = exchange(asked, { ...EXCHANGE, code, verifier: 'x'.repeat(43) }, NOW);
    expect(wrong).toMatchObject({ kind: 'refused', status: 400, error: 'invalid_grant' });
    expect(exchange(tried, { ...EXCHANGE, code }, NOW)[1]).toMatchObject({ kind: 'refused', error: 'invalid_grant' });
  });

  it.each([
    [{ redirectUri: 'http://localhost:1457/auth/callback' }, 400],
    [{ clientId: 'app_other' }, 401],
  ])('refuses %o', (change, status) => {
    const [asked, code] = consent(world(), QUESTION, { alias: 'home', now: NOW });
    expect(exchange(asked, { ...EXCHANGE, code, ...change }, NOW)[1]).toMatchObject({ kind: 'refused', status });
  });

  it('refuses a code after ten minutes', () => {
    const [asked, code] = consent(world(), QUESTION, { alias: 'home', now: NOW });
    expect(exchange(asked, { ...EXCHANGE, code }, NOW + 600_000)[1]).toMatchObject({ error: 'invalid_grant' });
  });

  it('refuses an unregistered port with 403 when the page let it pass', () => {
    const open = patchSettings(world(), { redirectPorts: 'exchange-refuses' });
    const redirectUri = 'http://localhost:1459/auth/callback';
    const [asked, code] = consent(open, { ...QUESTION, redirectUri }, { alias: 'home', now: NOW });
    expect(exchange(asked, { ...EXCHANGE, redirectUri, code }, NOW)[1]).toMatchObject({ kind: 'refused', status: 403 });
  });
});

describe('the device login', () => {
  const ORIGIN = 'http://127.0.0.1:1';

  it('waits, is approved by its code, and hands out a code that can be exchanged once', () => {
    const [begun, device] = startDevice(world(), NOW);
    expect(device.userCode).toMatch(/^[0-9A-F]{4}-[0-9A-F]{5}$/);
    const ask = { deviceId: device.deviceId, userCode: device.userCode, origin: ORIGIN };
    expect(pollDevice(begun, ask, NOW)[1]).toEqual({ kind: 'pending' });
    const [approved, found] = decideDevice(begun, device.userCode.toLowerCase(), 'free');
    expect(found).toBe(true);
    const [polled, answer] = pollDevice(approved, ask, NOW);
    if (answer.kind !== 'approved') throw new Error(answer.kind);
    expect(challengeOf(answer.verifier)).toBe(answer.challenge);
    expect(pollDevice(polled, ask, NOW)[1]).toEqual({ kind: 'unknown' });
    const question = { ...EXCHANGE, redirectUri: `${ORIGIN}/deviceauth/callback`, verifier: answer.verifier };
    expect(exchange(polled, { ...question, code: answer.code }, NOW)[1]).toMatchObject({ tokens: { alias: 'free' } });
  });

  it('tells a refused, an expired and an unknown device apart', () => {
    const [begun, device] = startDevice(world(), NOW);
    const ask = { deviceId: device.deviceId, userCode: device.userCode, origin: ORIGIN };
    const [refused] = decideDevice(begun, device.userCode, null);
    expect(pollDevice(refused, ask, NOW)[1]).toEqual({ kind: 'denied' });
    expect(pollDevice(begun, ask, NOW + 900_000)[1]).toEqual({ kind: 'expired' });
    expect(pollDevice(begun, { ...ask, userCode: 'XXXX-XXXXX' }, NOW)[1]).toEqual({ kind: 'unknown' });
    expect(decideDevice(begun, 'XXXX-XXXXX', 'free')).toEqual([begun, false]);
  });
});
