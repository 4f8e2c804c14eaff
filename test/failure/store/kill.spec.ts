import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { checkStoreFile } from '../../../supervisor/store/check.ts';
import { FAULT_POINTS } from '../../../supervisor/store/fault-points.ts';
import { createStoreSandbox, PASSPHRASE, type StoreSandbox, uses } from '../../support/store-sandbox.ts';

const WRITER = fileURLToPath(new URL('../../support/store-writer.ts', import.meta.url));
const DEADLINE_MS = 60_000;
const WRITERS = 8;

let sandbox: StoreSandbox;
let child: ChildProcess | null;

beforeEach(async () => {
  sandbox = await createStoreSandbox();
  child = null;
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await sandbox.remove();
});

interface Life {
  readonly signal: NodeJS.Signals | null;
  /** Counts that were acknowledged, in the order in which they were. */
  readonly acknowledged: readonly number[];
  readonly errors: string;
}

/** Lets a program write until it dies at a fault point, or until so many changes are acknowledged and we kill it. */
async function live(env: Readonly<Record<string, string>>, killAfter = Number.POSITIVE_INFINITY): Promise<Life> {
  const writer = spawn(process.execPath, [WRITER, sandbox.file], {
    env: { WRITERS: String(WRITERS), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = writer;
  const deadline = setTimeout(() => writer.kill('SIGKILL'), DEADLINE_MS);
  let output = '';
  let errors = '';
  writer.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  writer.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output.split('\n').length > killAfter) writer.kill('SIGKILL');
  });
  const [, signal] = (await once(writer, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(deadline);
  const lines = output
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('ack '));
  return { signal, acknowledged: lines.map((line) => Number(line.slice('ack '.length))), errors };
}

/** Before anything repairs them: main file and snapshot never are both bad, and main is never gone once it was there. */
async function expectOneGoodFile(passphrase: typeof PASSPHRASE | null): Promise<void> {
  if (!existsSync(sandbox.file)) {
    expect(existsSync(`${sandbox.file}.last-good`)).toBe(false);
    return;
  }
  expect(await checkStoreFile(sandbox.file, passphrase)).toMatchObject({ ok: true, problems: [] });
}

/** Opens the store again: nothing acknowledged is lost, nothing is half there, nothing is there that nobody asked for. */
async function expectNothingLost(acknowledgedMax: number, passphrase: typeof PASSPHRASE | null): Promise<void> {
  const store = await sandbox.open({ passphrase });
  const state = store.read();
  expect(store.status().recovered).toBeNull();
  if (state.accounts.length < 2) {
    expect(acknowledgedMax).toBe(0);
    return;
  }
  expect(uses(state, 'work')).toBe(uses(state, 'home'));
  expect(uses(state, 'work')).toBeGreaterThanOrEqual(acknowledgedMax);
  expect(uses(state, 'work')).toBeLessThanOrEqual(acknowledgedMax + WRITERS);
  expect((await sandbox.names()).filter((name) => name.endsWith('tmp'))).toEqual([]);
}

describe('[B.L2.6] a supervisor killed in the middle of a write', () => {
  const hits = [1, 2, 3, 9];

  it.each(FAULT_POINTS.flatMap((point) => hits.map((hit) => ({ point, hit }))))(
    'at $point for the time number $hit loses nothing that it acknowledged',
    async ({ point, hit }) => {
      const life = await live({ FAULT_POINT: point, FAULT_HIT: String(hit) });
      expect([life.signal, life.errors]).toEqual(['SIGKILL', '']);
      await expectOneGoodFile(null);
      await expectNothingLost(Math.max(0, ...life.acknowledged), null);
    },
  );

  it.each(FAULT_POINTS)('at %s loses nothing when the store is encrypted', async (point) => {
    const life = await live({ FAULT_POINT: point, FAULT_HIT: '6', STORE_PASSPHRASE: PASSPHRASE });
    expect([life.signal, life.errors]).toEqual(['SIGKILL', '']);
    await expectOneGoodFile(PASSPHRASE);
    await expectNothingLost(Math.max(0, ...life.acknowledged), PASSPHRASE);
  });

  it('again and again at one point after the other goes on where it was', async () => {
    let acknowledgedMax = 0;
    for (const point of FAULT_POINTS) {
      const life = await live({ FAULT_POINT: point, FAULT_HIT: '4' });
      expect([point, life.signal, life.errors]).toEqual([point, 'SIGKILL', '']);
      acknowledgedMax = Math.max(acknowledgedMax, ...life.acknowledged);
      await expectOneGoodFile(null);
    }
    expect(acknowledgedMax).toBeGreaterThan(FAULT_POINTS.length);
    await expectNothingLost(acknowledgedMax, null);
  });

  it('at any moment, 25 times, loses nothing that it acknowledged', async () => {
    let acknowledgedMax = 0;
    for (let round = 1; round <= 25; round += 1) {
      const life = await live({}, 1 + ((round * 37) % 200));
      expect([life.signal, life.errors]).toEqual(['SIGKILL', '']);
      const lifeMax = Math.max(...life.acknowledged);
      expect(lifeMax).toBeGreaterThan(acknowledgedMax);
      acknowledgedMax = lifeMax;
      await expectOneGoodFile(null);
    }
    await expectNothingLost(acknowledgedMax, null);
  });
});
