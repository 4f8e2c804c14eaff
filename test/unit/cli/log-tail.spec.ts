import { appendFile, mkdtemp, rename, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { tail } from '../../../cli/log-tail.ts';
import { PATIENCE } from '../../support/patience.ts';
import { removeTree } from '../../support/remove-tree.ts';

describe('the end of a log', () => {
  let directory = '';
  let file = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'oma-tail-'));
    file = join(directory, 'oma.log');
  });
  afterEach(() => removeTree(directory));

  const last = async (lines: number) => {
    const read: string[] = [];
    for await (const line of tail({ file, lines, follow: false, signal: new AbortController().signal }))
      read.push(line);
    return read;
  };

  it('is its last lines, in order', async () => {
    await writeFile(file, 'one\ntwo\nthree\n');
    expect([await last(2), await last(9), await last(0)]).toEqual([['two', 'three'], ['one', 'two', 'three'], []]);
  });

  it('is nothing when there is no file', async () => expect(await last(5)).toEqual([]));

  it('leaves out a line of which only the end was read', async () => {
    const long = 'x'.repeat(5 * 1_024 * 1_024);
    await writeFile(file, `${long}\nshort é\n`);
    expect(await last(5)).toEqual(['short é']);
  });

  it('goes on with what comes: appended, after a rotation, after a truncation, and when the file appears', async () => {
    const ending = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const line of tail({ file, lines: 1, follow: true, signal: ending.signal })) seen.push(line);
    })();
    const sees = (line: string) => expect.poll(() => seen.at(-1), PATIENCE).toBe(line);
    await writeFile(file, 'appeared\n');
    await sees('appeared');
    await appendFile(file, 'first half, ');
    await appendFile(file, 'second half\n');
    await sees('first half, second half');
    await appendFile(file, 'before the rotation\n');
    await rename(file, `${file}.1`);
    await writeFile(file, 'after the rotation\n');
    await sees('after the rotation');
    await truncate(file, 0);
    await expect.poll(() => seen.length, PATIENCE).toBe(4);
    await appendFile(file, 'new\n');
    await sees('new');
    ending.abort();
    await following;
    expect(seen).toEqual(['appeared', 'first half, second half', 'before the rotation', 'after the rotation', 'new']);
  });
});
