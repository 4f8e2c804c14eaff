import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { acquireLock } from '../../../runtime/instance-lock.ts';
import { PATIENCE } from '../../support/patience.ts';
import { sandbox } from './support/line.ts';

const PROGRAM = join(import.meta.dirname, 'support/lock-owner.ts');
const STARTERS = 20;

interface Starter {
  readonly process: ChildProcess;
  readonly said: () => string;
  readonly complaints: () => string;
}

function starter(file: string, socketPath: string): Starter {
  const child = spawn(process.execPath, [PROGRAM, file, socketPath]);
  let said = '';
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  onTestFinished(() => void child.kill('SIGKILL'));
  return { process: child, said: () => said, complaints: () => complaints };
}

const within = (check: () => void): Promise<void> => vi.waitFor(check, PATIENCE);

describe('the lock of the supervisor', () => {
  it('has one owner at a time, who may give it up', async () => {
    const file = join(sandbox(), 'run', 'a.lock');
    const lock = await acquireLock(file, { deadlineMs: 20_000 });
    expect(await acquireLock(file, { deadlineMs: 50 })).toBeNull();
    lock?.release();
    const next = await acquireLock(file, { deadlineMs: 20_000 });
    expect(next).not.toBeNull();
    next?.release();
  });

  it('is private and leaves no other file behind', async () => {
    const directory = join(sandbox(), 'run');
    const lock = await acquireLock(join(directory, 'a.lock'), { deadlineMs: 20_000 });
    expect(readdirSync(directory)).toEqual(['a.lock']);
    expect(statSync(join(directory, 'a.lock')).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    lock?.release();
  });

  it('is waited for no longer than until somebody else serves', async () => {
    const file = join(sandbox(), 'a.lock');
    const lock = await acquireLock(file, { deadlineMs: 20_000 });
    let asked = 0;
    const until = (): Promise<boolean> => Promise.resolve((asked += 1) === 3);
    expect(await acquireLock(file, { deadlineMs: 20_000, until })).toBeNull();
    expect(asked).toBe(3);
    lock?.release();
  });

  it('says what to do when its file is damaged or its directory cannot be used', async () => {
    const directory = sandbox();
    writeFileSync(join(directory, 'bad.lock'), 'this is no database, but a rather long text instead of one'.repeat(10));
    const refusal = { code: 'SUPERVISOR_START_FAILED', message: expect.stringContaining('delete it') as string };
    await expect(acquireLock(join(directory, 'bad.lock'), { deadlineMs: 100 })).rejects.toMatchObject(refusal);
    await expect(acquireLock(directory, { deadlineMs: 100 })).rejects.toMatchObject(refusal);
    const beneathFile = join(directory, 'bad.lock', 'run', 'a.lock');
    await expect(acquireLock(beneathFile, { deadlineMs: 100 })).rejects.toMatchObject(refusal);
  });

  it('has exactly one owner when twenty processes race after the last one was killed, and all find its socket', async () => {
    const directory = sandbox();
    const [file, socketPath] = [join(directory, 'a.lock'), join(directory, 'a.sock')];
    const first = starter(file, socketPath);
    await within(() => expect(first.said()).toContain('started'));
    first.process.stdin?.write('go\n');
    await within(() => expect(first.said()).toContain('owner'));
    const others = Array.from({ length: STARTERS }, () => starter(file, socketPath));
    await within(() => others.forEach(({ said }) => expect(said()).toContain('started')));
    // Why awaited: until the kernel gets to it, a killed process answers at its socket, and whoever finds it there is right to leave.
    const gone = once(first.process, 'exit');
    first.process.kill('SIGKILL');
    await gone;
    for (const other of others) other.process.stdin?.write('go\n');
    await within(() => others.forEach(({ said }) => expect(said()).toMatch(/owner|another/)));
    expect(others.filter(({ said }) => said().includes('owner'))).toHaveLength(1);
    expect(others.filter(({ said }) => said().includes('another'))).toHaveLength(STARTERS - 1);
    expect(others.map(({ complaints }) => complaints()).join('')).toBe('');
  }, 90_000);
});
