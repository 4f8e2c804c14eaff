import { createHash } from 'node:crypto';

import type { Settings } from './settings.ts';
import { CLIENT_ID, issueFamily, type TokenSet } from './tokens.ts';
import { type Authorization, type DeviceLogin, nextId, put, type Step, without, type World } from './world.ts';

/** What a sign-in page was asked for. */
export interface AuthorizeQuestion {
  readonly responseType: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly challengeMethod: string;
  readonly state: string;
}

export interface ExchangeQuestion {
  readonly clientId: string;
  readonly code: string;
  readonly redirectUri: string;
  readonly verifier: string;
}

export type ExchangeResult =
  | { readonly kind: 'issued'; readonly tokens: TokenSet }
  | { readonly kind: 'refused'; readonly status: number; readonly error: string; readonly description: string };

/** What the device polling endpoint knows. */
export type DevicePoll =
  | { readonly kind: 'pending' | 'denied' | 'expired' | 'unknown' }
  | { readonly kind: 'approved'; readonly code: string; readonly verifier: string; readonly challenge: string };

export const DEVICE_CALLBACK_PATH = '/deviceauth/callback';

const CALLBACK_PATH = '/auth/callback';
const REGISTERED_PORTS = ['1455', '1457'];
// localhost is what everybody documents; 127.0.0.1 is what codex 0.169 itself asks for.
const REGISTERED_HOSTS = ['localhost', '127.0.0.1'];
const CODE_TTL_MS = 10 * 60_000;
const DEVICE_TTL_MS = 15 * 60_000;
const CODES_MAX = 1_000;
const DEVICES_MAX = 1_000;

/** Says why a sign-in page cannot be shown, or null. */
export function authorizeProblem(settings: Settings, question: AuthorizeQuestion): string | null {
  if (question.responseType !== 'code') return 'The response_type must be "code".';
  if (question.clientId !== CLIENT_ID) return 'The client_id is unknown.';
  if (question.challengeMethod !== 'S256' || !/^[A-Za-z0-9_-]{43}$/.test(question.challenge))
    return 'A PKCE code_challenge with method S256 is required.';
  if (question.state.length < 8) return 'The state must have at least 8 characters.';
  return redirectProblem(settings, question.redirectUri) === 'page'
    ? 'The redirect_uri is not registered for this client.'
    : null;
}

/** Makes the code a person's consent leads to. */
export function consent(world: World, question: AuthorizeQuestion, by: { alias: string; now: number }): Step<string> {
  return putAuthorization(world, {
    alias: by.alias,
    redirectUri: question.redirectUri,
    challenge: question.challenge,
    expiresAtMs: by.now + CODE_TTL_MS,
  });
}

/** Exchanges a code for tokens; a code works once, whatever comes of it. */
export function exchange(world: World, question: ExchangeQuestion, now: number): Step<ExchangeResult> {
  const authorization = world.authorizations.get(question.code);
  const used: World = { ...world, authorizations: without(world.authorizations, question.code) };
  const problem = exchangeProblem(world.settings, question, { authorization, now });
  if (problem !== null || authorization === undefined) return [used, problem ?? invalidGrant('The code is unknown.')];
  const [issued, tokens] = issueFamily(used, authorization.alias, now);
  return [issued, { kind: 'issued', tokens }];
}

/** Starts a device login. */
export function startDevice(
  world: World,
  now: number,
): Step<{ readonly deviceId: string; readonly userCode: string; readonly expiresAtMs: number }> {
  const [named, deviceId] = nextId(world, 'deviceauth_');
  const [coded, digits] = nextId(named, '');
  const userCode = `${digits.slice(0, 4)}-${digits.slice(4, 9)}`.toUpperCase();
  const login: DeviceLogin = { userCode, alias: null, denied: false, expiresAtMs: now + DEVICE_TTL_MS };
  return [putDevice(coded, deviceId, login), { deviceId, userCode, expiresAtMs: login.expiresAtMs }];
}

/** Approves (or denies, with `alias: null`) the device login a person typed the code of; false: no such code waits. */
export function decideDevice(world: World, userCode: string, alias: string | null): Step<boolean> {
  const entry = [...world.devices].find(([, login]) => login.userCode === userCode.trim().toUpperCase());
  if (entry === undefined) return [world, false];
  return [putDevice(world, entry[0], { ...entry[1], alias, denied: alias === null }), true];
}

/** Answers one poll of a waiting device. */
export function pollDevice(
  world: World,
  ask: { deviceId: string; userCode: string; origin: string },
  now: number,
): Step<DevicePoll> {
  const login = world.devices.get(ask.deviceId);
  if (login === undefined || login.userCode !== ask.userCode) return [world, { kind: 'unknown' }];
  if (login.expiresAtMs <= now) return [world, { kind: 'expired' }];
  if (login.denied) return [world, { kind: 'denied' }];
  const alias = login.alias ?? world.settings.autoApprove;
  if (alias === null) return [world, { kind: 'pending' }];
  // In this flow the provider makes the PKCE pair itself and hands both halves to the device.
  const [named, verifier] = nextId(world, 'simulated-device-verifier-');
  const challenge = challengeOf(verifier);
  const [coded, code] = putAuthorization(named, {
    alias,
    redirectUri: `${ask.origin}${DEVICE_CALLBACK_PATH}`,
    challenge,
    expiresAtMs: now + CODE_TTL_MS,
  });
  return [
    { ...coded, devices: without(coded.devices, ask.deviceId) },
    { kind: 'approved', code, verifier, challenge },
  ];
}

/** Computes the S256 challenge of a PKCE verifier. */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

// Where an unregistered callback is refused: on the page, only at the exchange, or not at all.
function redirectProblem(settings: Settings, redirectUri: string): 'page' | 'exchange' | null {
  const url = URL.canParse(redirectUri) ? new URL(redirectUri) : null;
  if (
    url?.protocol !== 'http:' ||
    !REGISTERED_HOSTS.includes(url.hostname) ||
    url.pathname !== CALLBACK_PATH ||
    url.search !== ''
  )
    return 'page';
  if (REGISTERED_PORTS.includes(url.port) || settings.redirectPorts === 'any') return null;
  return settings.redirectPorts === 'registered' ? 'page' : 'exchange';
}

function exchangeProblem(
  settings: Settings,
  question: ExchangeQuestion,
  given: { authorization: Authorization | undefined; now: number },
): ExchangeResult | null {
  const { authorization } = given;
  if (question.clientId !== CLIENT_ID)
    return { kind: 'refused', status: 401, error: 'invalid_client', description: 'The client_id is unknown.' };
  if (authorization === undefined) return invalidGrant('The code is unknown or was used already.');
  if (authorization.expiresAtMs <= given.now) return invalidGrant('The code has expired.');
  if (authorization.redirectUri !== question.redirectUri)
    return invalidGrant('The redirect_uri is not the one the code was made for.');
  if (challengeOf(question.verifier) !== authorization.challenge)
    return invalidGrant('The code_verifier does not fit the code_challenge.');
  const isDevice =
    URL.canParse(question.redirectUri) && new URL(question.redirectUri).pathname === DEVICE_CALLBACK_PATH;
  if (isDevice || redirectProblem(settings, question.redirectUri) === null) return null;
  return {
    kind: 'refused',
    status: 403,
    error: 'unauthorized_client',
    description: 'The redirect_uri is not registered for this client.',
  };
}

function invalidGrant(description: string): ExchangeResult {
  return { kind: 'refused', status: 400, error: 'invalid_grant', description };
}

function putAuthorization(world: World, authorization: Authorization): Step<string> {
  const [named, code] = nextId(world, 'ac_');
  return [{ ...named, authorizations: put(named.authorizations, [code, authorization], CODES_MAX) }, code];
}

function putDevice(world: World, deviceId: string, login: DeviceLogin): World {
  return { ...world, devices: put(world.devices, [deviceId, login], DEVICES_MAX) };
}
