import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { collect } from '../../../probe-runner/output.ts';
import { type GuardedChild, startGuarded } from '../../../runtime/guarded-child.ts';
import { useDirectory } from '../../support/probe-bench.ts';
import { processGone } from '../../support/process-gone.ts';

const DEADLINE_MS = 20_000;

describe('a guarded program', () => {
  it('ends as it ends by itself, with what it printed', async () => {
    expect(await run('echo out; echo err >&2; exit 3')).toEqual({
      exitCode: 3,
      signal: null,
      killedFor: null,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect(await run('kill -KILL $$')).toMatchObject({ exitCode: null, signal: 'SIGKILL', killedFor: null });
    expect(await run('kill -TERM $$')).toMatchObject({ exitCode: null, signal: 'SIGTERM', killedFor: null });
  });

  it('has no input, no environment but the given one, and no descriptor of ours', async () => {
    expect(await run('cat; env | cut -d= -f1 | grep -vE "^(PWD|OLDPWD|SHLVL|_)$"')).toMatchObject({
      exitCode: 0,
      stdout: 'PATH\n',
    });
    expect(await run('if { true >&3; } 2>/dev/null; then echo open; else echo closed; fi')).toMatchObject({
      stdout: 'closed\n',
    });
  });

  it('that does not exist ends with 127', async () => {
    const child = startGuarded({ file: '/nonexistent/codex', args: [], env: {}, cwd: '/' }, 'ignore');
    expect(await collect(child, DEADLINE_MS, null)).toMatchObject({ exitCode: 127, stdout: '' });
  });

  it('is asked to end at its deadline', async () => {
    expect(await collect(start('sleep 30'), 50, null)).toMatchObject({
      exitCode: null,
      signal: 'SIGTERM',
      killedFor: 'deadline',
    });
  });

  it('may end in its own way when it is asked to', async () => {
    const child = start('trap "echo bye; exit 0" TERM; echo on; sleep 30 & wait');
    child.stdout.once('data', () => child.stop('cancel'));
    expect(await collect(child, DEADLINE_MS, null)).toMatchObject({
      exitCode: 0,
      killedFor: 'cancel',
      stdout: 'on\nbye\n',
    });
  });

  it('[C.L2.4] that ignores SIGTERM is killed three seconds later', async () => {
    const child = start('trap "" TERM; echo on; while :; do sleep 0.1; done');
    let stoppedAt = Infinity;
    child.stdout.once('data', () => {
      stoppedAt = performance.now();
      child.stop('deadline');
    });
    expect(await collect(child, DEADLINE_MS, null)).toMatchObject({
      exitCode: null,
      signal: 'SIGKILL',
      killedFor: 'deadline',
    });
    expect(performance.now() - stoppedAt).toBeGreaterThan(2_990);
  });

  it('is ended when its caller gives up, also before it began', async () => {
    const aborter = new AbortController();
    const ended = collect(start('sleep 30'), DEADLINE_MS, aborter.signal);
    aborter.abort();
    expect(await ended).toMatchObject({ signal: 'SIGTERM', killedFor: 'cancel' });
    expect(await collect(start('sleep 30'), DEADLINE_MS, AbortSignal.abort())).toMatchObject({ killedFor: 'cancel' });
  });

  it('that prints without end is stopped, and no more than a megabyte of it is kept', async () => {
    const ended = await collect(start('yes'), DEADLINE_MS, null);
    expect(ended).toMatchObject({ killedFor: 'output' });
    expect(ended.stdout).toHaveLength(1_048_576);
  });

  it('may complain as much as it likes; the beginning is kept', async () => {
    const ended = await run(
      'i=0; while [ $i -lt 3000 ]; do echo "a line of some forty characters, number $i" >&2; i=$((i+1)); done',
    );
    expect(ended).toMatchObject({ exitCode: 0, killedFor: null });
    expect(ended.stderr).toHaveLength(65_536);
  });

  it('leaves nothing behind: what it started is gone when it has ended', async () => {
    const directory = await useDirectory();
    const pidFile = join(directory, 'pid');
    const startedAt = performance.now();
    await run(`sleep 300 & echo $! > '${pidFile}'; echo started`);
    expect(performance.now() - startedAt).toBeLessThan(60_000);
    await processGone(Number(await readFile(pidFile, 'utf8')));
  });

  it('dies with the process that started it, even when that is killed', async () => {
    const directory = await useDirectory();
    const pidFile = join(directory, 'pids');
    const host = join(directory, 'host.ts');
    const script = `trap "" TERM HUP INT; sleep 300 & echo "$$ $!" > '${pidFile}'; echo on; wait`;
    const source = join(import.meta.dirname, '..', '..', '..', 'runtime', 'guarded-child.ts');
    await writeFile(
      host,
      `import { startGuarded } from ${JSON.stringify(source)};
const child = startGuarded({ file: '/bin/sh', args: ['-c', ${JSON.stringify(script)}], env: { PATH: '/usr/bin:/bin' }, cwd: '/' }, 'ignore');
child.stdout.once('data', () => process.kill(process.pid, 'SIGKILL'));`,
    );
    expect(() => execFileSync(process.execPath, [host], { stdio: 'ignore' })).toThrow(
      expect.objectContaining({ signal: 'SIGKILL' }),
    );
    const pids = (await readFile(pidFile, 'utf8')).trim().split(' ').map(Number);
    expect(pids).toHaveLength(2);
    for (const pid of pids) await processGone(pid);
  });
});

function start(script: string): GuardedChild {
  return startGuarded({ file: '/bin/sh', args: ['-c', script], env: { PATH: '/usr/bin:/bin' }, cwd: '/' }, 'ignore');
}

function run(script: string) {
  return collect(start(script), DEADLINE_MS, null);
}
