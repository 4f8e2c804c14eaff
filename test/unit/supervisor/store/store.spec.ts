import { stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { removeAccount, setEnabled } from '../../../../supervisor/core/accounts.ts';
import type { State } from '../../../../supervisor/core/state.ts';
import { SOON_MS } from '../../../../supervisor/store/commits.ts';
import type { Change } from '../../../../supervisor/store/ledger.ts';
import type { Store } from '../../../../supervisor/store/store.ts';
import { InvariantError } from '../../../../supervisor/store/store-errors.ts';
import { createFaultFs, failing, type FaultFs } from '../../../support/fault-fs.ts';
import { PATIENCE } from '../../../support/patience.ts';
import { accountOf, NOON } from '../../../support/state.ts';
import {
  adding,
  createStoreSandbox,
  PASSPHRASE,
  type StoreSandbox,
  uses,
  using,
} from '../../../support/store-sandbox.ts';

let sandbox: StoreSandbox;
let witness: FaultFs;

beforeEach(async () => {
  sandbox = await createStoreSandbox();
  witness = createFaultFs();
});
afterEach(() => sandbox.remove());

function disable(alias: string): Change<unknown> {
  return (state, now) => setEnabled(state, { alias, enabled: false, actor: 'cli', reason: 'resting' }, now);
}

/** A store with the accounts `work` and `home`, its calls so far forgotten. */
async function openWithTwo(): Promise<Store> {
  const store = await sandbox.open({ fs: witness.fs });
  await store.transact('test', adding('work'), 'before-reply');
  await store.transact('test', adding('home'), 'before-reply');
  witness.calls.length = 0;
  return store;
}

/** How often the file was replaced. */
function writes(): number {
  return witness.calls.filter(({ what, errno }) => errno === null && what.endsWith('oma-tmp -> accounts.json')).length;
}

async function reopened(): Promise<State> {
  return (await sandbox.open()).read();
}

describe('the store', () => {
  it('[D.L1.1] [H.T.10] remembers across a restart that an account is disabled, since when, by whom and why', async () => {
    const store = await openWithTwo();
    await store.transact('account.set-enabled', disable('work'), 'before-reply');
    await store.close();
    const state = await reopened();
    expect(accountOf(state, 'work').availability).toEqual({
      enabled: false,
      disabledAt: NOON,
      disabledBy: 'cli',
      disableReason: 'resting',
    });
    expect(accountOf(state, 'home').availability).toEqual({ enabled: true });
  });

  it('[B.L2.4] loses none of 100 read-modify-writes that run at the same time', async () => {
    const store = await openWithTwo();
    const counts = await Promise.all(
      Array.from({ length: 100 }, () => store.transact('test', using('work'), 'before-reply')),
    );
    expect(counts).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    expect([uses(store.read(), 'work'), uses(await reopened(), 'work')]).toEqual([100, 100]);
  });

  it('puts all who call in one turn into one write, and all who call during it into the next', async () => {
    const store = await openWithTwo();
    const first = Array.from({ length: 100 }, () => store.transact('test', using('work'), 'before-reply'));
    const all = Promise.all([
      ...first,
      ...first.map(async (done) => {
        await done;
        return store.transact('test', using('work'), 'before-reply');
      }),
    ]);
    await all;
    expect([writes(), uses(store.durable(), 'work')]).toEqual([2, 200]);
  });

  it.each([
    { writers: 10, changes: 20, atLeast: 8 },
    { writers: 100, changes: 5, atLeast: 60 },
  ])(
    'shares a write among $writers writers: at least $atLeast changes to each',
    async ({ writers, changes, atLeast }) => {
      const store = await openWithTwo();
      const writer = async (): Promise<void> => {
        for (let change = 0; change < changes; change += 1) await store.transact('test', using('work'), 'before-reply');
      };
      await Promise.all(Array.from({ length: writers }, writer));
      expect(uses(store.durable(), 'work')).toBe(writers * changes);
      expect((writers * changes) / writes()).toBeGreaterThanOrEqual(atLeast);
    },
  );

  it('is on disk when the change is answered', async () => {
    const store = await openWithTwo();
    await store.transact('test', using('work'), 'before-reply');
    expect(JSON.parse(await sandbox.read())).toMatchObject({
      accounts: [
        { alias: 'work', usageCount: 1 },
        { alias: 'home', usageCount: 0 },
      ],
    });
    expect(store.durable()).toBe(store.read());
  });

  it('keeps the identity of what did not change, on disk and in memory', async () => {
    const store = await openWithTwo();
    const { credentials } = accountOf(store.read(), 'work');
    store.change('test', using('work'));
    expect(accountOf(store.durable(), 'work').credentials).toBe(accountOf(store.read(), 'work').credentials);
    await store.transact('test', using('home'), 'before-reply');
    expect(accountOf(store.durable(), 'work').credentials).toBe(credentials);
  });

  it('writes nothing for a change that changes nothing, nor for one that is refused', async () => {
    const store = await openWithTwo();
    await store.transact('test', (state) => [state, 1], 'before-reply');
    await expect(store.transact('test', adding('work'), 'before-reply')).rejects.toMatchObject({ code: 'ALIAS_TAKEN' });
    expect(() => store.change('test', disable('nobody'))).toThrow('There is no account "nobody"');
    await store.settled();
    expect([writes(), sandbox.time.waiting()]).toEqual([0, []]);
  });

  it('refuses a change that would break it, whoever asks, and keeps what it had', async () => {
    const store = await openWithTwo();
    const bad: Change<number> = (state) => [{ ...state, activeAlias: 'nobody' }, 1];
    const before = store.read();
    await expect(store.transact('account.switch', bad, 'before-reply')).rejects.toThrow(InvariantError);
    expect(() => store.change('account.switch', bad)).toThrow('the active account "nobody" does not exist');
    expect([store.read(), writes()]).toEqual([before, 0]);
  });

  it('tells listeners once a turn, until they stop listening', async () => {
    const store = await openWithTwo();
    const heard: number[] = [];
    const stop = store.onChange((state) => heard.push(uses(state, 'work')));
    store.change('test', using('work'));
    store.change('test', using('work'));
    await store.settled();
    store.change('test', (state) => [state, 1]);
    await store.transact('test', using('work'), 'before-reply');
    stop();
    store.change('test', using('work'));
    await store.settled();
    expect(heard).toEqual([2, 3]);
  });

  it('keeps the directory private and the files too', async () => {
    await openWithTwo();
    const modes = await Promise.all(
      [sandbox.file, `${sandbox.file}.last-good`, dirname(sandbox.file)].map(
        async (path) => (await stat(path)).mode & 0o777,
      ),
    );
    expect(modes).toEqual([0o600, 0o600, 0o700]);
  });
});

describe('a change that may wait', () => {
  it('is on its way to the disk after less than a second, together with all others', async () => {
    const store = await openWithTwo();
    for (let index = 0; index < 50; index += 1) store.change('test', using('work'));
    expect([uses(store.read(), 'work'), uses(store.durable(), 'work'), sandbox.time.waiting()]).toEqual([
      50,
      0,
      [SOON_MS],
    ]);
    expect(SOON_MS).toBeLessThan(1_000);
    sandbox.time.pass(SOON_MS - 1);
    expect(writes()).toBe(0);
    sandbox.time.pass(1);
    await store.settled();
    expect([writes(), uses(await reopened(), 'work')]).toEqual([1, 50]);
  });

  it('goes with a write that somebody waits for', async () => {
    const store = await openWithTwo();
    store.change('test', using('work'));
    await store.transact('test', using('home'), 'before-reply');
    expect([writes(), uses(store.durable(), 'work'), sandbox.time.waiting()]).toEqual([1, 1, []]);
  });

  it('is not waited for', async () => {
    const store = await openWithTwo();
    expect(await store.transact('test', using('work'), 'soon')).toBe(1);
    expect(writes()).toBe(0);
  });

  it('is on disk when settled is answered', async () => {
    const store = await openWithTwo();
    store.change('test', using('work'));
    await store.settled();
    expect([writes(), uses(await reopened(), 'work')]).toEqual([1, 1]);
    await store.settled();
    expect(writes()).toBe(1);
  });

  it('made during a write is written after it', async () => {
    const store = await openWithTwo();
    const written = store.transact('test', using('work'), 'before-reply');
    store.change('test', using('work'));
    await written;
    store.change('test', using('work'));
    expect(sandbox.time.waiting()).toEqual([SOON_MS]);
    await store.settled();
    expect(uses(await reopened(), 'work')).toBe(3);
  });

  it('is on disk after closing, and nothing is taken any more', async () => {
    const store = await openWithTwo();
    store.change('test', using('work'));
    await store.close();
    expect([uses(await reopened(), 'work'), sandbox.time.waiting()]).toEqual([1, []]);
    expect(() => store.change('test', using('work'))).toThrow('The supervisor is stopping');
    await expect(store.transact('test', using('work'), 'before-reply')).rejects.toMatchObject({
      code: 'STORE_UNWRITABLE',
    });
    await expect(store.transact('test', using('work'), 'soon')).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    expect(uses(store.read(), 'work')).toBe(1);
  });
});

describe('a disk that refuses', () => {
  it('refuses a change that somebody waits for, and undoes it in memory too', async () => {
    const store = await openWithTwo();
    const before = await sandbox.read();
    witness.spoil(failing(/^write /, 'ENOSPC'));
    const refused = store.transact('account.set-enabled', disable('work'), 'before-reply');
    store.change('lease.acquire', using('home'));
    await expect(refused).rejects.toMatchObject({ code: 'STORE_UNWRITABLE', details: { errno: 'ENOSPC' } });
    expect(accountOf(store.read(), 'work').availability).toEqual({ enabled: true });
    expect([uses(store.read(), 'home'), await sandbox.read()]).toEqual([1, before]);
    expect(store.status().writeError).toBe(
      'accounts.json cannot be written (ENOSPC); nothing was changed. The disk is full: free some space. Then try again.',
    );
  });

  it('refuses all who are in the same write, and only them', async () => {
    const store = await openWithTwo();
    let failures = 0;
    witness.spoil((what) => (what.startsWith('write ') && (failures += 1) === 1 ? 'EIO' : null));
    const first = [
      store.transact('test', using('work'), 'before-reply'),
      store.transact('test', using('work'), 'before-reply'),
    ];
    const outcomes = Promise.allSettled(first);
    await new Promise((resolve) => setImmediate(resolve));
    const later = store.transact('test', using('work'), 'before-reply');
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect([await later, uses(store.durable(), 'work'), uses(await reopened(), 'work')]).toEqual([1, 1, 1]);
  });

  it('does not stop leases: memory goes on, attempts get rarer, and success clears the error', async () => {
    const store = await openWithTwo();
    witness.spoil(failing(/^open .*oma-tmp/, 'ENOSPC'));
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 9; attempt += 1) {
      store.change('lease.acquire', using('work'));
      pauses.push(...sandbox.time.waiting());
      sandbox.time.pass(60_000);
      await expect.poll(() => sandbox.time.waiting().length, PATIENCE).toBe(1);
    }
    expect(pauses).toEqual([SOON_MS, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    expect([uses(store.read(), 'work'), uses(store.durable(), 'work')]).toEqual([9, 0]);
    expect(sandbox.log.filter(({ level }) => level === 'error')).toHaveLength(1);
    witness.spoil(null);
    sandbox.time.pass(60_000);
    await store.settled();
    expect([store.status().writeError, uses(await reopened(), 'work')]).toEqual([null, 9]);
    expect(sandbox.log.at(-1)).toMatchObject({
      level: 'info',
      fields: { failures: 9 },
      message: 'the store can be written again',
    });
  });

  it('lets settled and close say so, and keeps what it had', async () => {
    const store = await openWithTwo();
    store.change('test', using('work'));
    witness.spoil(failing(/^fsync /, 'EIO'));
    await expect(store.settled()).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    await expect(store.close()).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    expect([uses(store.read(), 'work'), uses(await reopened(), 'work'), sandbox.time.waiting()]).toEqual([1, 0, []]);
  });

  it('refuses to open a store that it could not keep', async () => {
    witness.spoil(failing(/^write /, 'EROFS'));
    await expect(sandbox.open({ fs: witness.fs })).rejects.toMatchObject({
      code: 'STORE_UNWRITABLE',
      details: { errno: 'EROFS' },
    });
    expect(await sandbox.names()).toEqual([]);
  });
});

describe('the files beside the store', () => {
  it('hold a removed account no longer, as soon as the disk is quiet', async () => {
    const store = await openWithTwo();
    await store.transact('account.remove', (state) => removeAccount(state, 'work'), 'before-reply');
    await store.close();
    for (const name of await sandbox.names()) expect(await sandbox.read(name)).not.toContain('refresh-work');
    expect(await sandbox.names()).toEqual(['accounts.json', 'accounts.json.last-good']);
  });

  it('keep what somebody else wrote meanwhile, and the status tells', async () => {
    const store = await openWithTwo();
    await writeFile(sandbox.file, 'edited by hand');
    await store.transact('test', using('work'), 'before-reply');
    const kept = 'accounts.json.edited-2026-11-23T120000Z';
    expect(store.status().notices).toEqual([
      `Somebody else changed accounts.json while oma was running; that version is kept as ${kept}.`,
    ]);
    expect([await sandbox.read(kept), uses(await reopened(), 'work')]).toEqual(['edited by hand', 1]);
  });
});

describe('an encrypted store', { timeout: 60_000 }, () => {
  it('holds nothing in plain text in any file, and opens with its passphrase only', async () => {
    const store = await sandbox.open({ passphrase: PASSPHRASE });
    await store.transact('test', adding('work'), 'before-reply');
    await store.transact('test', adding('home'), 'before-reply');
    expect(store.status().encrypted).toBe(true);
    await store.close();
    for (const name of await sandbox.names()) {
      const content = await sandbox.read(name);
      expect(content).toContain('"encrypted":true');
      expect(content).not.toMatch(/refresh-|example\.test/);
    }
    expect(accountOf((await sandbox.open({ passphrase: PASSPHRASE })).read(), 'home').credentials.refreshToken).toBe(
      'refresh-home',
    );
    await expect(sandbox.open()).rejects.toMatchObject({ code: 'STORE_PASSPHRASE_REQUIRED' });
  });

  it('that was plain leaves no plain copy behind, not even as snapshot', async () => {
    const plain = await openWithTwo();
    await plain.close();
    const store = await sandbox.open({ passphrase: PASSPHRASE });
    expect(await sandbox.names()).toEqual(['accounts.json', 'accounts.json.last-good']);
    for (const name of await sandbox.names()) expect(await sandbox.read(name)).not.toContain('refresh-');
    expect([store.status().encrypted, store.status().notices, store.read().accounts.length]).toEqual([true, [], 2]);
  });
});

describe('the status', () => {
  it('says where the store is, when it was written, and that nothing is wrong', async () => {
    const store = await openWithTwo();
    expect(store.status()).toEqual({
      file: sandbox.file,
      encrypted: false,
      recovered: null,
      lastWriteAt: NOON,
      writeError: null,
      notices: [],
      migration: null,
    });
  });

  it('knows when the file was written before this start', async () => {
    await (await openWithTwo()).close();
    const { mtimeMs } = await stat(sandbox.file);
    expect((await sandbox.open()).status().lastWriteAt).toBe(Math.floor(mtimeMs));
  });
});
