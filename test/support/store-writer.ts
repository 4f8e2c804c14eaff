/**
 * A program that keeps changing a store until it is killed: `node store-writer.ts FILE`.
 * It says `ready` on stdout, then `ack N` once change N is on disk; every change touches two accounts, so that half a change would show.
 * The environment names where to die (FAULT_POINT, FAULT_HIT), how many write at once, how many changes to make, and how to break the order.
 */
import { writeSync } from 'node:fs';

import { type Secret, secretSchema } from '../../contract/scalars.ts';
import { type FaultPoints, NO_FAULTS } from '../../supervisor/store/fault-points.ts';
import { openStore, type Store } from '../../supervisor/store/store.ts';
import { NODE_FS } from '../../supervisor/store/store-fs.ts';
import { BREAKAGES, brokenFs } from './broken-fs.ts';
import { adding, using } from './store-sandbox.ts';

const { FAULT_POINT, FAULT_HIT = '1', WRITERS = '1', CHANGES = '1000000', STORE_PASSPHRASE, BREAKAGE } = process.env;
const [file = ''] = process.argv.slice(2);
const breakage = BREAKAGES.find((one) => one === BREAKAGE);

function dyingAt(point: string, hit: number): FaultPoints {
  let hits = 0;
  return (reached) => {
    if (reached === point && (hits += 1) === hit) process.kill(process.pid, 'SIGKILL');
  };
}

function silent(): void {
  // The parent looks at the files, not at the log.
}

async function write(store: Store): Promise<void> {
  for (const alias of ['work', 'home']) {
    if (!store.read().accounts.some((account) => account.alias === alias))
      await store.transact('add', adding(alias), 'before-reply');
  }
  await store.settled();
  writeSync(1, 'ready\n');
  let left = Number(CHANGES);
  const writer = async (): Promise<void> => {
    while ((left -= 1) >= 0) {
      store.change('soon', (state) => [
        { ...state, rotation: { ...state.rotation, seed: state.rotation.seed + 1 } },
        undefined,
      ]);
      const done = store.transact(
        'both',
        (state, now) => using('home')(using('work')(state, now)[0], now),
        'before-reply',
      );
      if (breakage === 'early-ack') writeSync(1, 'ack early\n');
      const count = await done;
      if (breakage !== 'early-ack') writeSync(1, `ack ${String(count)}\n`);
    }
  };
  await Promise.all(Array.from({ length: Number(WRITERS) }, writer));
}

const passphrase: Secret | null = STORE_PASSPHRASE === undefined ? null : secretSchema.parse(STORE_PASSPHRASE);
const store = await openStore({
  file,
  passphrase,
  now: () => Date.now(),
  log: { info: silent, warn: silent, error: silent },
  fault: FAULT_POINT === undefined ? NO_FAULTS : dyingAt(FAULT_POINT, Number(FAULT_HIT)),
  fs: breakage === undefined ? NODE_FS : brokenFs(NODE_FS, breakage),
});
await write(store);
