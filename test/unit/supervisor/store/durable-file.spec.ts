import { chmod, link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  createDurableFile,
  type DurableOptions,
  FOREIGN_KEPT_MAX,
  replaceFile,
  type Seen,
} from '../../../../supervisor/store/durable-file.ts';
import { FAULT_POINTS } from '../../../../supervisor/store/fault-points.ts';
import { identityOf } from '../../../../supervisor/store/store-fs.ts';
import { createFaultFs, failing, type FaultFs, systemError } from '../../../support/fault-fs.ts';
import { removeTree } from '../../../support/remove-tree.ts';
import { NOON } from '../../../support/state.ts';

const TMP = 'accounts.json.oma-tmp';
const PREVIOUS = 'accounts.json.oma-previous-tmp';
const SNAPSHOT = 'accounts.json.last-good';

let directory: string;
let file: string;
let witness: FaultFs;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'oma-durable-'));
  file = join(directory, 'accounts.json');
  witness = createFaultFs();
});
afterEach(() => removeTree(directory));

function durableFile(options: Partial<DurableOptions> = {}): ReturnType<typeof createDurableFile> {
  return createDurableFile(file, { now: () => NOON, fs: witness.fs, ...options });
}

async function seen(isGood: boolean): Promise<Seen> {
  return { identity: identityOf(await stat(file, { bigint: true })), isGood };
}

function read(name = 'accounts.json'): Promise<string> {
  return readFile(join(directory, name), 'utf8');
}

/** The calls that change something or make it durable, in their order. */
function order(): readonly string[] {
  return witness.calls.map(({ what }) => what).filter((what) => /^(open|write|fsync|link|rename)/.test(what));
}

describe('[B.L2.5] a durable write', () => {
  it('goes tmp -> write -> fsync(file) -> rename -> fsync(directory), and only then is done', async () => {
    await durableFile().write('one');
    const directoryName = directory.split('/').at(-1) ?? '';
    expect(order()).toEqual([
      `open ${TMP}`,
      `write ${TMP}`,
      `fsync ${TMP}`,
      `rename ${TMP} -> accounts.json`,
      `open ${directoryName}`,
      `fsync ${directoryName}`,
    ]);
    expect(await read()).toBe('one');
  });

  it('keeps the version before as last-known-good snapshot, by a second name that replaces the older one at once', async () => {
    const durable = durableFile();
    await durable.write('one');
    await durable.write('two');
    witness.calls.length = 0;
    await durable.write('three');
    const directoryName = directory.split('/').at(-1) ?? '';
    expect(order()).toEqual([
      `open ${TMP}`,
      `write ${TMP}`,
      `fsync ${TMP}`,
      `link accounts.json -> ${PREVIOUS}`,
      `rename ${PREVIOUS} -> ${SNAPSHOT}`,
      `rename ${TMP} -> accounts.json`,
      `open ${directoryName}`,
      `fsync ${directoryName}`,
    ]);
    expect([await read(), await read(SNAPSHOT)]).toEqual(['three', 'two']);
  });

  it('passes every fault point, in their order', async () => {
    const passed: string[] = [];
    const durable = durableFile({ fault: (point) => passed.push(point) });
    await durable.write('one');
    passed.length = 0;
    await durable.write('two');
    expect(passed).toEqual(FAULT_POINTS);
  });

  it('makes files that only their owner can read, whatever the umask', async () => {
    const durable = durableFile();
    await durable.write('one');
    await durable.write('two');
    const modes = await Promise.all(
      ['accounts.json', SNAPSHOT].map(async (name) => (await stat(join(directory, name))).mode & 0o777),
    );
    expect(modes).toEqual([0o600, 0o600]);
  });

  it('leaves nothing else in the directory', async () => {
    const durable = durableFile();
    for (const content of ['one', 'two', 'three']) await durable.write(content);
    expect((await readdir(directory)).sort()).toEqual(['accounts.json', SNAPSHOT]);
  });

  it('goes on over what a write that was killed has left', async () => {
    await writeFile(join(directory, TMP), 'half');
    await writeFile(join(directory, PREVIOUS), 'half');
    await durableFile().write('one');
    expect([await read(), await readdir(directory)]).toEqual(['one', ['accounts.json']]);
  });

  it('replaces the snapshot also when a crash left it the same file as the main one', async () => {
    await durableFile().write('one');
    await link(file, join(directory, SNAPSHOT));
    await durableFile({ seen: await seen(true) }).write('two');
    expect([await read(), await read(SNAPSHOT), (await readdir(directory)).length]).toEqual(['two', 'one', 2]);
    expect((await stat(join(directory, SNAPSHOT))).nlink).toBe(1);
  });

  it('takes no more calls than it needs', async () => {
    const durable = durableFile();
    await durable.write('one');
    await durable.write('two');
    witness.calls.length = 0;
    await durable.write('three');
    const calls = witness.calls.map(({ what }) => what.split(' ')[0]);
    expect(calls).toEqual([
      'open',
      'write',
      'fsync',
      'close',
      'stat',
      'link',
      'rename',
      'rename',
      'open',
      'fsync',
      'close',
    ]);
  });

  it('copies the snapshot, durably, where the file system has no hard links', async () => {
    const durable = durableFile();
    await durable.write('one');
    witness.spoil(failing(/^link /, 'EPERM'));
    await durable.write('two');
    expect([await read(), await read(SNAPSHOT)]).toEqual(['two', 'one']);
    expect(order()).toContain(`fsync ${PREVIOUS}`);
  });
});

describe('a write that fails', () => {
  const steps: readonly (readonly [string, RegExp, string])[] = [
    ['opening the tmp file', /^open .*oma-tmp/, 'EACCES'],
    ['writing', /^write /, 'ENOSPC'],
    ['syncing the file', /^fsync .*oma-tmp/, 'EIO'],
    ['closing the file', /^close .*oma-tmp/, 'EDQUOT'],
    ['linking the snapshot', /^link /, 'ENOSPC'],
    ['replacing the snapshot', /^rename .*last-good/, 'EIO'],
    ['replacing the file', /^rename .*-> accounts\.json$/, 'EROFS'],
    ['syncing the directory', /^fsync oma-durable/, 'EIO'],
  ];

  it.each(steps)(
    'at %s leaves the old content, nothing beside it, and says STORE_UNWRITABLE',
    async (_, pattern, errno) => {
      const durable = durableFile();
      await durable.write('one');
      await durable.write('two');
      let failures = 0;
      witness.spoil((what) => (pattern.test(what) && (failures += 1) === 1 ? errno : null));
      const refusal = await durable.write('three').catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'STORE_UNWRITABLE', details: { errno } });
      expect(String(refusal)).toContain(`accounts.json cannot be written (${errno}); nothing was changed.`);
      expect(String(refusal)).not.toContain(directory);
      expect(await read()).toBe('two');
      expect((await readdir(directory)).sort()).toEqual(['accounts.json', SNAPSHOT]);
    },
  );

  it.each(steps)('at %s does not keep the next one from succeeding', async (_, pattern, errno) => {
    const durable = durableFile();
    await durable.write('one');
    let failures = 0;
    witness.spoil((what) => (pattern.test(what) && (failures += 1) === 1 ? errno : null));
    await durable.write('two').catch(() => undefined);
    await durable.write('three');
    expect(await read()).toBe('three');
    expect((await readdir(directory)).filter((name) => !['accounts.json', SNAPSHOT].includes(name))).toEqual([]);
  });

  it('for the first time leaves no file at all', async () => {
    witness.spoil(failing(/^fsync oma-durable/, 'EIO'));
    await expect(durableFile().write('one')).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    expect(await readdir(directory)).toEqual([]);
  });

  it('puts back also a file that is not good enough for a snapshot', async () => {
    await writeFile(file, 'original of upstream');
    const durable = durableFile({ seen: await seen(false) });
    witness.spoil(failing(/^fsync oma-durable/, 'EIO'));
    await expect(durable.write('one')).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    expect([await read(), await readdir(directory)]).toEqual(['original of upstream', ['accounts.json']]);
  });

  it.each(FAULT_POINTS)('at the fault point %s changes nothing', async (stop) => {
    let armed = false;
    const durable = durableFile({
      fault: (point) => {
        if (armed && point === stop) throw systemError('EIO', point);
      },
    });
    await durable.write('one');
    await durable.write('two');
    armed = true;
    await expect(durable.write('three')).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    expect(await read()).toBe('two');
    armed = false;
    await durable.write('four');
    expect([await read(), await read(SNAPSHOT)]).toEqual(['four', 'two']);
  });
});

describe('a file that somebody else changed meanwhile', () => {
  const kept = 'accounts.json.edited-2026-11-23T120000Z';

  it('is kept aside, never becomes the snapshot, and is told', async () => {
    const told: (string | null)[] = [];
    const durable = durableFile({ onForeign: (name) => told.push(name) });
    await durable.write('one');
    await durable.write('two');
    await writeFile(file, 'edited by hand');
    await durable.write('three');
    expect(told).toEqual([join(directory, kept)]);
    expect([await read(), await read(SNAPSHOT), await read(kept)]).toEqual(['three', 'three', 'edited by hand']);
    expect((await readdir(directory)).sort()).toEqual(['accounts.json', kept, SNAPSHOT].sort());
  });

  it('gets a name of its own each time, up to a limit that is told', async () => {
    const told: (string | null)[] = [];
    const durable = durableFile({ onForeign: (name) => told.push(name) });
    for (let round = 0; round < FOREIGN_KEPT_MAX + 3; round += 1) {
      await writeFile(file, `edited in round ${String(round)}`);
      await durable.write(`ours of round ${String(round)}`);
    }
    const names = (await readdir(directory)).filter((name) => name.includes('.edited-'));
    expect([names.length, told.length, told.at(-1)]).toEqual([FOREIGN_KEPT_MAX, FOREIGN_KEPT_MAX + 1, null]);
    expect(await Promise.all([kept, `${kept}-2`, `${kept}-20`].map(read))).toEqual([
      'edited in round 0',
      'edited in round 1',
      'edited in round 19',
    ]);
    expect([await read(), await read(SNAPSHOT)]).toEqual(['ours of round 22', 'ours of round 22']);
  });

  it('does not make a write fail whose snapshot cannot be renewed', async () => {
    const durable = durableFile();
    await durable.write('one');
    await durable.write('two');
    await writeFile(file, 'edited by hand');
    let syncs = 0;
    witness.spoil((what) => (what.startsWith('fsync accounts') && (syncs += 1) === 2 ? 'EIO' : null));
    await durable.write('three');
    expect([syncs, await read(), await read(SNAPSHOT)]).toEqual([2, 'three', 'one']);
    await durable.write('four');
    expect([await read(), await read(SNAPSHOT), (await readdir(directory)).length]).toEqual(['four', 'three', 3]);
  });

  it('is put back when the write that met it fails', async () => {
    const durable = durableFile();
    await durable.write('one');
    await writeFile(file, 'edited by hand');
    witness.spoil(failing(/^fsync oma-durable/, 'EIO'));
    await expect(durable.write('two')).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    expect(await read()).toBe('edited by hand');
  });

  it('that is gone is written again without a snapshot of nothing', async () => {
    const durable = durableFile();
    await durable.write('one');
    await rm(file);
    await durable.write('two');
    expect([await read(), await readdir(directory)]).toEqual(['two', ['accounts.json']]);
  });
});

describe('replacing any file', () => {
  it('creates its directory, privately', async () => {
    const path = join(directory, 'codex', 'auth.json');
    await replaceFile(path, 'one');
    await replaceFile(path, 'two');
    expect(await readFile(path, 'utf8')).toBe('two');
    expect((await stat(join(directory, 'codex'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(directory, 'codex'))).toEqual(['auth.json']);
  });

  it('keeps a symbolic link to it', async () => {
    await mkdir(join(directory, 'dotfiles'));
    const target = join(directory, 'dotfiles', 'auth.json');
    await writeFile(target, 'one');
    await symlink(target, join(directory, 'auth.json'));
    await replaceFile(join(directory, 'auth.json'), 'two');
    expect(await readFile(target, 'utf8')).toBe('two');
    expect((await readdir(directory)).sort()).toEqual(['auth.json', 'dotfiles']);
  });

  it('refuses where there can be no directory', async () => {
    await writeFile(join(directory, 'file'), '');
    await expect(replaceFile(join(directory, 'file', 'auth.json'), 'one')).rejects.toMatchObject({
      code: 'STORE_UNWRITABLE',
      details: { errno: 'EEXIST' },
    });
  });

  it('makes a file private that was not', async () => {
    const path = join(directory, 'auth.json');
    await writeFile(path, 'one');
    await chmod(path, 0o644);
    await replaceFile(path, 'two');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});
