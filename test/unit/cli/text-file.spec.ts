import { chmod, mkdtemp, readdir, readFile, readlink, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readText, replaceText } from '../../../cli/text-file.ts';
import { removeTree } from '../../support/remove-tree.ts';

describe('a text file', () => {
  let directory = '';
  let file = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'oma-text-'));
    file = join(directory, 'deep', 'settings.json');
  });
  afterEach(() => removeTree(directory));

  const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

  it('is made with its directory and the mode asked for', async () => {
    await replaceText(file, 'one', { mode: 0o600, backup: true });
    expect([await readText(file), await modeOf(file)]).toEqual(['one', '600']);
    expect(await readdir(join(directory, 'deep'))).toEqual(['settings.json']);
  });

  it('is replaced keeping its mode and a copy of what it held', async () => {
    await replaceText(file, 'one', { mode: 0o600, backup: true });
    await chmod(file, 0o640);
    await replaceText(file, 'two', { mode: 0o600, backup: true });
    expect([await readText(file), await modeOf(file), await readFile(`${file}.before-oma`, 'utf8')]).toEqual([
      'two',
      '640',
      'one',
    ]);
    expect((await readdir(join(directory, 'deep'))).sort()).toEqual(['settings.json', 'settings.json.before-oma']);
  });

  it('leaves no copy of what it held when that is a secret', async () => {
    await replaceText(file, 'one', { mode: 0o600, backup: false });
    await replaceText(file, 'two', { mode: 0o600, backup: false });
    expect(await readdir(join(directory, 'deep'))).toEqual(['settings.json']);
  });

  it('stays a link when it is one', async () => {
    const real = join(directory, 'dotfiles.json');
    const link = join(directory, 'link.json');
    await writeFile(real, 'one');
    await symlink(real, link);
    await replaceText(link, 'two', { mode: 0o600, backup: true });
    expect([await readlink(link), await readFile(real, 'utf8')]).toEqual([real, 'two']);
  });

  it('that cannot be written is told with the reason, and not as a mistake of oma', async () => {
    await writeFile(join(directory, 'deep'), 'a file, where a directory should be');
    await expect(replaceText(file, 'one', { mode: 0o600, backup: true })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/settings\.json cannot be written \(E\w+\) — check/) as string,
    });
  });

  it('is null when there is none, and refused when it is far too large or a directory', async () => {
    expect(await readText(file)).toBeNull();
    await expect(readText(directory)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const huge = join(directory, 'huge');
    await writeFile(huge, '');
    await truncate(huge, 5 * 1_024 * 1_024);
    await expect(readText(huge)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
