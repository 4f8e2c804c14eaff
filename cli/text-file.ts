import { randomUUID } from 'node:crypto';
import { copyFile, lstat, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { OmaError } from '../contract/errors.ts';

/** Largest file of settings that is read, in bytes. */
const BYTES_MAX = 4 * 1_024 * 1_024;

/** Added to the name of a file for the copy of what it held before. */
export const BACKUP_SUFFIX = '.before-oma';

/**
 * Reads a text file; null if there is none.
 * Errors: CONFIG_INVALID when it cannot be read or is far too large.
 */
export async function readText(file: string): Promise<string | null> {
  try {
    const { size } = await stat(file);
    if (size > BYTES_MAX)
      throw new OmaError('CONFIG_INVALID', `${file} is too large to be a settings file — look at what it is`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    if (error instanceof OmaError) throw error;
    throw new OmaError('CONFIG_INVALID', `${file} cannot be read — check its permissions`, undefined, error);
  }
}

/** Tells whether something lies there, a link that leads nowhere too. */
export function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** How a file is replaced. Shape: `mode` is that of a new file; with `backup` what it held is kept beside it. */
export interface ReplaceOptions {
  readonly mode: number;
  readonly backup: boolean;
  /** False gives a file that is there already the mode of a new one. */
  readonly keepMode?: boolean;
}

/**
 * Replaces a text file in one step, keeping its mode unless told otherwise; a link stays a link.
 * Errors: CONFIG_INVALID when it cannot be written.
 */
export async function replaceText(file: string, text: string, options: ReplaceOptions): Promise<void> {
  try {
    await replace(file, text, options);
  } catch (error) {
    const errno = isErrno(error) ? ` (${String(error.code)})` : '';
    const what = `${file} cannot be written${errno} — check that its directory is yours and that the disk has room`;
    throw new OmaError('CONFIG_INVALID', what, undefined, error);
  }
}

async function replace(file: string, text: string, options: ReplaceOptions): Promise<void> {
  const target = await realpath(file).catch(() => file);
  await mkdir(dirname(target), { recursive: true });
  const mode = await stat(target).then(
    ({ mode: kept }) => kept & 0o777,
    () => null,
  );
  if (mode !== null && options.backup) await copyFile(target, target + BACKUP_SUFFIX);
  const draft = `${target}.${randomUUID()}.tmp`;
  try {
    await writeDurably(draft, text, (options.keepMode ?? true) ? (mode ?? options.mode) : options.mode);
    await rename(draft, target);
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeDurably(file: string, text: string, mode: number): Promise<void> {
  const handle = await open(file, 'wx', mode);
  try {
    await handle.chmod(mode);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  return isErrno(error) && error.code === 'ENOENT';
}

function isErrno(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}
