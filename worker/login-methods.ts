import type { LoginMethod } from '../contract/login.ts';
import { LOGIN_TIMEOUT_MS } from '../contract/worker-operations.ts';
import { type FinalCallback, listenForCallback } from './callback-server.ts';
import { CALLBACK_PORTS, type Deps } from './deps.ts';
import { awaitDevice, startDevice } from './device-login.ts';
import { type Login, openLogin } from './login.ts';
import { authorizeUrl, type Challenge, loginRefused, newChallenge, redirectUriFor } from './oauth.ts';

/** A login that has begun, and what the person has to be told. */
export interface Begun {
  readonly login: Login;
  readonly url: string;
  readonly userCode: string | null;
  readonly instructions: string;
  readonly expiresAtMs: number;
  /** What a pasted address is compared with and handed to; null where nothing can be pasted. */
  readonly pasteInto: PasteTarget | null;
}

/** Takes what the browser was sent back with, by whatever way it comes. */
export interface PasteTarget {
  readonly state: string;
  accept: (callback: FinalCallback) => void;
}

/** Which login to begin; the issuer address is checked already. */
export interface BeginRequest {
  readonly loginId: string;
  readonly issuerUrl: string;
  /** Aborts when the worker ends before the login has begun. */
  readonly signal: AbortSignal;
}

/** Begins a login by its method. Errors: LOGIN_PORTS_BUSY, UPSTREAM_UNREACHABLE, UPSTREAM_INVALID_ANSWER. */
export function beginLogin(deps: Deps, method: LoginMethod, request: BeginRequest): Promise<Begun> {
  return METHODS[method](deps, request);
}

const METHODS: Readonly<Record<LoginMethod, (deps: Deps, request: BeginRequest) => Promise<Begun>>> = {
  browser: beginBrowser,
  device: beginDevice,
  paste: beginPaste,
};

async function beginBrowser(deps: Deps, { loginId, issuerUrl }: BeginRequest): Promise<Begun> {
  const challenge = newChallenge(deps);
  const expiresAtMs = deps.now() + LOGIN_TIMEOUT_MS;
  const server = await listenForCallback({
    ports: deps.callbackPorts,
    state: challenge.state,
    onCallback: (callback) => pasteInto.accept(callback),
  });
  const login = openLogin(deps, { loginId, method: 'browser', issuerUrl, expiresAtMs, release: () => server.close() });
  const pasteInto = receiver(login, challenge, server.redirectUri);
  const instructions = `Open the address in a browser on this computer and sign in; oma notices by itself. If the browser runs elsewhere, its last page does not load: copy the address of that page, which begins with ${server.redirectUri}, and paste it here.`;
  return {
    login,
    url: authorizeUrl(issuerUrl, server.redirectUri, challenge),
    userCode: null,
    instructions,
    expiresAtMs,
    pasteInto,
  };
}

function beginPaste(deps: Deps, { loginId, issuerUrl }: BeginRequest): Promise<Begun> {
  const challenge = newChallenge(deps);
  const expiresAtMs = deps.now() + LOGIN_TIMEOUT_MS;
  const redirectUri = redirectUriFor(CALLBACK_PORTS[0]);
  const login = openLogin(deps, { loginId, method: 'paste', issuerUrl, expiresAtMs, release: () => Promise.resolve() });
  const instructions = `Open the address in any browser and sign in. The last page does not load; that is expected. Copy the whole address of that page, which begins with ${redirectUri}, and paste it here.`;
  return Promise.resolve({
    login,
    url: authorizeUrl(issuerUrl, redirectUri, challenge),
    userCode: null,
    instructions,
    expiresAtMs,
    pasteInto: receiver(login, challenge, redirectUri),
  });
}

async function beginDevice(deps: Deps, { loginId, issuerUrl, signal }: BeginRequest): Promise<Begun> {
  const device = await startDevice(deps, issuerUrl, signal);
  const latestMs = deps.now() + LOGIN_TIMEOUT_MS;
  const expiresAtMs = Math.min(latestMs, device.expiresAtMs ?? latestMs);
  const login = openLogin(deps, {
    loginId,
    method: 'device',
    issuerUrl,
    expiresAtMs,
    release: () => Promise.resolve(),
  });
  awaitDevice(deps, device, login.waiting).then(
    (grant) => login.complete(grant),
    (error: unknown) => login.fail(error),
  );
  const instructions = `Open the address on any device, sign in, and type the code ${device.userCode}. Never type a code that somebody else sent you.`;
  return { login, url: device.verificationUrl, userCode: device.userCode, instructions, expiresAtMs, pasteInto: null };
}

function receiver(login: Login, { state, verifier }: Challenge, redirectUri: string): PasteTarget {
  return {
    state,
    accept: (callback) =>
      callback.kind === 'code'
        ? login.complete({ code: callback.code, verifier, redirectUri })
        : login.fail(loginRefused(callback.error)),
  };
}
