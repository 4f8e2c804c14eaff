import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createLog, type Log, type LogLevel } from '../../../runtime/log.ts';
import { openLogFile } from '../../../runtime/log-file.ts';

vi.mock('pino', { spy: true });

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'oma-log-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true, force: true });
});

const fileIn = (): string => join(directory, 'state', 'oma.log');
const linesOf = (file: string): Record<string, unknown>[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Lets the time pass after which a log loads pino. */
async function loadPino(): Promise<void> {
  await vi.advanceTimersByTimeAsync(250);
  await vi.dynamicImportSettled();
}

function logTo(level: LogLevel): Log {
  return createLog({ level, file: fileIn(), name: 'supervisor', now: () => 1_700_000_000_000 });
}

describe('a log', () => {
  it('writes the same JSON lines without pino, which is loaded after the start, and with it', async () => {
    vi.useFakeTimers();
    vi.mocked(pino).mockClear();
    const log = logTo('debug');
    log.debug({ a: 1 }, 'early');
    log.error({ b: { c: 2 } }, 'urgent');
    expect(pino).not.toHaveBeenCalled();
    await loadPino();
    expect(pino).toHaveBeenCalledOnce();
    log.debug({ a: 1 }, 'late');
    log.close();
    const common = { name: 'supervisor', pid: process.pid, time: 1_700_000_000_000 };
    const [early, urgent, late] = linesOf(fileIn());
    expect(early).toEqual({ level: 20, ...common, a: 1, msg: 'early' });
    expect(urgent).toEqual({ level: 50, ...common, b: { c: 2 }, msg: 'urgent' });
    expect(JSON.stringify(late)).toBe(JSON.stringify({ ...early, msg: 'late' }));
  });

  it('has an error on disk when the call returns', () => {
    const log = logTo('info');
    log.info({}, 'before');
    log.error({}, 'broken');
    expect(linesOf(fileIn()).map(({ msg }) => msg)).toEqual(['before', 'broken']);
    log.close();
  });

  it('leaves out what is below its level', () => {
    const log = logTo('warn');
    log.debug({}, 'no');
    log.info({}, 'no');
    log.warn({}, 'yes');
    log.close();
    expect(linesOf(fileIn()).map(({ msg }) => msg)).toEqual(['yes']);
  });

  it('writes nothing, not even a file, when it is silent', () => {
    const log = logTo('silent');
    log.error({}, 'no');
    log.close();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('adds the fields of a child to its lines', () => {
    const log = logTo('info');
    log.child({ child: 'worker' }).child({ pid2: 5 }).info({ x: 1 }, 'm');
    log.info({}, 'n');
    log.close();
    expect(linesOf(fileIn())[0]).toMatchObject({ child: 'worker', pid2: 5, x: 1 });
    expect(linesOf(fileIn())[1]).not.toHaveProperty('child');
  });

  it('[S.8.2] never writes a secret: not in fields, errors, causes or messages, early or late', async () => {
    vi.useFakeTimers();
    const log = logTo('debug');
    const say = (): void => {
      const cause = new Error('cause with Cookie: sid=Planted1Secret');
      log.info(
        { refreshToken: 'Planted2Secret', nested: { list: [{ access_token: 'Planted3Secret' }] } },
        'Bearer Planted4Secret',
      );
      log.error(
        { err: new Error('https://x/?code=Planted5Secret', { cause }) },
        'from planted6secret@example.com in /home/planted7secret/x',
      );
      log.child({ authorization: 'Planted8Secret' }).warn({ text: JSON.stringify({ id_token: 'Planted9Secret' }) }, '');
    };
    say();
    await loadPino();
    say();
    log.close();
    const text = readFileSync(fileIn(), 'utf8');
    expect(linesOf(fileIn())).toHaveLength(6);
    expect(text).not.toMatch(/planted\dsecret/i);
    expect(text).toContain('[redacted]');
  });

  it('keeps an error readable, with its stack and cause', () => {
    const log = logTo('info');
    log.error({ err: new TypeError('outer', { cause: new Error('inner') }) }, 'failed');
    log.close();
    expect(linesOf(fileIn())[0]?.['err']).toMatchObject({
      name: 'TypeError',
      message: 'outer',
      stack: expect.stringContaining('log.spec.ts') as string,
      cause: { message: 'inner' },
    });
  });

  it('does not stop its program when it cannot write', () => {
    writeFileSync(join(directory, 'state'), 'a file where a directory belongs');
    const log = logTo('info');
    log.error({}, 'lost');
    log.close();
    expect(readdirSync(directory)).toEqual(['state']);
  });
});

describe('a log file', () => {
  it('is private, in a private directory', () => {
    const sink = openLogFile(fileIn());
    sink.write('x\n');
    sink.close();
    expect(statSync(fileIn()).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'state')).mode & 0o777).toBe(0o700);
  });

  it('goes on where it ended', () => {
    for (const line of ['one\n', 'two\n']) {
      const sink = openLogFile(fileIn());
      sink.write(line);
      sink.close();
    }
    expect(readFileSync(fileIn(), 'utf8')).toBe('one\ntwo\n');
  });

  it('is put aside when it is full, and only so many old ones are kept', () => {
    const sink = openLogFile(fileIn(), { bytesMax: 100, oldFilesMax: 2 });
    for (let number = 0; number < 10; number += 1) {
      sink.write(`${number}${'x'.repeat(58)}\n`);
      sink.flush();
    }
    sink.close();
    expect(readdirSync(join(directory, 'state')).sort()).toEqual(['oma.log', 'oma.log.1', 'oma.log.2']);
    const first = (name: string): string => readFileSync(join(directory, 'state', name), 'utf8').slice(0, 1);
    expect([first('oma.log'), first('oma.log.1'), first('oma.log.2')]).toEqual(['9', '8', '7']);
  });

  it('counts what was there before it was opened', () => {
    const before = openLogFile(fileIn());
    before.write('x'.repeat(90));
    before.close();
    const sink = openLogFile(fileIn(), { bytesMax: 100, oldFilesMax: 1 });
    sink.write('y'.repeat(20));
    sink.close();
    expect(readFileSync(fileIn(), 'utf8')).toBe('y'.repeat(20));
  });

  it('writes many lines at once, a moment later', () => {
    vi.useFakeTimers();
    const sink = openLogFile(fileIn());
    sink.write('one\n');
    sink.write('two\n');
    expect(readdirSync(directory)).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(readFileSync(fileIn(), 'utf8')).toBe('one\ntwo\n');
    sink.write(`${'x'.repeat(70_000)}\n`);
    expect(statSync(fileIn()).size).toBeGreaterThan(70_000);
    sink.close();
  });
});
