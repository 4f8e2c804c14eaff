import { join } from 'node:path';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { type ChildProcess, spawnChild, type SpawnOptions } from '../../../runtime/spawn.ts';
import { PATIENCE } from '../../support/patience.ts';
import { textFrom } from './support/text-from.ts';

function spawn(script: string, options: Partial<SpawnOptions> = {}): ChildProcess {
  const child = spawnChild({
    name: 'test',
    command: process.execPath,
    args: ['-e', script],
    env: {},
    cwd: import.meta.dirname,
    ...options,
  });
  onTestFinished(() => child.stop());
  return child;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const CHILD_OF_CHILD = `
  const { spawn } = require('node:child_process');
  const grandchild = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], { stdio: 'inherit' });
  console.log(grandchild.pid);
`;

describe('a child process', () => {
  it('talks over its standard streams', async () => {
    const child = spawn('process.stdin.pipe(process.stdout)');
    const text = textFrom(child.stdout);
    child.stdin.end('hello');
    expect(await child.exited).toEqual({ code: 0, signal: null, failure: null });
    await vi.waitFor(() => expect(text()).toBe('hello'), PATIENCE);
  });

  it('gets the environment it is given and nothing else', async () => {
    vi.stubEnv('PLANTED_SECRET', 'x');
    const child = spawn('console.log(JSON.stringify(process.env))', { env: { ONLY: 'this' } });
    const text = textFrom(child.stdout);
    await child.exited;
    await vi.waitFor(() => expect(JSON.parse(text())).toEqual({ ONLY: 'this' }), PATIENCE);
    vi.unstubAllEnvs();
  });

  it('hands on its standard error line by line, cut to a bounded length', async () => {
    const lines: string[] = [];
    const child = spawn('process.stderr.write("one\\ntwo\\n" + "x".repeat(10000) + "\\nlast")', {
      onStderrLine: (line) => lines.push(line),
    });
    await child.exited;
    await vi.waitFor(() => expect(lines).toEqual(['one', 'two', 'x'.repeat(4_096), 'last']), PATIENCE);
  });

  it('says how it ended', async () => {
    expect(await spawn('process.exit(7)').exited).toEqual({ code: 7, signal: null, failure: null });
    expect(await spawn('process.kill(process.pid, "SIGKILL")').exited).toEqual({
      code: null,
      signal: 'SIGKILL',
      failure: null,
    });
  });

  it('says why it could not be run', async () => {
    const child = spawn('', { command: join(import.meta.dirname, 'no-such-program') });
    expect(child.pid).toBeNull();
    expect(await child.exited).toEqual({
      code: null,
      signal: null,
      failure: expect.stringContaining('ENOENT') as string,
    });
    child.stdin.on('error', () => undefined);
    await child.stop();
  });

  it('ends when it is asked to', async () => {
    const child = spawn('setInterval(() => {}, 1000)');
    await child.stop();
    expect(await child.exited).toEqual({ code: null, signal: 'SIGTERM', failure: null });
  });

  it('is killed when it does not end although it is asked to', async () => {
    const child = spawn('process.on("SIGTERM", () => {}); console.log("ready"); setInterval(() => {}, 1000)', {
      killAfterMs: 200,
    });
    const text = textFrom(child.stdout);
    await vi.waitFor(() => expect(text()).toContain('ready'), PATIENCE);
    await child.stop();
    expect(await child.exited).toMatchObject({ signal: 'SIGKILL' });
  });

  it.each([
    ['is stopped', 'setInterval(() => {}, 1000)', (child: ChildProcess) => child.stop()],
    ['ends by itself', 'setTimeout(() => process.exit(1), 300)', () => Promise.resolve()],
    ['crashes', 'setTimeout(() => process.abort(), 300)', () => Promise.resolve()],
  ])('takes all its descendants along when it %s', async (_, end, act) => {
    const child = spawn(CHILD_OF_CHILD + end, { killAfterMs: 200 });
    const text = textFrom(child.stdout);
    await vi.waitFor(() => expect(text()).toMatch(/\d+\n/), PATIENCE);
    const grandchild = Number(text());
    expect(isAlive(grandchild)).toBe(true);
    await act(child);
    await child.exited;
    await vi.waitFor(() => expect(isAlive(grandchild)).toBe(false), PATIENCE);
  });
});
