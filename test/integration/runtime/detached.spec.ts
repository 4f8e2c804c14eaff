import { describe, expect, it } from 'vitest';

import { spawnDetached } from '../../../runtime/detached.ts';

const run = (script: string, env: Record<string, string> = {}) =>
  spawnDetached({ command: process.execPath, args: ['-e', script], env });

describe('a program that nobody attends', () => {
  it('hands over its first line and goes on after its starter let go', async () => {
    const program = run("console.log('ready'); console.log('more'); setTimeout(() => process.exit(7), 200)");
    expect(await program.firstLine).toBe('ready');
    program.release();
    expect(await program.exited).toBe(7);
  });

  it('has no first line when it ends without one, and no exit code when it cannot be run', async () => {
    expect(await run('process.exit(3)').firstLine).toBeNull();
    const missing = spawnDetached({ command: '/nowhere/at/all', args: [], env: {} });
    expect([await missing.firstLine, await missing.exited]).toEqual([null, null]);
  });

  it('sees only the environment it is given', async () => {
    expect(
      await run("console.log(Object.keys(process.env).filter((name) => name !== 'LC_CTYPE').join())", { ONLY: '1' })
        .firstLine,
    ).toBe('ONLY');
  });
});
