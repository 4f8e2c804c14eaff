import { describe, expect, it } from 'vitest';

import { foreignPaste, readPasted } from '../../../worker/paste.ts';

const URL_OF_LAST_PAGE = 'http://localhost:1455/auth/callback?code=ac_123456&scope=openid+email&state=st4te';

describe('readPasted', () => {
  it.each([
    ['the whole address', URL_OF_LAST_PAGE],
    ['the address with 127.0.0.1', URL_OF_LAST_PAGE.replace('localhost', '127.0.0.1')],
    [
      'an address that the terminal broke into lines',
      `  ${URL_OF_LAST_PAGE.slice(0, 40)}\n  ${URL_OF_LAST_PAGE.slice(40)}\r\n`,
    ],
    ['a quoted address', `"${URL_OF_LAST_PAGE}"`],
    ['an address in angle brackets', `<${URL_OF_LAST_PAGE}>`],
    ['the address without its scheme', URL_OF_LAST_PAGE.slice('http://'.length)],
    ['the path', '/auth/callback?code=ac_123456&state=st4te'],
    ['the query', '?code=ac_123456&state=st4te'],
    ['the query without its mark', 'code=ac_123456&state=st4te'],
    ['code#state', 'ac_123456#st4te'],
  ])('reads code and state out of %s', (_, pasted) => {
    const query = readPasted(pasted);
    expect([query.get('code'), query.get('state')]).toEqual(['ac_123456', 'st4te']);
  });

  it('reads a bare code, which names no state', () => {
    expect(Object.fromEntries(readPasted(' ac_123456 '))).toEqual({ code: 'ac_123456' });
  });

  it('reads a refusal', () => {
    expect(readPasted('http://localhost:1455/auth/callback?error=access_denied&state=st4te').get('error')).toBe(
      'access_denied',
    );
  });

  it.each([
    [
      'the address of the sign-in page',
      'https://auth.openai.com/oauth/authorize?response_type=code&code_challenge=SECRET&state=SECRET',
      'sign-in page',
    ],
    ['an address without a code', 'http://localhost:1455/auth/callback?state=SECRET', 'no code'],
    ['another address', 'https://example.test/SECRET', 'no code'],
    ['a broken address', 'http://[SECRET', 'no code'],
    ['a sentence', 'what do you want, SECRET?', 'no code'],
    ['blanks', '   ', 'no code'],
    ['a word too short for a code', 'abc', 'no code'],
  ])('refuses %s and says what to copy, not what was pasted', (_, pasted, why) => {
    expect(() => readPasted(pasted)).toThrow(
      expect.objectContaining({ code: 'INVALID_PARAMS', message: expect.stringContaining(why) }),
    );
    expect(() => readPasted(pasted)).toThrow(/copy the whole address of that page/);
    expect(() => readPasted(pasted)).not.toThrow(/SECRET/);
  });
});

describe('foreignPaste', () => {
  it('names the login that the address belongs to, if oma knows it', () => {
    expect(foreignPaste('login-2').message).toContain('the login login-2, which is still open');
    expect(foreignPaste(null).message).toContain('another login than this one');
  });
});
