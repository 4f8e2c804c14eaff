import { describe, expect, it } from 'vitest';

import { OmaError } from '../../../contract/errors.ts';
import { secretSchema } from '../../../contract/scalars.ts';
import { renewedTokensSchema, tokenSetSchema } from '../../../contract/worker-operations.ts';
import { renewedTokensOf, tokenSetOf } from '../../../worker/tokens.ts';
import { everythingOf, fakeJwt, seatClaims, TEST_NOW_MS as NOW } from '../../support/worker.ts';

const AUTH = 'https://api.openai.com/auth';
const PROFILE = 'https://api.openai.com/profile';
const OLD = secretSchema.parse('rt_old');

const answer = (change: Readonly<Record<string, unknown>> = {}) => ({
  access_token: fakeJwt(seatClaims()),
  refresh_token: 'rt_new',
  id_token: fakeJwt(seatClaims({ email: 'ada@example.test' })),
  expires_in: 7_200,
  ...change,
});

describe('tokenSetOf', () => {
  it('takes tokens and identity out of a whole answer', () => {
    const given = answer();
    const tokens = tokenSetOf(given, NOW);
    expect(tokens).toEqual({
      accessToken: given.access_token,
      refreshToken: 'rt_new',
      idToken: given.id_token,
      expiresAtMs: NOW + 3_600_000,
      accountId: 'ws-1',
      userId: 'user-1',
      email: 'ada@example.test',
      planType: 'plus',
    });
    expect(tokenSetSchema.parse(tokens)).toEqual(tokens);
  });

  it('believes the id token first and lets the access token fill the gaps', () => {
    const idToken = fakeJwt({ sub: 's', [AUTH]: { chatgpt_account_id: 'ws-of-id' } });
    const accessToken = fakeJwt(
      seatClaims({
        [AUTH]: { chatgpt_account_id: 'ws-of-access', chatgpt_user_id: 'user-of-access', chatgpt_plan_type: 'team' },
        [PROFILE]: { email: 'grace@example.test' },
      }),
    );
    const tokens = tokenSetOf(answer({ id_token: idToken, access_token: accessToken }), NOW);
    expect(tokens).toMatchObject({
      accountId: 'ws-of-id',
      userId: 'user-of-access',
      planType: 'team',
      email: 'grace@example.test',
    });
  });

  it.each([
    ['chatgpt_user_id before user_id', { chatgpt_user_id: 'a', user_id: 'b' }, 'a'],
    ['user_id before the subject', { user_id: 'b' }, 'b'],
    ['the subject last', {}, 'auth0|subject'],
  ])('names the person by %s', (_, auth, userId) => {
    const accessToken = fakeJwt(seatClaims({ [AUTH]: { chatgpt_account_id: 'ws-1', ...auth } }));
    expect(tokenSetOf(answer({ access_token: accessToken, id_token: null }), NOW).userId).toBe(userId);
  });

  it.each([
    ['the access token', { exp: 2_000_000_000 }, { exp: 1_900_000_000 }, 2_000_000_000_000],
    ['the id token, else', { exp: undefined }, { exp: 1_900_000_000 }, 1_900_000_000_000],
    ['the answer, else', { exp: undefined }, { exp: undefined }, NOW + 7_200_000],
    ['the answer when the claims are no times', { exp: 'soon' }, { exp: 1e15 }, NOW + 7_200_000],
    ['whole milliseconds only, of', { exp: 2_000_000_000.0009 }, {}, 2_000_000_000_000],
  ])('takes the expiry from %s', (_, access, id, expiresAtMs) => {
    const given = answer({ access_token: fakeJwt(seatClaims(access)), id_token: fakeJwt(seatClaims(id)) });
    expect(tokenSetOf(given, NOW).expiresAtMs).toBe(expiresAtMs);
  });

  it('accepts an opaque access token when the id token says who it is, and drops an id token it cannot read', () => {
    const opaque = tokenSetOf(answer({ access_token: 'opaque-access-token' }), NOW);
    expect(opaque).toMatchObject({
      accessToken: 'opaque-access-token',
      accountId: 'ws-1',
      expiresAtMs: NOW + 3_600_000,
    });
    for (const idToken of ['%%%', 12, ''])
      expect(tokenSetOf(answer({ id_token: idToken }), NOW)).toMatchObject({
        idToken: null,
        accountId: 'ws-1',
        email: null,
      });
  });

  it('leaves out an e-mail and a plan that are not of the expected form', () => {
    const claims = {
      email: 7,
      [AUTH]: { chatgpt_account_id: 'ws-1', chatgpt_user_id: 'u', chatgpt_plan_type: { tier: 'plus' } },
    };
    const tokens = tokenSetOf(answer({ access_token: fakeJwt(seatClaims(claims)), id_token: undefined }), NOW);
    expect(tokens).toMatchObject({ email: null, planType: null });
  });

  const noAuth = fakeJwt(seatClaims({ [AUTH]: undefined }));
  it.each([
    ['access_token', answer({ access_token: undefined })],
    ['access_token', answer({ access_token: '' })],
    ['access_token', answer({ access_token: { token: 'SECRET-object' } })],
    ['access_token', null],
    ['access_token', 'SECRET-text'],
    ['access_token', undefined],
    ['refresh_token', answer({ refresh_token: undefined })],
    ['refresh_token', answer({ refresh_token: '' })],
    [
      'expires_in',
      answer({ access_token: fakeJwt(seatClaims({ exp: undefined })), id_token: null, expires_in: undefined }),
    ],
    ['expires_in', answer({ access_token: fakeJwt(seatClaims({ exp: undefined })), id_token: null, expires_in: -1 })],
    ['chatgpt_account_id', answer({ access_token: noAuth, id_token: null })],
    [
      'chatgpt_account_id',
      answer({ access_token: fakeJwt(seatClaims({ [AUTH]: { chatgpt_user_id: 'u' } })), id_token: null }),
    ],
    [
      'chatgpt_account_id',
      answer({
        access_token: fakeJwt(seatClaims({ [AUTH]: { chatgpt_account_id: 'x'.repeat(129) } })),
        id_token: null,
      }),
    ],
    [
      'chatgpt_user_id',
      answer({ access_token: fakeJwt({ exp: 2e9, [AUTH]: { chatgpt_account_id: 'ws-1' } }), id_token: null }),
    ],
    // Garbage where a JWT should be: nothing in it can be believed, not even its end.
    ['chatgpt_account_id', answer({ access_token: 'not.a.jwt', id_token: '%%%' })],
    [
      'chatgpt_account_id',
      answer({ access_token: `e30.${Buffer.from('SECRET{').toString('base64url')}.x`, id_token: null }),
    ],
    [
      'chatgpt_account_id',
      answer({ access_token: `e30.${Buffer.from('[1]').toString('base64url')}.x`, id_token: null }),
    ],
    ['chatgpt_account_id', answer({ access_token: 'e30.bnVsbA.x', id_token: null })],
    ['chatgpt_account_id', answer({ access_token: `${fakeJwt(seatClaims())}.more`, id_token: null })],
  ])('says that "%s" is missing and tells nothing of the answer (%#)', (field, given) => {
    const error = errorOf(() => tokenSetOf(given, NOW));
    expect(error).toBeInstanceOf(OmaError);
    expect(error).toMatchObject({ code: 'UPSTREAM_INVALID_ANSWER', details: { field } });
    expect(error.message).toContain(`"${field}"`);
    expect(everythingOf([error.message, error.details, error.cause])).not.toMatch(/eyJ|SECRET|rt_|e30/);
  });
});

describe('renewedTokensOf', () => {
  const UNTOLD = { accountId: null, userId: null, email: null, planType: null };

  it('keeps the old refresh token when a refresh brings no new one', () => {
    for (const none of [undefined, null, '', 7])
      expect(renewedTokensOf(answer({ refresh_token: none }), OLD, NOW)?.refreshToken).toBe('rt_old');
    expect(renewedTokensOf(answer(), OLD, NOW)?.refreshToken).toBe('rt_new');
  });

  it.each([
    [
      'tokens that say nothing about themselves',
      { access_token: 'opaque', refresh_token: 'rt_new' },
      { ...UNTOLD, accessToken: 'opaque', idToken: null, expiresAtMs: null },
    ],
    [
      'a refresh token alone',
      { refresh_token: 'rt_new' },
      { ...UNTOLD, accessToken: null, idToken: null, expiresAtMs: null },
    ],
    [
      'a person without a workspace, which is no seat',
      { access_token: fakeJwt({ exp: 2e9, sub: 'auth0|ada' }), refresh_token: 'rt_new', id_token: [] },
      { ...UNTOLD, accessToken: fakeJwt({ exp: 2e9, sub: 'auth0|ada' }), idToken: null, expiresAtMs: 2e12 },
    ],
  ])('never loses the new refresh token: %s', (_, body, told) => {
    const renewed = renewedTokensOf(body, OLD, NOW);
    expect(renewed).toEqual({ ...told, refreshToken: 'rt_new' });
    expect(renewedTokensSchema.parse(renewed)).toEqual(renewed);
  });

  it.each([[{}], [{ access_token: '', refresh_token: null }], [null], ['rt_new'], [undefined], [[]]])(
    'says that %j brings no token',
    (body) => {
      expect(renewedTokensOf(body, OLD, NOW)).toBeNull();
    },
  );
});

function errorOf(act: () => unknown): OmaError {
  try {
    act();
  } catch (error) {
    return error as OmaError;
  }
  throw new Error('It did not throw.');
}
