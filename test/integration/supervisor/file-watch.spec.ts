import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { type FileWatch, startFileWatch } from '../../../supervisor/loops/file-watch.ts';
import { PATIENCE } from '../../support/patience.ts';
import { removeTree } from '../../support/remove-tree.ts';

/** The watch's waits pass so many times faster. */
const HASTE = 100;

describe('the watch of a file', () => {
  it('tells of a file that is there, of one that comes with its directory, and of each change', async () => {
    const { file, directory, changed } = await watchOne({ tellsInitial: true });
    await mkdir(directory);
    await writeFile(file, '1');
    await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(1), PATIENCE);
    await writeFile(file, '22');
    await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(2), PATIENCE);
    await removeTree(directory);
    await vi.waitFor(async () => expect(await watchesHeld()).toBe(0), PATIENCE);
    await mkdir(directory);
    await writeFile(file, '333');
    await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(3), PATIENCE);
  });

  it('does not tell of a file that was there at the start unless it is asked to', async () => {
    const { file, changed } = await watchOne({ tellsInitial: false, exists: true });
    await vi.waitFor(async () => expect(await watchesHeld()).toBeGreaterThan(0), PATIENCE);
    expect(changed).not.toHaveBeenCalled();
    await writeFile(file, 'new');
    await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(1), PATIENCE);
  });
});

async function watchOne({ tellsInitial, exists = false }: { tellsInitial: boolean; exists?: boolean }): Promise<{
  readonly file: string;
  readonly directory: string;
  readonly changed: ReturnType<typeof vi.fn>;
}> {
  const root = await mkdtemp(join(tmpdir(), 'oma-watch-'));
  const directory = join(root, 'codex');
  const file = join(directory, 'auth.json');
  if (exists) {
    await mkdir(directory);
    await writeFile(file, '0');
  }
  const changed = vi.fn<FileWatch['changed']>();
  const failed = vi.fn<FileWatch['failed']>();
  const later = (delayMs: number, callback: () => void): (() => void) => {
    const timer = setTimeout(callback, delayMs / HASTE);
    return () => clearTimeout(timer);
  };
  const stop = startFileWatch({ later }, { file, tellsInitial, changed, failed });
  onTestFinished(async () => {
    await stop();
    await removeTree(root);
    expect(failed).not.toHaveBeenCalled();
  });
  return { file, directory, changed };
}

/** How many paths this process watches, as the kernel counts them. */
async function watchesHeld(): Promise<number> {
  const infos = await Promise.all(
    (await readdir('/proc/self/fdinfo')).map((fd) => readFile(join('/proc/self/fdinfo', fd), 'utf8').catch(() => '')),
  );
  return infos.join('\n').split('\ninotify wd:').length - 1;
}
