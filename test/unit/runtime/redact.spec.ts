import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { redact, REDACTED, redactSecrets, redactSecretsIn, redactValue } from '../../../runtime/redact.ts';

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const word = (minLength: number, maxLength: number, alphabet = BASE64URL): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet.split(/(?=.)/)), minLength, maxLength });

/** A value that nobody could take for a word: what issuers hand out. */
const opaque = word(20, 60).filter((text) => /[A-Z]/.test(text) && /[a-z]/.test(text) && /\d/.test(text));
const jwt = fc
  .tuple(word(10, 60), word(10, 200), word(20, 90))
  .map(([header, claims, signature]) => `eyJ${header}.eyJ${claims}.${signature}`);
const email = fc
  .tuple(
    word(1, 20, 'abcdefghijklmnopqrstuvwxyz0123456789'),
    word(1, 12, 'abcdefghijklmnopqrstuvwxyz'),
    fc.constantFrom('com', 'org', 'co.uk', 'dev'),
  )
  .map(([name, host, domain]) => `${name}@${host}.${domain}`);
const userName = word(3, 12, 'abcdefghijklmnopqrstuvwxyz');

const TOKEN_KEYS = [
  'access_token',
  'accessToken',
  'refresh_token',
  'refreshToken',
  'id_token',
  'idToken',
  'token',
  'launchToken',
  'launch_token',
  'access',
  'refresh',
  'client_secret',
  'code_verifier',
  'codeVerifier',
  'password',
  'passphrase',
  'apiKey',
  'api_key',
  'api-key',
  'OPENAI_API_KEY',
  'x-csrf-token',
  'code',
  'state',
  'nonce',
  'authorization_code',
  'device_code',
  'session',
  'cookie',
  'set-cookie',
  'authorization',
  'Authorization',
];
const key = fc.constantFrom(...TOKEN_KEYS);

/** Ways in which a named secret gets into a text. */
const WRITINGS: readonly ((name: string, value: string) => string)[] = [
  (name, value) => `${name}=${value}`,
  (name, value) => `GET /callback?x=1&${name}=${value}&y=2`,
  (name, value) => `http://localhost:1455/auth/callback?${name}=${value}#end`,
  (name, value) => `http://127.0.0.1:3434/#${name}=${value}`,
  (name, value) => `${name}: ${value}`,
  (name, value) => `{ ${name}: '${value}' }`,
  (name, value) => `${name} => "${value}"`,
  (name, value) => JSON.stringify({ [name]: value }),
  (name, value) => JSON.stringify({ [name]: value }, null, 2),
  (name, value) => JSON.stringify(JSON.stringify({ a: 1, [name]: value, b: 2 })),
  (name, value) => JSON.stringify({ m: JSON.stringify({ m: JSON.stringify({ [name]: value }) }) }),
  (name, value) => JSON.stringify({ [name]: [value, value] }),
  (name, value) => `{"${name}":"${value}`,
  (name, value) => encodeURIComponent(JSON.stringify({ [name]: value })),
  (name, value) => `grant_type=refresh_token&${name}=${value}`,
];

/** Wraps a value in objects, lists, errors and maps. */
const wrapped = (secret: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(secret, fc.array(fc.nat({ max: 7 }), { maxLength: 5 }))
    .map(([value, layers]) => layers.reduce<unknown>(wrap, value));

function wrap(value: unknown, layer: number): unknown {
  switch (layer) {
    case 0:
      return { inner: value };
    case 1:
      return ['a', value];
    case 2:
      return new Error('outer', { cause: value });
    case 3:
      return new Map([['entry', value]]);
    case 4:
      return new Set([value]);
    case 5:
      return Object.assign(new Error('with fields'), { response: value });
    case 6:
      return new AggregateError([value], 'several');
    default:
      return { text: typeof value === 'string' ? value : JSON.stringify(value) };
  }
}

describe('redaction of a text', () => {
  it('never lets a JWT survive, wherever it stands', () => {
    fc.assert(
      fc.property(fc.string(), jwt, fc.string(), (before, token, after) => {
        const [, claims = '', signature = ''] = token.split('.');
        const clean = redact(`${before} ${token} ${after}`);
        expect(clean).not.toContain(claims);
        expect(clean).not.toContain(signature);
      }),
    );
  });

  it('never lets a part of a JWT survive when the rest was cut off', () => {
    fc.assert(
      fc.property(jwt, fc.nat(), (token, at) => {
        const part = token.slice(0, 20 + (at % (token.length - 20)));
        expect(redact(`got ${part}`)).toBe(`got ${REDACTED}`);
      }),
    );
  });

  it('never lets the value of a telling name survive, however it is written', () => {
    fc.assert(
      fc.property(key, opaque, fc.constantFrom(...WRITINGS), (name, value, write) => {
        expect(redact(write(name, value))).not.toContain(value);
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves JSON that can still be read', () => {
    fc.assert(
      fc.property(key, opaque, (name, value) => {
        const clean = redact(JSON.stringify({ before: 1, [name]: value, after: [2, 'x'] }));
        expect(JSON.parse(clean)).toEqual({ before: 1, [name]: REDACTED, after: [2, 'x'] });
      }),
    );
  });

  it('never lets a bearer or basic credential survive', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('Bearer', 'bearer', 'BEARER', 'Basic'),
        word(8, 60, `${BASE64URL}+/.~=`),
        fc.constantFrom(' ', '  ', '%20'),
        (scheme, value, gap) => {
          expect(redact(`header was ${scheme}${gap}${value}`)).not.toContain(value);
        },
      ),
    );
  });

  it('never lets an e-mail survive, plain or percent-encoded', () => {
    fc.assert(
      fc.property(
        email,
        fc.constantFrom(' ', '"', '<', ',', '=', ':', '/'),
        fc.boolean(),
        (address, before, isEncoded) => {
          expect(redact(`x${before}${isEncoded ? encodeURIComponent(address) : address} y`)).not.toContain(
            address.split('@')[1],
          );
        },
      ),
    );
  });

  it('never lets the name in a home path survive', () => {
    const places = fc.constantFrom(
      (u: string) => `/home/${u}/x`,
      (u: string) => `/Users/${u}/Library`,
      (u: string) => `C:\\Users\\${u}\\x`,
      (u: string) => `"C:\\\\Users\\\\${u}"`,
      (u: string) => `file:///home/${u}`,
      (u: string) => `/var/home/${u}/.codex`,
    );
    fc.assert(
      fc.property(userName, places, (user, place) => {
        expect(redact(`ENOENT: ${place(`zz${user}`)}`)).not.toContain(`zz${user}`);
      }),
    );
  });

  it.each([
    ['Cookie: sid=abc; other=def\r\nHost: x', `Cookie: ${REDACTED}\r\nHost: x`],
    ['set-cookie: oma=abc; HttpOnly; Path=/', `set-cookie: ${REDACTED}`],
    ['Authorization: Digest username="a", x', `Authorization: ${REDACTED}"a", x`],
    ['key sk-proj-abcDEF123456 here', `key ${REDACTED} here`],
    ['rt_AbCdEf0123456789', REDACTED],
    ['token rt.1.AbCdEfGhIjKlMnOp', `token ${REDACTED}`],
    ['code ac_9DjkfJ38djfkD', `code ${REDACTED}`],
    ['https://user:pass@host/x', `https://${REDACTED}@host/x`],
    [`launch ${'aB3'.repeat(15)}`, `launch ${REDACTED}`],
    ['/root/.codex/auth.json', '~/.codex/auth.json'],
    ['{"password":"a\\"b\\\\","x":1}', `{"password":"${REDACTED}","x":1}`],
  ])('makes of %s: %s', (text, clean) => {
    expect(redact(text)).toBe(clean);
  });

  it.each([
    'account work selected by round-robin, 3 eligible',
    '{"code":"ACCOUNT_NOT_FOUND","message":"There is no such account."}',
    '{"state":"needs-login","code":"refresh_token_reused"}',
    'state: ready, code: 401, access: denied',
    'input_tokens: 1234, "total_tokens":99',
    'rollout-2026-11-23T21-44-00-0193abcd-aaaa-bbbb-cccc-0123456789ab.jsonl',
    '0193abcd-aaaa-bbbb-cccc-0123456789ab at 2026-11-23T21:44:00.123Z',
    'sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'vscode-jsonrpc@10.0.0 in node_modules/@scope/name/index.js:12:34',
    'at Object.handleRequest (file:///usr/lib/oma/dist/supervisor.js:1:2)',
    'http://127.0.0.1:3434/api/accounts?limit=5',
    '"passphrase":null,"token":""',
  ])('leaves alone what is no secret: %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(key, opaque, fc.constantFrom(...WRITINGS), fc.string(), (name, value, write, around) => {
        const once = redact(`${around} ${write(name, value)} ${around}`);
        expect(redact(once)).toBe(once);
      }),
    );
  });

  it('cuts off what is too long to look through', () => {
    const clean = redact(`${'word '.repeat(20_000)} refresh_token=${'aB3'.repeat(10)}`);
    expect(clean).toHaveLength(65_536 + '[cut off]'.length);
  });

  it.each([
    ['ey', 'ey'.repeat(40_000)],
    ['letters', 'a'.repeat(70_000)],
    ['names', 'token'.repeat(13_000)],
    ['names and separators', 'token='.repeat(11_000)],
    ['open quotes', '"token":"'.repeat(7_000)],
    ['escapes', '\\'.repeat(65_000)],
    ['escaped quotes', `token="${'\\"'.repeat(32_000)}`],
    ['at signs', 'a@'.repeat(32_000)],
    ['a long host', `a@${'a.'.repeat(32_000)}`],
    ['blanks', `bearer${' '.repeat(65_000)}`],
    ['drives', `c:${'\\'.repeat(65_000)}`],
    ['homes', '/home'.repeat(13_000)],
    ['addresses', '://'.repeat(21_000)],
  ])('takes no long time over a text made to hurt: %s', (_, text) => {
    const before = performance.now();
    redact(text);
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});

describe('redaction of secrets only', () => {
  it('leaves e-mails and paths, which their owner may see', () => {
    expect(redactSecrets('me@example.com in /home/me with Bearer abc')).toBe(
      `me@example.com in /home/me with Bearer ${REDACTED}`,
    );
    expect(redactSecretsIn({ owner: 'me@example.com', header: 'Bearer abc', refreshToken: 'x' })).toEqual({
      owner: 'me@example.com',
      header: `Bearer ${REDACTED}`,
      refreshToken: REDACTED,
    });
  });
});

describe('redaction of a value', () => {
  it('never lets a secret survive inside any nesting of objects, lists, errors, maps and escaped JSON', () => {
    const secrets = fc.oneof(
      fc.tuple(jwt, jwt).map(([secret]) => ({ secret, value: secret })),
      fc.tuple(key, opaque).map(([name, secret]) => ({ secret, value: { [name]: secret } })),
      opaque.map((secret) => ({ secret, value: `Authorization: Bearer ${secret}` as unknown })),
      email.map((secret) => ({ secret, value: secret })),
    );
    fc.assert(
      fc.property(
        secrets.chain(({ secret, value }) => wrapped(fc.constant(value)).map((outer) => ({ secret, outer }))),
        ({ secret, outer }) => {
          expect(JSON.stringify(redactValue(outer))).not.toContain(secret);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('hides whatever stands under a secret key, and keys that are secrets themselves', () => {
    const value = {
      tokens: { a: 1 },
      credentials: ['x'],
      password: 'p',
      apiKey: 'k',
      token: null,
      hasToken: true,
      inputTokens: 5,
      'me@example.com': 1,
    };
    expect(redactValue(value)).toEqual({
      tokens: REDACTED,
      credentials: REDACTED,
      password: REDACTED,
      apiKey: REDACTED,
      token: null,
      hasToken: true,
      inputTokens: 5,
      '[email]': 1,
    });
  });

  it('makes errors plain, with cause, code and fields', () => {
    const error = Object.assign(new TypeError('failed for me@example.com', { cause: new Error('Bearer abc') }), {
      code: 'ECONNREFUSED',
      config: { headers: { Authorization: 'abc' } },
    });
    expect(redactValue({ err: error })).toMatchObject({
      err: {
        name: 'TypeError',
        message: 'failed for [email]',
        code: 'ECONNREFUSED',
        config: { headers: { Authorization: REDACTED } },
        cause: { name: 'Error', message: `Bearer ${REDACTED}` },
      },
    });
  });

  it('says other things plainly', () => {
    const value = {
      date: new Date(0),
      bad: new Date(Number.NaN),
      url: new URL('http://h/?code=aB3dE5fG7hI9'),
      bytes: Buffer.from('secret'),
      set: new Set([1]),
      map: new Map([[1, 2]]),
      headers: new Headers({ cookie: 'a=b' }),
      big: 5n,
      run: () => 1,
      mark: Symbol('m'),
      none: undefined,
      no: null,
      yes: true,
      number: 1.5,
    };
    expect(redactValue(value)).toEqual({
      date: '1970-01-01T00:00:00.000Z',
      bad: null,
      url: `http://h/?code=${REDACTED}`,
      bytes: '[6 bytes]',
      set: [1],
      map: { 1: 2 },
      headers: { cookie: REDACTED },
      big: '5',
      run: '[function]',
      mark: '[symbol]',
      none: undefined,
      no: null,
      yes: true,
      number: 1.5,
    });
  });

  it('comes to an end with values that contain themselves, are deep or are long', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(redactValue(loop)).toEqual({ self: '[circular]' });
    let deep: unknown = 'bottom';
    for (let level = 0; level < 50; level += 1) deep = { deep };
    expect(JSON.stringify(redactValue(deep))).toContain('[too deep]');
    expect(redactValue(Array.from({ length: 5_000 }, () => 1))).toHaveLength(1_000);
    expect(
      Object.keys(redactValue(Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, n]))) as object),
    ).toHaveLength(1_000);
  });

  it('does not take a value that is met twice for a loop', () => {
    const shared = { a: 1 };
    expect(redactValue([shared, shared])).toEqual([{ a: 1 }, { a: 1 }]);
  });

  it('cannot be made to change a prototype', () => {
    const clean = redactValue(JSON.parse('{"__proto__":{"polluted":true},"a":1}')) as Record<string, unknown>;
    expect(clean).toEqual({ a: 1 });
    expect(clean['polluted']).toBeUndefined();
  });
});
