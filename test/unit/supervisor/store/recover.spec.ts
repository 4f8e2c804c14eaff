import { chmod, mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { secretSchema } from '../../../../contract/scalars.ts';
import { NO_FAULTS } from '../../../../supervisor/store/fault-points.ts';
import { loadStore } from '../../../../supervisor/store/load-store.ts';
import { recover } from '../../../../supervisor/store/recover.ts';
import type { Store } from '../../../../supervisor/store/store.ts';
import { NODE_FS } from '../../../../supervisor/store/store-fs.ts';
import { createFaultFs, failing } from '../../../support/fault-fs.ts';
import { removeTree } from '../../../support/remove-tree.ts';
import { HOUR, NOON } from '../../../support/state.ts';
import { adding, createStoreSandbox, PASSPHRASE, type StoreSandbox } from '../../../support/store-sandbox.ts';
import { accountV1, storeV1, storeV2, upstreamEnvelope } from '../../../support/upstream-store.ts';

const DATE = '2026-11-23T120000Z';
const MAIN = 'accounts.json';
const SNAPSHOT = 'accounts.json.last-good';

let sandbox: StoreSandbox;
beforeEach(async () => {
  sandbox = await createStoreSandbox();
});
afterEach(() => sandbox.remove());

/** Leaves a store with `work` and `home`, whose snapshot knows `work` only. */
async function leaveTwo(): Promise<void> {
  const store = await sandbox.open();
  await store.transact('test', adding('work'), 'before-reply');
  await store.transact('test', adding('home'), 'before-reply');
  await store.close();
}

/** Puts a file where no store has been yet. */
async function leave(content: string, name = MAIN): Promise<void> {
  await mkdir(dirname(sandbox.file), { recursive: true, mode: 0o700 });
  await sandbox.write(content, name);
}

function aliases(store: Store): readonly string[] {
  return store.read().accounts.map(({ alias }) => alias);
}

describe('the first start', () => {
  it('makes a directory and a store of its own, empty and good', async () => {
    const store = await sandbox.open();
    expect([aliases(store), store.status().recovered, store.status().notices]).toEqual([[], null, []]);
    expect(JSON.parse(await sandbox.read())).toMatchObject({ format: 'oma', version: 2, accounts: [] });
  });

  it.each(['', ' \n\t\n', '﻿'])('[B.L2.8] takes an empty file (%j) for no file', async (content) => {
    await leave(content);
    const store = await sandbox.open();
    expect([aliases(store), store.status().recovered]).toEqual([[], null]);
    await store.transact('test', adding('work'), 'before-reply');
    await store.close();
    expect(aliases(await sandbox.open())).toEqual(['work']);
    expect(await sandbox.names()).toEqual([MAIN, SNAPSHOT]);
  });

  it('opens a good store without touching its files', async () => {
    await leaveTwo();
    const before = await Promise.all(
      [MAIN, SNAPSHOT].map(async (name) => [
        await sandbox.read(name),
        (await stat(join(dirname(sandbox.file), name))).mtimeMs,
      ]),
    );
    expect(aliases(await sandbox.open())).toEqual(['work', 'home']);
    const after = await Promise.all(
      [MAIN, SNAPSHOT].map(async (name) => [
        await sandbox.read(name),
        (await stat(join(dirname(sandbox.file), name))).mtimeMs,
      ]),
    );
    expect(after).toEqual(before);
  });

  it('clears away what a killed write has left', async () => {
    await leaveTwo();
    await sandbox.write('half', 'accounts.json.oma-tmp');
    await sandbox.write('half', 'accounts.json.oma-previous-tmp');
    await sandbox.open();
    expect(await sandbox.names()).toEqual([MAIN, SNAPSHOT]);
  });

  it('goes on with the store behind a symbolic link, and leaves the link', async () => {
    await leaveTwo();
    const link = join(dirname(sandbox.file), 'link.json');
    await symlink(sandbox.file, link);
    const store = await sandbox.open({ file: link });
    await store.transact('test', adding('third'), 'before-reply');
    expect(JSON.parse(await sandbox.read())).toMatchObject({
      accounts: [{ alias: 'work' }, { alias: 'home' }, { alias: 'third' }],
    });
    expect(await sandbox.names()).toEqual([MAIN, SNAPSHOT, 'link.json']);
  });
});

describe('[B.L2.7] a corrupted file', () => {
  const damages: readonly (readonly [string, (content: string) => string, string])[] = [
    ['cut off', (content) => content.slice(0, content.length / 2), 'it is not JSON, or it is cut off'],
    ['filled with zeros', (content) => '\0'.repeat(content.length), 'it is not JSON, or it is cut off'],
    ['not text', () => '\uD800', 'it is not JSON, or it is cut off'],
    ['of another program', () => '{"name":"other"}', 'it is no store that oma knows'],
    ['a list', () => '[]', 'it is no store that oma knows'],
    [
      'without a token',
      (content) => content.replace('"accessToken":', '"accesstoken":'),
      'accounts.0.credentials.accessToken: Invalid input: expected string, received undefined',
    ],
    [
      'broken in what belongs together',
      (content) => content.replace('"activeAlias": null', '"activeAlias": "nobody"'),
      'the active account "nobody" does not exist',
    ],
  ];

  it.each(damages)('that is %s is kept aside, and the snapshot restored and told', async (_, damage, problem) => {
    await leaveTwo();
    const content = damage(await sandbox.read());
    await sandbox.write(content);
    const store = await sandbox.open();
    const aside = `${MAIN}.damaged-${DATE}`;
    expect(aliases(store)).toEqual(['work']);
    expect(await sandbox.read(aside)).toBe(Buffer.from(content).toString());
    expect(await sandbox.read(MAIN)).toBe(await sandbox.read(SNAPSHOT));
    const { recovered, notices } = store.status();
    expect(recovered).toContain(`${MAIN} was damaged (${problem}`);
    expect(recovered).toMatch(
      new RegExp(
        `It is kept as ${aside}\\. The snapshot ${SNAPSHOT} of 2.*Z was restored; changes after it are lost\\.$`,
      ),
    );
    expect(notices).toEqual([recovered]);
    await store.close();
    expect((await sandbox.open()).status().recovered).toBeNull();
  });

  it('is never overwritten by the next one', async () => {
    await leaveTwo();
    for (const content of ['first', 'second', 'third']) {
      await sandbox.write(content);
      await sandbox.open();
    }
    const kept = await Promise.all(['', '-2', '-3'].map((suffix) => sandbox.read(`${MAIN}.damaged-${DATE}${suffix}`)));
    expect(kept).toEqual(['first', 'second', 'third']);
  });

  it('without a snapshot is refused with what to do, and nothing is touched', async () => {
    await leave('{"format":"oma"');
    const refusal = await sandbox.open().catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'STORE_DAMAGED',
      details: { problems: ['it is not JSON, or it is cut off'] },
    });
    expect(String(refusal)).toContain('oma restore FILE');
    expect(String(refusal)).not.toContain(dirname(sandbox.file));
    expect([await sandbox.names(), await sandbox.read()]).toEqual([[MAIN], '{"format":"oma"']);
  });

  it('with a snapshot that is damaged too is refused, and nothing is touched', async () => {
    await leaveTwo();
    await sandbox.write('bad');
    await sandbox.write('worse', SNAPSHOT);
    await expect(sandbox.open()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    expect([await sandbox.names(), await sandbox.read(), await sandbox.read(SNAPSHOT)]).toEqual([
      [MAIN, SNAPSHOT],
      'bad',
      'worse',
    ]);
  });

  it('stays where it is when the snapshot cannot be restored', async () => {
    await leaveTwo();
    await sandbox.write('bad');
    const witness = createFaultFs();
    witness.spoil(failing(/^write /, 'ENOSPC'));
    await expect(sandbox.open({ fs: witness.fs })).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    expect([await sandbox.names(), await sandbox.read()]).toEqual([[MAIN, SNAPSHOT], 'bad']);
  });
});

describe('[B.L2.6] an interrupted write', () => {
  it('never makes a lost file look like a first start', async () => {
    await leaveTwo();
    await rm(sandbox.file);
    const store = await sandbox.open();
    expect(aliases(store)).toEqual(['work']);
    expect(store.status().recovered).toMatch(
      /^accounts\.json was missing\. The snapshot accounts\.json\.last-good of .* was restored; changes after it are lost\. To begin with an empty store instead, stop oma and delete the snapshot\.$/,
    );
    expect(await sandbox.names()).toEqual([MAIN, SNAPSHOT]);
  });

  it('never makes an emptied file look like a first start', async () => {
    await leaveTwo();
    await sandbox.write('');
    const store = await sandbox.open();
    expect(aliases(store)).toEqual(['work']);
    expect(store.status().recovered).toMatch(/^accounts\.json was empty\. The snapshot/);
  });

  it('is refused when the file is gone and the snapshot is damaged', async () => {
    await leaveTwo();
    await rm(sandbox.file);
    await sandbox.write('bad', SNAPSHOT);
    await expect(sandbox.open()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    expect(await sandbox.names()).toEqual([SNAPSHOT]);
  });
});

describe('a store of a newer oma', () => {
  it.each([
    ['plain', JSON.stringify({ format: 'oma', version: 3, accounts: [] })],
    ['encrypted', JSON.stringify({ format: 'oma', version: 3, encrypted: true, data: 'x' })],
    ["upstream's", JSON.stringify({ version: 3, accounts: {} })],
  ])('(%s) is refused and stays as it is, though a snapshot exists', async (_, content) => {
    await leaveTwo();
    await sandbox.write(content);
    await chmod(sandbox.file, 0o644);
    await expect(sandbox.open({ passphrase: PASSPHRASE })).rejects.toMatchObject({ code: 'STORE_TOO_NEW' });
    expect([await sandbox.names(), await sandbox.read(), (await stat(sandbox.file)).mode & 0o777]).toEqual([
      [MAIN, SNAPSHOT],
      content,
      0o644,
    ]);
  });
});

describe('an encrypted store', { timeout: 60_000 }, () => {
  async function leaveEncrypted(): Promise<void> {
    const store = await sandbox.open({ passphrase: PASSPHRASE });
    await store.transact('test', adding('work'), 'before-reply');
    await store.transact('test', adding('home'), 'before-reply');
    await store.close();
  }

  it('asks for its passphrase, and refuses a wrong one, without touching anything', async () => {
    await leaveEncrypted();
    const before = await sandbox.read();
    await expect(sandbox.open()).rejects.toMatchObject({ code: 'STORE_PASSPHRASE_REQUIRED' });
    await expect(sandbox.open({ passphrase: secretSchema.parse('wrong') })).rejects.toMatchObject({
      code: 'STORE_PASSPHRASE_WRONG',
    });
    expect([await sandbox.read(), await sandbox.names()]).toEqual([before, [MAIN, SNAPSHOT]]);
  });

  it('that is damaged is restored from its snapshot', async () => {
    await leaveEncrypted();
    const envelope = JSON.parse(await sandbox.read()) as { data: string };
    await sandbox.write(JSON.stringify({ ...envelope, data: envelope.data.slice(0, -8) }));
    const store = await sandbox.open({ passphrase: PASSPHRASE });
    expect([aliases(store), store.status().encrypted]).toEqual([['work'], true]);
    expect(store.status().recovered).toContain('was damaged (its encrypted content was altered or cut off)');
  });

  it('replaces a plain snapshot that a crash has left, at the next start', async () => {
    await leaveTwo();
    const plain = await sandbox.read(SNAPSHOT);
    await removeTree(dirname(sandbox.file));
    await leaveEncrypted();
    await sandbox.write(plain, SNAPSHOT);
    const store = await sandbox.open({ passphrase: PASSPHRASE });
    expect(await sandbox.read(SNAPSHOT)).toContain('"encrypted":true');
    expect(store.status().notices).toEqual([]);
  });

  it('names the plain files beside it that it does not own', async () => {
    await leave(JSON.stringify(storeV1()));
    await leave('{}', 'accounts.json.bak');
    const store = await sandbox.open({ passphrase: PASSPHRASE });
    expect(store.status().notices.at(-1)).toBe(
      `These files beside the store hold logins in plain text: accounts.json.bak, accounts.json.upstream-v1-${DATE}. Delete them when you no longer need them.`,
    );
    expect(await sandbox.read()).toContain('"encrypted":true');
  });
});

describe("upstream's store", { timeout: 60_000 }, () => {
  it('that upstream wrote over ours is kept aside, and ours restored and told', async () => {
    await leaveTwo();
    const overwritten = JSON.stringify(storeV2({}));
    await sandbox.write(overwritten);
    const store = await sandbox.open();
    const aside = `accounts.json.upstream-v2-${DATE}`;
    expect([aliases(store), await sandbox.read(aside), store.status().migration]).toEqual([
      ['work'],
      overwritten,
      null,
    ]);
    expect(store.status().recovered).toMatch(
      new RegExp(`^accounts\\.json was overwritten by the former plugin\\. That version is kept as ${aside}\\.`),
    );
    expect(store.status().recovered).toContain(`oma import ${join(dirname(sandbox.file), aside)}`);
  });

  it('that is empty is no snapshot to restore from', async () => {
    await leave('{"version":2,"acc');
    await leave(JSON.stringify(storeV2({})), 'accounts.json.lkg');
    await expect(sandbox.open()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    await leave(JSON.stringify(storeV2()), 'accounts.json.bak');
    expect(aliases(await sandbox.open())).toEqual(['work', 'home']);
  });

  it('[S.5.1] of version 1 becomes version 2, and its original is kept beside', async () => {
    const original = JSON.stringify(storeV1());
    await leave(original);
    const store = await sandbox.open();
    expect(aliases(store)).toEqual(['work', 'home']);
    expect(JSON.parse(await sandbox.read())).toMatchObject({
      format: 'oma',
      version: 2,
      accounts: [{ alias: 'work' }, { alias: 'home' }],
    });
    const aside = `accounts.json.upstream-v1-${DATE}`;
    expect([await sandbox.names(), await sandbox.read(aside)]).toEqual([[MAIN, aside], original]);
    expect((await stat(join(dirname(sandbox.file), aside))).mode & 0o777).toBe(0o600);
    const { recovered, migration, notices } = store.status();
    expect([recovered, migration?.accounts]).toEqual([null, 2]);
    expect(notices).toEqual([
      `accounts.json was the store of the former plugin (upstream-v1). 2 accounts were taken over; the original is kept as ${aside}.`,
    ]);
    await store.close();
    expect((await sandbox.open()).status().migration).toBeNull();
  });

  it('is migrated once: what oma changes later stays', async () => {
    await leave(JSON.stringify(storeV2()));
    const store = await sandbox.open();
    await store.transact('test', adding('third'), 'before-reply');
    await store.close();
    expect(aliases(await sandbox.open())).toEqual(['work', 'home', 'third']);
  });

  it('that is encrypted opens with its passphrase and stays encrypted', async () => {
    const original = JSON.stringify(upstreamEnvelope(storeV2(), PASSPHRASE));
    await leave(original);
    await expect(sandbox.open()).rejects.toMatchObject({ code: 'STORE_PASSPHRASE_REQUIRED' });
    await expect(sandbox.open({ passphrase: secretSchema.parse('wrong') })).rejects.toMatchObject({
      code: 'STORE_PASSPHRASE_WRONG',
    });
    expect([await sandbox.names(), await sandbox.read()]).toEqual([[MAIN], original]);
    const store = await sandbox.open({ passphrase: PASSPHRASE });
    expect([aliases(store), store.status().encrypted]).toEqual([['work', 'home'], true]);
    for (const name of await sandbox.names()) expect(await sandbox.read(name)).not.toContain('rt_work');
  });

  it.each(['lkg', 'bak'])('that is damaged is taken from its own %s', async (suffix) => {
    await leave('{"version":2,"acc');
    await leave(JSON.stringify(storeV2()), `accounts.json.${suffix}`);
    const store = await sandbox.open();
    expect(aliases(store)).toEqual(['work', 'home']);
    expect(store.status().recovered).toContain(`The snapshot accounts.json.${suffix} of`);
    expect(await sandbox.read(`${MAIN}.damaged-${DATE}`)).toBe('{"version":2,"acc');
  });

  it('leaves no second original when the first write fails', async () => {
    await leave(JSON.stringify(storeV2()));
    const witness = createFaultFs();
    witness.spoil(failing(/^fsync accounts/, 'EIO'));
    await expect(sandbox.open({ fs: witness.fs })).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    expect([await sandbox.names(), await sandbox.read()]).toEqual([[MAIN], JSON.stringify(storeV2())]);
  });

  it('tells every account that is renamed, left out or needs a login', async () => {
    await leave(
      JSON.stringify(storeV1({ 'a b': accountV1('a'), gone: {}, odd: accountV1('odd', { accessToken: 'opaque' }) })),
    );
    expect((await sandbox.open()).status().notices.slice(1)).toEqual([
      '"a b" is no alias of oma; the account is called "a-b" now.',
      '"gone" was not taken over: it holds no login.',
      'From the former store: "odd" needs a login: its tokens do not say whose they are.',
    ]);
  });

  it('keeps a force and a cooldown that still run', async () => {
    await leave(JSON.stringify(storeV2()));
    const state = (await sandbox.open()).read();
    expect([state.force?.forcedAlias, state.accounts[0]?.health.until]).toEqual(['home', NOON + HOUR]);
  });
});

describe('permissions', () => {
  it('of files and directory that let others in are tightened and told', async () => {
    await leaveTwo();
    await chmod(sandbox.file, 0o644);
    await chmod(dirname(sandbox.file), 0o755);
    const store = await sandbox.open();
    expect(
      await Promise.all([sandbox.file, dirname(sandbox.file)].map(async (path) => (await stat(path)).mode & 0o777)),
    ).toEqual([0o600, 0o700]);
    expect(store.status().notices).toEqual([
      'The directory of the store could be opened by other users; it is private now (0700).',
      'accounts.json could be read by other users; it is private now (0600). If others use this machine, log the accounts in again.',
    ]);
  });

  it.each([
    ['the file', /^stat accounts\.json$/],
    ['the directory', /^stat private$/],
  ])('of %s that cannot even be looked at refuse the start', async (_, pattern) => {
    await leaveTwo();
    const witness = createFaultFs();
    witness.spoil(failing(pattern, 'EACCES'));
    await expect(sandbox.open({ fs: witness.fs })).rejects.toMatchObject({
      code: 'STORE_UNREADABLE',
      details: { errno: 'EACCES' },
    });
  });

  it.each([
    ['the file', /^chmod accounts\.json$/],
    ['the directory', /^chmod private$/],
  ])('of %s that cannot be tightened refuse the start', async (_, pattern) => {
    await leaveTwo();
    await chmod(sandbox.file, 0o644);
    await chmod(dirname(sandbox.file), 0o755);
    const witness = createFaultFs();
    witness.spoil(failing(pattern, 'EPERM'));
    await expect(sandbox.open({ fs: witness.fs })).rejects.toMatchObject({
      code: 'STORE_UNREADABLE',
      details: { errno: 'EPERM' },
    });
  });

  it('refuse a directory or a file that belongs to somebody else', async () => {
    await leaveTwo();
    const ownerId = (await stat(sandbox.file)).uid + 1;
    const others = {
      file: sandbox.file,
      passphrase: null,
      now: () => NOON,
      fs: NODE_FS,
      fault: NO_FAULTS,
      ownerId,
      onForeign: () => undefined,
    };
    await expect(recover(others)).rejects.toMatchObject({
      code: 'STORE_UNREADABLE',
      message: expect.stringContaining('The directory of the store belongs to another user') as string,
    });
    const refusal = loadStore(NODE_FS, sandbox.file, { passphrase: null, now: NOON, ownerId });
    await expect(refusal).rejects.toMatchObject({
      code: 'STORE_UNREADABLE',
      message: expect.stringContaining('accounts.json belongs to another user') as string,
    });
  });

  it('refuse a store that is no file', async () => {
    await mkdir(sandbox.file, { recursive: true, mode: 0o700 });
    await expect(sandbox.open()).rejects.toMatchObject({ code: 'STORE_UNREADABLE' });
  });

  it('refuse a directory that cannot be made', async () => {
    await writeFile(dirname(sandbox.file), 'a file in its place');
    await expect(sandbox.open()).rejects.toMatchObject({ code: 'STORE_UNWRITABLE', details: { errno: 'EEXIST' } });
  });
});
