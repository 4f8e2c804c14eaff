import { describe, expect, it } from 'vitest';

import { OmaError } from '../../../contract/errors.ts';
import { secretSchema } from '../../../contract/scalars.ts';
import { tokenSetSchema } from '../../../contract/worker-operations.ts';
import { tokenSetOf } from '../../../worker/tokens.ts';
import { everythingOf, fakeJwt, seatClaims, TEST_NOW_MS as NOW } from '../../support/worker.ts';

const AUTH = 'https://api.openai.com/auth';
const PROFILE = 'https://api.openai.com/profile';
const OLD = secretSchema.parse('rt_old');

const atLogin = { now: NOW, previousRefreshToken: null };
const atRefresh = { now: NOW, previousRefreshToken: OLD };
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
    const tokens = tokenSetOf(given, atLogin);
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
    const tokens = tokenSetOf(answer({ id_token: idToken, access_token: accessToken }), atLogin);
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
    expect(tokenSetOf(answer({ access_token: accessToken, id_token: null }), atLogin).userId).toBe(userId);
  });

  it.each([
    ['the access token', { exp: 2_000_000_000 }, { exp: 1_900_000_000 }, 2_000_000_000_000],
    ['the id token, else', { exp: undefined }, { exp: 1_900_000_000 }, 1_900_000_000_000],
    ['the answer, else', { exp: undefined }, { exp: undefined }, NOW + 7_200_000],
    ['the answer when the claims are no times', { exp: 'soon' }, { exp: 1e15 }, NOW + 7_200_000],
    ['whole milliseconds only, of', { exp: 2_000_000_000.0009 }, {}, 2_000_000_000_000],
  ])('takes the expiry from %s', (_, access, id, expiresAtMs) => {
    const given = answer({ access_token: fakeJwt(seatClaims(access)), id_token: fakeJwt(seatClaims(id)) });
    expect(tokenSetOf(given, atLogin).expiresAtMs).toBe(expiresAtMs);
  });

  it('keeps the old refresh token when a refresh brings no new one', () => {
    expect(tokenSetOf(answer({ refresh_token: undefined }), atRefresh).refreshToken).toBe('rt_old');
    expect(tokenSetOf(answer({ refresh_token: null }), atRefresh).refreshToken).toBe('rt_old');
    expect(tokenSetOf(answer(), atRefresh).refreshToken).toBe('rt_new');
  });

  it('accepts an opaque access token when the id token says who it is, and drops an id token it cannot read', () => {
    const opaque = tokenSetOf(answer({ access_token: 'opaque-access-token' }), atLogin);
    expect(opaque).toMatchObject({
      accessToken: 'opaque-access-token',
      accountId: 'ws-1',
      expiresAtMs: NOW + 3_600_000,
    });
    expect(tokenSetOf(answer({ id_token: '%%%' }), atLogin)).toMatchObject({
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
    const tokens = tokenSetOf(answer({ access_token: fakeJwt(seatClaims(claims)), id_token: undefined }), atLogin);
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
    ['id_token', answer({ id_token: 12 })],
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
    const error = errorOf(() => tokenSetOf(given, atLogin));
    expect(error).toBeInstanceOf(OmaError);
    expect(error).toMatchObject({ code: 'UPSTREAM_INVALID_ANSWER', details: { field } });
    expect(error.message).toContain(`"${field}"`);
    expect(everythingOf([error.message, error.details, error.cause])).not.toMatch(/eyJ|SECRET|rt_|e30/);
  });
});

function errorOf(act: () => unknown): OmaError {
  try {
    act();
  } catch (error) {
    return error as OmaError;
  }
  throw new Error('It did not throw.');
}
