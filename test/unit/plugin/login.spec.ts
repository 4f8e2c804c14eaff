import { describe, expect, it, vi } from 'vitest';

import { OmaError } from '../../../contract/errors.ts';
import type { LoginView } from '../../../contract/login.ts';
import { PLACEHOLDER_LOGIN } from '../../../contract/opencode.ts';
import type { Client } from '../../../contract/operation.ts';
import type { Operations } from '../../../contract/operations.ts';
import { loginMethods } from '../../../plugin/login.ts';
import { fakeLine } from '../../support/fake-line.ts';

const NOW = 1_800_000_000_000;
const VIEW: LoginView = {
  ...{
    loginId: 'login-1',
    alias: 'work',
    purpose: 'add',
    method: 'browser',
    state: 'in-progress',
    url: 'https://auth.example/authorize',
    userCode: null,
  },
  ...{ instructions: 'Log in on the page.', expiresAt: new Date(NOW + 300_000).toISOString(), error: null },
};
const DONE = { type: 'success', refresh: 'oma', access: 'oma', expires: PLACEHOLDER_LOGIN.expires };
const IMPORTED = { dryRun: false, imported: [], updated: [], skipped: [], warnings: [] };

function setUp(client: Partial<Client<Operations>>) {
  const toasts: string[] = [];
  const clock = { now: NOW };
  const behind = Promise.withResolvers<undefined>();
  const methods = loginMethods({
    client: () => Promise.resolve(fakeLine(client).client),
    notices: { toast: (variant, message) => toasts.push(`${variant}: ${message}`), log: () => undefined },
    now: () => clock.now,
    wait: () => behind.promise,
    authFile: '/data/opencode/auth.json',
  });
  const [browser, device, importing] = methods;
  return { browser: browser!, device: device!, importing: importing!, toasts, clock, behind };
}

describe('loginMethods', () => {
  it('offers a browser, a device code and the import', () => {
    const { browser, device, importing } = setUp({});
    expect([browser, device, importing].map(({ type, label }) => [type, label])).toEqual([
      ['oauth', 'OMA: add a ChatGPT account (browser)'],
      ['oauth', 'OMA: add a ChatGPT account (device code)'],
      ['oauth', 'OMA: import the current OpenCode login'],
    ]);
  });

  it('asks for a name and says what is wrong with one', async () => {
    const { browser, toasts, behind } = setUp({});
    const [prompt] = browser.prompts ?? [];
    expect(prompt?.validate('work')).toBeUndefined();
    expect(prompt?.validate('me@home')).toBeUndefined();
    expect(prompt?.validate('')).toMatch(/letters/);
    behind.resolve(undefined);
    await vi.waitFor(() => expect(toasts).toEqual([expect.stringMatching(/^error: Use at most 64 letters/)]));
    expect(prompt?.validate('a b')).toMatch(/letters/);
  });

  it('lets the supervisor log in, waits for the end, and gives OpenCode the placeholder only', async () => {
    const add = vi.fn<Client<Operations>['account.add']>(() => Promise.resolve(VIEW));
    const wait = vi
      .fn<Client<Operations>['login.wait']>()
      .mockResolvedValueOnce(VIEW)
      .mockResolvedValue({ ...VIEW, state: 'success' });
    const { browser, toasts } = setUp({ 'account.add': add, 'login.wait': wait });
    const { url, instructions, method, callback } = await browser.authorize({ alias: 'work' });
    expect([url, instructions, method]).toEqual([
      'https://auth.example/authorize',
      expect.stringMatching(/^Open the address in a browser on this computer/),
      'auto',
    ]);
    expect(await callback()).toEqual(DONE);
    expect(add).toHaveBeenCalledExactlyOnceWith({ alias: 'work', method: 'browser' });
    expect(wait).toHaveBeenCalledTimes(2);
    expect(toasts).toEqual(['success: work is ready.']);
  });

  it('shows the code of a device login', async () => {
    const add = vi.fn<Client<Operations>['account.add']>(() =>
      Promise.resolve({ ...VIEW, method: 'device', userCode: 'ABCD-1234' }),
    );
    const { device } = setUp({ 'account.add': add });
    expect((await device.authorize({ alias: 'work' })).instructions).toBe('Log in on the page. Code: ABCD-1234');
    expect(add).toHaveBeenCalledExactlyOnceWith({ alias: 'work', method: 'device' });
  });

  it.each([[undefined], [{}], [{ alias: 'a b' }]])('wants a name before anything happens (%j)', async (inputs) => {
    const add = vi.fn<Client<Operations>['account.add']>();
    await expect(setUp({ 'account.add': add }).browser.authorize(inputs)).rejects.toThrow('needs a name');
    expect(add).not.toHaveBeenCalled();
  });

  it('says why a login could not begin, behind what OpenCode says of it', async () => {
    const { browser, toasts, behind } = setUp({
      'account.add': () => Promise.reject(new OmaError('ALIAS_TAKEN', 'Another account is called work.')),
    });
    await expect(browser.authorize({ alias: 'work' })).rejects.toThrow('Another account is called work.');
    expect(toasts).toEqual([]);
    behind.resolve(undefined);
    await vi.waitFor(() => expect(toasts).toEqual(['error: Another account is called work.']));
  });

  it('says why a login failed', async () => {
    const failed: LoginView = {
      ...VIEW,
      state: 'error',
      error: { code: 'LOGIN_REFUSED', message: 'The provider refused the login.' },
    };
    const { browser } = setUp({
      'account.add': () => Promise.resolve(VIEW),
      'login.wait': () => Promise.resolve(failed),
    });
    await expect((await browser.authorize({ alias: 'work' })).callback()).rejects.toThrow(
      'The provider refused the login.',
    );
  });

  it('does not wait for ever for a login that nobody finishes', async () => {
    const all = setUp({
      'account.add': () => Promise.resolve(VIEW),
      'login.wait': () => {
        all.clock.now += 25_000;
        return Promise.resolve(VIEW);
      },
    });
    await expect((await all.browser.authorize({ alias: 'work' })).callback()).rejects.toThrow('not finished in time');
    expect(all.clock.now).toBeLessThanOrEqual(NOW + 355_000);
  });

  it('imports the login that OpenCode has', async () => {
    const imports = vi.fn<Client<Operations>['account.import']>(() =>
      Promise.resolve({ ...IMPORTED, imported: [{ alias: 'me', email: null, planType: 'plus' }] }),
    );
    const { importing, toasts } = setUp({ 'account.import': imports });
    const { url, callback } = await importing.authorize();
    expect([url, await callback()]).toEqual(['', DONE]);
    expect(imports).toHaveBeenCalledExactlyOnceWith({ source: 'opencode', path: '/data/opencode/auth.json' });
    expect(toasts).toEqual(['success: me is ready.']);
  });

  it.each([
    [[{ name: 'openai', because: 'It is the placeholder of oma.' }], 'It is the placeholder of oma.'],
    [[], 'no login that could be imported'],
  ])('keeps the login as it is when nothing could be imported', async (skipped, words) => {
    const { importing } = setUp({ 'account.import': () => Promise.resolve({ ...IMPORTED, skipped }) });
    await expect((await importing.authorize()).callback()).rejects.toThrow(words);
  });
});
