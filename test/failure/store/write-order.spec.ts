import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type Breakage, BREAKAGES, brokenFs } from '../../support/broken-fs.ts';
import { createFaultFs } from '../../support/fault-fs.ts';
import { runProgram } from '../../support/run-program.ts';
import { adding, createStoreSandbox, type StoreSandbox, using } from '../../support/store-sandbox.ts';
import { orderProblems, stepsFromCalls, stepsFromStrace } from '../../support/write-order.ts';

const WRITER = fileURLToPath(new URL('../../support/store-writer.ts', import.meta.url));
const CALLS =
  'openat,write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,rename,renameat,renameat2,link,linkat,close';
const CHANGES = 20;

const EXPECTED: Readonly<Record<Breakage, RegExp>> = {
  'no-fsync': /no fsync-tmp/,
  'fsync-after-rename': /no fsync-tmp/,
  'no-directory-fsync': /no fsync-directory/,
  'early-ack': /ack 1 came before its write was done/,
};

let sandbox: StoreSandbox;
beforeEach(async () => {
  sandbox = await createStoreSandbox();
});
afterEach(() => sandbox.remove());

describe('[B.L2.5] the order of a write, as the calls to the file system show it', () => {
  async function problemsOf(breakage: Breakage | null): Promise<readonly string[]> {
    const witness = createFaultFs();
    const store = await sandbox.open({ fs: breakage === null ? witness.fs : brokenFs(witness.fs, breakage) });
    await store.transact('test', adding('work'), 'before-reply');
    witness.calls.length = 0;
    const acknowledge = (): void => void witness.calls.push({ what: 'ack', errno: null });
    for (let change = 0; change < CHANGES; change += 1) {
      const done = store.transact('test', using('work'), 'before-reply');
      if (breakage === 'early-ack') acknowledge();
      await done;
      if (breakage !== 'early-ack') acknowledge();
    }
    return orderProblems(stepsFromCalls(witness.calls.map(({ what }) => what)));
  }

  it('is right for every write', async () => {
    expect(await problemsOf(null)).toEqual([]);
  });

  it.each(BREAKAGES)('would be seen to be wrong with %s', async (breakage) => {
    expect((await problemsOf(breakage)).join()).toMatch(EXPECTED[breakage]);
  });
});

// Where there is no strace the kernel cannot be asked; the proof above runs everywhere.
if (hasStrace()) {
  describe('[B.L2.5] the order of a write, as the kernel shows it', () => {
    async function problemsOf(breakage: Breakage | null): Promise<readonly string[]> {
      const traces = join(dirname(dirname(sandbox.file)), 'traces');
      await mkdir(traces);
      const args = [
        '-ff',
        '-ttt',
        '-T',
        '-y',
        '-s',
        '64',
        '-o',
        join(traces, 'trace'),
        '-e',
        `trace=${CALLS}`,
        process.execPath,
        WRITER,
        sandbox.file,
      ];
      const env = {
        UV_USE_IO_URING: '0',
        CHANGES: String(CHANGES),
        ...(breakage === null ? {} : { BREAKAGE: breakage }),
      };
      const run = await runProgram({
        file: 'strace',
        args,
        env: { PATH: '/usr/bin:/bin', ...env },
        cwd: dirname(WRITER),
        deadlineMs: 60_000,
      });
      expect([run.code, run.stderr, run.stdout.split('\n').length]).toEqual([0, '', CHANGES + 2]);
      const texts = await Promise.all((await readdir(traces)).map((name) => readFile(join(traces, name), 'utf8')));
      return orderProblems(
        stepsFromStrace(
          texts.flatMap((text) => text.split('\n')),
          sandbox.file,
        ),
      );
    }

    it('is right for every write', async () => {
      expect(await problemsOf(null)).toEqual([]);
    });

    it.each(BREAKAGES)('would be seen to be wrong with %s', async (breakage) => {
      expect((await problemsOf(breakage)).join()).toMatch(EXPECTED[breakage]);
    });
  });
}

function hasStrace(): boolean {
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
