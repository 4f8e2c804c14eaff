import { describe, expect, it } from 'vitest';

import { commandTable } from '../../../cli/commands/table.ts';
import { run } from '../../../cli/run.ts';
import { OmaError } from '../../../contract/errors.ts';
import type { LoginView } from '../../../contract/login.ts';
import { PATIENCE } from '../../support/patience.ts';
import { loginView } from './samples.ts';
import { testContext } from './test-context.ts';

const COMMANDS = commandTable();
const PORTS_BUSY = new OmaError('LOGIN_PORTS_BUSY', 'Ports are busy.');

interface Told {
  /** What the beginning answers, by method; an error refuses. */
  readonly begin?: (method: string) => LoginView | OmaError;
  readonly wait?: LoginView[];
  readonly paste?: (LoginView | OmaError)[];
  readonly isTTY?: boolean;
  readonly environment?: Record<string, string>;
}

/** A supervisor that answers a login as told. */
function loginContext({
  begin = (method) => loginView({ method: method as 'browser' }),
  wait = [loginView({ state: 'success' })],
  paste = [],
  ...given
}: Told) {
  const calls: [string, unknown][] = [];
  const answer = (name: string, result: (params: never) => LoginView | OmaError | undefined) => (params: unknown) => {
    calls.push([name, params]);
    const value = result(params as never);
    if (value instanceof OmaError) return Promise.reject(value);
    return value === undefined ? new Promise<never>(() => undefined) : Promise.resolve(value);
  };
  const context = testContext({
    ...given,
    client: {
      'account.add': answer('account.add', ({ method }: { method: string }) => begin(method)),
      'account.reauth': answer('account.reauth', ({ method }: { method: string }) => begin(method)),
      'login.wait': (params, options) => {
        calls.push(['login.wait', params]);
        const next = wait.shift();
        if (next !== undefined) return Promise.resolve(next);
        return new Promise((_resolve, reject) =>
          options?.signal?.addEventListener('abort', () => reject(new Error('aborted'))),
        );
      },
      'login.paste': answer('login.paste', () => paste.shift()),
      'login.cancel': answer('login.cancel', () => loginView({ state: 'error' })),
    },
  });
  return { context, calls, names: () => calls.map(([name]) => name) };
}

describe('oma add', () => {
  it('shows the address, waits, and says that the account serves', async () => {
    const { context, calls } = loginContext({ wait: [loginView(), loginView({ state: 'success' })] });
    expect(await run(context, ['add', 'work'], COMMANDS)).toBe(0);
    expect(calls).toEqual([
      ['account.add', { alias: 'work', method: 'browser' }],
      ['login.wait', { loginId: 'login-1' }],
      ['login.wait', { loginId: 'login-1' }],
    ]);
    expect(context.err()).toContain('Open this page and log in.\n  http://127.0.0.1:9/authorize?x=1\n');
    expect(context.out()).toBe('work is logged in and serves from now on.\n');
  });

  it('keeps standard output to the result with --json', async () => {
    const { context } = loginContext({});
    await run(context, ['add', 'work', '--json'], COMMANDS);
    expect(JSON.parse(context.out())).toEqual(loginView({ state: 'success' }));
    expect(context.err()).toContain('http://127.0.0.1:9/authorize');
  });

  it('offers a code by itself when both ports are busy', async () => {
    const device = loginView({ method: 'device', userCode: 'ABCD-1234' });
    const { context, calls } = loginContext({ begin: (method) => (method === 'browser' ? PORTS_BUSY : device) });
    expect(await run(context, ['add', 'work'], COMMANDS)).toBe(0);
    expect(calls.slice(0, 2).map(([, params]) => params)).toEqual([
      { alias: 'work', method: 'browser' },
      { alias: 'work', method: 'device' },
    ]);
    expect(context.err()).toContain('Code: ABCD-1234');
  });

  it('does not when the browser was asked for by name', async () => {
    const { context, names } = loginContext({ begin: () => PORTS_BUSY });
    expect(await run(context, ['add', 'work', '--browser'], COMMANDS)).toBe(75);
    expect(names()).toEqual(['account.add']);
  });

  it('ends with the error of the login', async () => {
    const { context } = loginContext({
      wait: [loginView({ state: 'error', error: { code: 'IDENTITY_MISMATCH', message: 'Another person logged in.' } })],
    });
    expect(await run(context, ['reauth', 'work'], COMMANDS)).toBe(3);
    expect(context.err()).toContain('oma: Another person logged in.\n');
  });

  it('cancels the login on Ctrl-C', async () => {
    const { context, names } = loginContext({ wait: [] });
    const ended = run(context, ['add', 'work'], COMMANDS);
    await expect.poll(names, PATIENCE).toContain('login.wait');
    context.interrupt();
    expect(await ended).toBe(130);
    expect(names().at(-1)).toBe('login.cancel');
    expect(context.err()).toContain('The login of "work" was cancelled; nothing was changed.');
  });

  it.each([
    [{ SSH_CONNECTION: '1' }, 'ssh -L 1455:localhost:1455 HOST'],
    [{ WSL_DISTRO_NAME: 'Ubuntu' }, 'browser of Windows'],
    [{}, 'There is no display here.'],
  ])('hints at what helps in %j', async (environment, hint) => {
    const { context } = loginContext({ environment });
    await run(context, ['add', 'work'], COMMANDS);
    expect(context.err()).toContain(hint);
  });

  it('names over SSH the port that this login comes back to', async () => {
    const url = `https://127.0.0.1:9/authorize?redirect_uri=${encodeURIComponent('http://localhost:1457/auth/callback')}`;
    const { context } = loginContext({ environment: { SSH_TTY: '/dev/pts/1' }, begin: () => loginView({ url }) });
    await run(context, ['add', 'work'], COMMANDS);
    expect(context.err()).toContain('must reach port 1457 here (`ssh -L 1457:localhost:1457 HOST`)');
  });

  it('refuses two methods at once', async () => {
    const { context, calls } = loginContext({});
    expect(await run(context, ['add', 'work', '--device', '--paste'], COMMANDS)).toBe(2);
    expect(calls).toEqual([]);
  });
});

describe('oma add --paste', () => {
  it('hands over what is pasted', async () => {
    const { context, calls } = loginContext({ paste: [loginView()] });
    context.input.end('http://localhost:1455/auth/callback?code=c&state=s\n');
    expect(await run(context, ['add', 'work', '--paste'], COMMANDS)).toBe(0);
    expect(calls).toContainEqual([
      'login.paste',
      { loginId: 'login-1', pasted: 'http://localhost:1455/auth/callback?code=c&state=s' },
    ]);
    expect(context.out() + context.err()).not.toContain('code=c');
  });

  it('lets a person correct a wrong address on a terminal, but not a pipe', async () => {
    const refused = new OmaError('INVALID_PARAMS', 'This address is of another login.');
    const patient = loginContext({ isTTY: true, paste: [refused, loginView()] });
    patient.context.input.write('wrong\n');
    const ended = run(patient.context, ['add', 'work', '--paste'], COMMANDS);
    await expect.poll(patient.context.err, PATIENCE).toContain('This address is of another login.');
    patient.context.input.write('right\n');
    expect(await ended).toBe(0);

    const strict = loginContext({ paste: [refused] });
    strict.context.input.end('wrong\n');
    expect(await run(strict.context, ['add', 'work', '--paste'], COMMANDS)).toBe(2);
    expect(strict.names().at(-1)).toBe('login.cancel');
  });

  it('ends when the provider refused, without asking again', async () => {
    const { context } = loginContext({ isTTY: true, paste: [new OmaError('LOGIN_REFUSED', 'The provider refused.')] });
    context.input.write('http://localhost:1455/auth/callback?error=access_denied\n');
    expect(await run(context, ['add', 'work', '--paste'], COMMANDS)).toBe(3);
  });

  it('says so when nothing is pasted', async () => {
    const { context, names } = loginContext({});
    context.input.end();
    expect(await run(context, ['add', 'work', '--paste'], COMMANDS)).toBe(2);
    expect(names()).not.toContain('login.paste');
  });

  it('cancels on Ctrl-C at the prompt', async () => {
    const { context, names } = loginContext({ isTTY: true });
    const ended = run(context, ['add', 'work', '--paste'], COMMANDS);
    await expect.poll(context.err, PATIENCE).toContain('Paste the address');
    context.interrupt();
    expect(await ended).toBe(130);
    expect(names().at(-1)).toBe('login.cancel');
  });
});
