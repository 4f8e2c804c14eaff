import { describe, expect, it } from 'vitest';

import { CALLBACK_PORTS } from '../../../worker/deps.ts';
import { authorizeUrl, loginRefused, newChallenge, readCallback, redirectUriFor } from '../../../worker/oauth.ts';
import { workerDeps } from '../../support/worker.ts';

const STATE = 'the-state-of-this-login';

describe('the authorize address', () => {
  it('has the parameters of the codex CLI, with the challenge of RFC 7636 for its example verifier', () => {
    const challenge = { state: STATE, verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' };
    const url = new URL(authorizeUrl('https://auth.example.test', redirectUriFor(1455), challenge));
    expect(url.origin + url.pathname).toBe('https://auth.example.test/oauth/authorize');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
      redirect_uri: 'http://localhost:1455/auth/callback',
      scope: 'openid profile email offline_access',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      id_token_add_organizations: 'true',
      codex_cli_simplified_flow: 'true',
      state: STATE,
      originator: 'opencode',
    });
    expect(url.href).not.toContain(challenge.verifier);
  });

  it('is tied to secrets that no two logins share', () => {
    const [one, other] = [newChallenge(workerDeps()), newChallenge(workerDeps())];
    expect(one.state).toMatch(/^[\w-]{43}$/);
    expect(one.verifier).toMatch(/^[\w-]{86}$/);
    expect(new Set([one.state, one.verifier, other.state, other.verifier]).size).toBe(4);
  });

  it('can only come back to the two ports that the provider knows', () => {
    expect(CALLBACK_PORTS).toEqual([1455, 1457]);
  });
});

describe('readCallback', () => {
  it.each([
    ['the code', `code=abc&state=${STATE}`, { kind: 'code', code: 'abc' }],
    ['a refusal', `error=access_denied&state=${STATE}`, { kind: 'refused', error: 'access_denied' }],
    [
      'a refusal rather than a code beside it',
      `error=access_denied&code=abc&state=${STATE}`,
      { kind: 'refused', error: 'access_denied' },
    ],
    [
      'no words of an error that are no code',
      `error=${encodeURIComponent('<b>ada@example.test</b>')}&state=${STATE}`,
      { kind: 'refused', error: 'unknown' },
    ],
    ['that there is no state', 'code=abc', { kind: 'foreign' }],
    ['that the state is empty', 'code=abc&state=', { kind: 'foreign' }],
    ['that the state is another', `code=abc&state=${STATE}x`, { kind: 'foreign' }],
    ['that the state differs in one character', `code=abc&state=X${STATE.slice(1)}`, { kind: 'foreign' }],
    ['that a refusal without state is anybody’s', 'error=access_denied', { kind: 'foreign' }],
    ['that there is no code', `state=${STATE}`, { kind: 'empty' }],
    ['that the code is empty', `code=&state=${STATE}`, { kind: 'empty' }],
    ['that the code is too long', `code=${'c'.repeat(4_097)}&state=${STATE}`, { kind: 'empty' }],
  ])('reads %s', (_, query, callback) => {
    expect(readCallback(new URLSearchParams(query), STATE)).toEqual(callback);
  });
});

describe('loginRefused', () => {
  it('says in words that the person cancelled, and else which code the provider gave', () => {
    expect(loginRefused('access_denied')).toMatchObject({ code: 'LOGIN_REFUSED', details: { error: 'access_denied' } });
    expect(loginRefused('access_denied').message).toContain('the person cancelled it');
    expect(loginRefused('server_error').message).toContain('"server_error"');
  });
});
