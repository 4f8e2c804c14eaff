import { readFile } from 'node:fs/promises';

import { describe, expect, it, vi } from 'vitest';

import { planBrowser } from '../../../cli/browser.ts';
import { asOmaError, errorBody, errorLine, exitCodeOf } from '../../../cli/exit.ts';
import { nearest } from '../../../cli/nearest.ts';
import { createProgress, withProgress } from '../../../cli/progress.ts';
import { plain } from '../../../cli/render/plain.ts';
import { OmaError } from '../../../contract/errors.ts';
import { maskText } from '../../../contract/mask.ts';
import { tooOld } from '../../../runtime/node-version.ts';

describe('the nearest name', () => {
  it.each([
    ['lst', 'list'],
    ['LIST', 'list'],
    ['statsu', 'status'],
    ['xyz', null],
    ['', null],
    ['ad', 'add'],
  ])('to "%s" is %s', (typed, expected) => expect(nearest(typed, ['list', 'status', 'add', 'up'])).toBe(expected));
});

describe('the browser', () => {
  it.each([
    [{ DISPLAY: ':0' }, 'linux', { kind: 'open', command: 'xdg-open' }],
    [{ WAYLAND_DISPLAY: 'w' }, 'linux', { kind: 'open', command: 'xdg-open' }],
    [{}, 'darwin', { kind: 'open', command: 'open' }],
    [{}, 'linux', { kind: 'none', because: 'no-display' }],
    [{ DISPLAY: '' }, 'linux', { kind: 'none', because: 'no-display' }],
    [{ DISPLAY: ':0', WSL_DISTRO_NAME: 'Ubuntu' }, 'linux', { kind: 'none', because: 'wsl' }],
    [{ DISPLAY: ':10', SSH_CONNECTION: 'a b' }, 'linux', { kind: 'none', because: 'ssh' }],
    [{ SSH_TTY: '/dev/pts/1' }, 'darwin', { kind: 'none', because: 'ssh' }],
  ] as const)('in %j on %s', (environment, platform, plan) => expect(planBrowser(environment, platform)).toEqual(plan));
});

describe('an error', () => {
  it('keeps the request id of the supervisor and gives its own otherwise', () => {
    const theirs = new OmaError('INTERNAL', 'It failed.', { requestId: 'r-1' });
    expect(errorBody(theirs, 'cli-1')).toEqual({ code: 'INTERNAL', message: 'It failed.', requestId: 'r-1' });
    expect(errorLine(theirs)).toBe('oma: It failed. — `oma logs` shows it under r-1');
    expect(errorBody(new OmaError('USAGE', 'no', { a: 1 }), 'cli-1')).toEqual({
      code: 'USAGE',
      message: 'no',
      details: { a: 1 },
      requestId: 'cli-1',
    });
  });
  it('of any kind becomes one of the table', () => {
    expect(exitCodeOf(asOmaError('a string'))).toBe(70);
    expect(exitCodeOf(asOmaError(new OmaError('STORE_DAMAGED', 'x')))).toBe(65);
  });
});

describe('the progress line', () => {
  const written = (isTTY: boolean, use: (progress: ReturnType<typeof createProgress>) => void) => {
    let text = '';
    use(createProgress({ isTTY, columns: 10, write: (more) => (text += more) }));
    return text;
  };
  it('replaces itself, fits the terminal, and goes away', () => {
    const text = written(true, (progress) => {
      progress.say('one');
      progress.say('one');
      progress.say('longer than ten');
      progress.end();
      progress.end();
    });
    expect(text).toBe('\r\u001b[2Kone\r\u001b[2Klonger th\u0061'.slice(0, -1) + '\r\u001b[2K');
  });
  it('says what is waited for only when the wait is long', async () => {
    vi.useFakeTimers();
    let text = '';
    const stream = { isTTY: true, columns: 40, write: (more: string) => (text += more) };
    await withProgress(stream, 'Waiting', Promise.resolve());
    expect(text).toBe('');
    const long = Promise.withResolvers<string>();
    const waiting = withProgress(stream, 'Waiting', long.promise);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(text).toContain('Waiting');
    long.resolve('done');
    expect(await waiting).toBe('done');
    expect(text.endsWith('\r\u001b[2K')).toBe(true);
    vi.useRealTimers();
  });
  it('is not written to a pipe', () => expect(written(false, (progress) => progress.say('one'))).toBe(''));
});

describe('text from elsewhere', () => {
  it('comes out on one line without anything that moves the cursor or reorders it', () => {
    expect(plain(' a\u001b[31m\r\nb\u0007\u202ec\u2028d ')).toBe('a [31m b c d');
  });
  it('has its e-mails masked', () => expect(maskText('ann@example.com and bob')).toBe('a…@e… and bob'));
});

describe('the oldest Node', () => {
  it('is the one that package.json names', async () => {
    const { engines } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8')) as {
      engines: { node: string };
    };
    const [major = 0, minor = 0] = engines.node.replace('>=', '').split('.').map(Number);
    expect(tooOld(`${String(major)}.${String(minor)}.0`)).toBeNull();
    expect(tooOld(`${String(major)}.${String(minor - 1)}.9`)).toContain(
      `install Node ${String(major)}.${String(minor)}`,
    );
  });
});
