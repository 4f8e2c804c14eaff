import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { checkStoreFile } from '../../../../supervisor/store/check.ts';
import { NOON } from '../../../support/state.ts';
import { adding, createStoreSandbox, PASSPHRASE, type StoreSandbox } from '../../../support/store-sandbox.ts';
import { accountV1, storeV1, storeV2, upstreamEnvelope } from '../../../support/upstream-store.ts';

let sandbox: StoreSandbox;
beforeEach(async () => {
  sandbox = await createStoreSandbox();
  await mkdir(dirname(sandbox.file), { mode: 0o700 });
});
afterEach(() => sandbox.remove());

describe('checking a store file', { timeout: 60_000 }, () => {
  it('finds nothing wrong with a good one, plain or encrypted, open or not', async () => {
    const store = await sandbox.open();
    await store.transact('test', adding('work'), 'before-reply');
    expect(await checkStoreFile(sandbox.file, null)).toEqual({
      ok: true,
      format: 'oma',
      version: 2,
      encrypted: false,
      accounts: 1,
      problems: [],
      notes: [],
    });
    await store.close();
    await (await sandbox.open({ passphrase: PASSPHRASE })).close();
    expect(await checkStoreFile(sandbox.file, PASSPHRASE)).toMatchObject({ ok: true, encrypted: true, accounts: 1 });
  });

  it('changes nothing', async () => {
    await sandbox.write('{"bad":');
    await chmod(sandbox.file, 0o644);
    const before = await stat(sandbox.file);
    await checkStoreFile(sandbox.file, null);
    const after = await stat(sandbox.file);
    expect([after.mtimeMs, after.mode, await readdir(dirname(sandbox.file))]).toEqual([
      before.mtimeMs,
      before.mode,
      ['accounts.json'],
    ]);
  });

  it('says what is wrong with a damaged one', async () => {
    await sandbox.write('{"format":"oma","version":2}');
    const { ok, format, problems } = await checkStoreFile(sandbox.file, null);
    expect([ok, format]).toEqual([false, 'unknown']);
    expect(problems).toContain('accounts: Invalid input: expected array, received undefined');
  });

  it('says that other users can read it', async () => {
    await sandbox.write('');
    await chmod(sandbox.file, 0o640);
    expect(await checkStoreFile(sandbox.file, null)).toEqual({
      ok: true,
      format: 'empty',
      version: null,
      encrypted: false,
      accounts: 0,
      problems: [],
      notes: ['other users can read the file; oma makes it private when it opens it'],
    });
  });

  it('says what a migration would do, without doing it', async () => {
    await sandbox.write(
      JSON.stringify(storeV1({ 'a b': accountV1('a'), gone: {}, odd: accountV1('odd', { accessToken: 'opaque' }) })),
    );
    expect(await checkStoreFile(sandbox.file, null, NOON)).toEqual({
      ok: true,
      format: 'upstream-v1',
      version: 1,
      encrypted: false,
      accounts: 2,
      problems: [],
      notes: [
        'oma would take over 2 accounts and keep the original beside it',
        '"a b" would be called "a-b"',
        '"gone" would be left out: it holds no login',
        'these would need a login: odd',
        '"odd" needs a login: its tokens do not say whose they are',
      ],
    });
  });

  it.each([
    ['without its passphrase', null, 'is encrypted'],
    ['with a wrong passphrase', 'wrong', 'The passphrase does not open the store'],
  ])('of upstream %s says so', async (_, passphrase, problem) => {
    await sandbox.write(JSON.stringify(upstreamEnvelope(storeV2(), PASSPHRASE)));
    const result = await checkStoreFile(sandbox.file, passphrase as typeof PASSPHRASE | null);
    expect(result).toMatchObject({ ok: false, encrypted: true, version: null });
    expect(result.problems.join()).toContain(problem);
  });

  it('that does not exist says so', async () => {
    expect(await checkStoreFile(sandbox.file, null)).toMatchObject({
      ok: false,
      problems: ['accounts.json does not exist'],
    });
  });

  it('that is a directory says so', async () => {
    expect(await checkStoreFile(dirname(sandbox.file), null)).toMatchObject({
      ok: false,
      problems: [expect.stringContaining('is not a file') as string],
    });
  });
});
