import { describe, expect, it } from 'vitest';

import { spawnAnnouncing, spawnDetached } from '../../../runtime/detached.ts';

const node = (script: string, env: Record<string, string> = {}) => ({
  command: process.execPath,
  args: ['-e', script],
  env,
});
const MISSING = { command: '/nowhere/at/all', args: [], env: {} };

describe('a program that goes on without its starter', () => {
  it('tells its exit code, if it could be run at all', async () => {
    expect(await spawnDetached(node("console.log('to nobody'); process.exit(7)"))).toBe(7);
    expect(await spawnDetached(MISSING)).toBeNull();
  });

  it('hands over its first line, and ends none the worse when nobody listens any more', async () => {
    const program = spawnAnnouncing(node("console.log('ready'); console.log('more')"));
    expect(await program.firstLine).toBe('ready');
    program.release();
  });

  it('has no first line when it ends without one or cannot be run', async () => {
    expect(await spawnAnnouncing(node('process.exit(3)')).firstLine).toBeNull();
    expect(await spawnAnnouncing(MISSING).firstLine).toBeNull();
  });

  it('sees only the environment it is given', async () => {
    const script = "console.log(Object.keys(process.env).filter((name) => name !== 'LC_CTYPE').join())";
    expect(await spawnAnnouncing(node(script, { ONLY: '1' })).firstLine).toBe('ONLY');
  });
});
