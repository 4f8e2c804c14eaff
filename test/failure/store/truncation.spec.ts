import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Store } from '../../../supervisor/store/store.ts';
import { removeTree } from '../../support/remove-tree.ts';
import { adding, createStoreSandbox, type StoreSandbox } from '../../support/store-sandbox.ts';

const SNAPSHOT = 'accounts.json.last-good';

let sandbox: StoreSandbox;
beforeEach(async () => {
  sandbox = await createStoreSandbox();
});
afterEach(() => sandbox.remove());

async function leave(content: string, name?: string): Promise<void> {
  await mkdir(dirname(sandbox.file), { recursive: true, mode: 0o700 });
  await sandbox.write(content, name);
}

function aliases(store: Store): readonly string[] {
  return store.read().accounts.map(({ alias }) => alias);
}

describe('[B.L2.6] an interrupted write', () => {
  it('leaves a file that is cut off at any byte: the snapshot is restored, or the whole file is there', async () => {
    const store = await sandbox.open();
    await store.transact('test', adding('work'), 'before-reply');
    await store.transact('test', (state) => [{ ...state, activeAlias: 'work' }, 1], 'before-reply');
    await store.close();
    const [content, snapshot] = [await sandbox.read(), await sandbox.read(SNAPSHOT)];
    const outcomes = new Map<string, number>();
    for (let length = 0; length <= content.length; length += 1) {
      await removeTree(dirname(sandbox.file));
      await leave(content.slice(0, length));
      await leave(snapshot, SNAPSHOT);
      const opened = await sandbox.open();
      const outcome = `${String(opened.read().activeAlias)} of ${aliases(opened).join()}, ${opened.status().recovered === null ? 'as it was' : 'restored'}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect([...outcomes]).toEqual([
      ['null of work, restored', content.length - 1],
      ['work of work, as it was', 2],
    ]);
  });

  it('leaves a file that is cut off at any byte: without a snapshot it is refused, or the whole file is there', async () => {
    const store = await sandbox.open();
    await store.transact('test', adding('work'), 'before-reply');
    await store.close();
    const content = await sandbox.read();
    const outcomes = new Map<string, number>();
    for (let length = 1; length <= content.length; length += 1) {
      await removeTree(dirname(sandbox.file));
      await leave(content.slice(0, length));
      const outcome = await sandbox.open().then(
        (opened) => aliases(opened).join(),
        (error: unknown) => (error as { code: string }).code,
      );
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect([...outcomes]).toEqual([
      ['STORE_DAMAGED', content.length - 2],
      ['work', 2],
    ]);
  });
});
