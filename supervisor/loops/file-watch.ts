import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { watch } from 'chokidar';

import type { Context } from '../operations/context.ts';

/** Whether the directory of the file is there is looked at this often, in milliseconds. */
const DIRECTORY_PERIOD_MS = 10 * 1_000;

/** A file to watch, and who is told. */
export interface FileWatch {
  readonly file: string;
  /** Whether a file that is there already counts as new. */
  readonly tellsInitial: boolean;
  changed: () => void;
  failed: (error: unknown) => void;
}

/**
 * Watches a file that need not be there.
 * Why: chokidar watches the nearest directory that exists, and reads all of it at each change; without a ~/.codex that
 * is the home directory. So it is asked only while the directory of the file exists.
 */
export function startFileWatch({ later }: Pick<Context, 'later'>, options: FileWatch): () => Promise<void> {
  const { file, tellsInitial, changed, failed } = options;
  let close: (() => Promise<void>) | null = null;
  let isOver = false;
  let cancel: () => void = () => undefined;
  const open = (isFirst: boolean): (() => Promise<void>) => {
    const watcher = watch(file, {
      ignoreInitial: isFirst && !tellsInitial,
      awaitWriteFinish: { stabilityThreshold: 100, pollInterval: 50 },
    });
    watcher.on('add', changed).on('change', changed).on('error', failed);
    return () => watcher.close();
  };
  const turn = async (isFirst: boolean): Promise<void> => {
    const isThere = await isDirectory(dirname(file));
    if (isOver) return;
    if (isThere) close ??= open(isFirst);
    else {
      await close?.();
      close = null;
    }
    cancel = later(DIRECTORY_PERIOD_MS, () => void turn(false));
  };
  const first = turn(true);
  return async () => {
    isOver = true;
    cancel();
    await first;
    await close?.();
  };
}

function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
