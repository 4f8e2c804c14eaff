import { constants } from 'node:fs';
import * as nodeFs from 'node:fs/promises';

/** The calls to the file system that the store makes, so that a test can watch and spoil each of them. */
export type StoreFs = Pick<
  typeof nodeFs,
  'chmod' | 'copyFile' | 'link' | 'mkdir' | 'open' | 'readdir' | 'readFile' | 'realpath' | 'rename' | 'rm' | 'stat'
>;

/** The real file system. */
export const NODE_FS: StoreFs = nodeFs;

/** What tells one version of a file from another without reading it. */
export interface FileIdentity {
  readonly inode: bigint;
  readonly size: bigint;
  readonly modifiedNs: bigint;
}

/** Tells whether two looks at a path saw the same version of the same file. */
export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.inode === b.inode && a.size === b.size && a.modifiedNs === b.modifiedNs;
}

/** Picks the identity out of the result of a `stat` with bigint. */
export function identityOf(stats: {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}): FileIdentity {
  return { inode: stats.ino, size: stats.size, modifiedNs: stats.mtimeNs };
}

/** Looks at a path. Shape: null = there is nothing. */
export async function lookAt(fs: StoreFs, path: string): Promise<FileIdentity | null> {
  try {
    return identityOf(await fs.stat(path, { bigint: true }));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Follows symbolic links, so that replacing a file does not replace the link to it. Shape: the path itself if there is nothing. */
export async function targetOf(fs: StoreFs, path: string): Promise<string> {
  try {
    return await fs.realpath(path);
  } catch {
    return path;
  }
}

/** What file systems without hard links answer to `link`. */
const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Gives a file a second name that must be free; where the file system has no hard links it makes a durable copy. */
export async function linkOrCopy(fs: StoreFs, path: string, name: string): Promise<void> {
  try {
    await fs.link(path, name);
  } catch (error) {
    if (!NO_HARD_LINKS.has(errnoOf(error) ?? '')) throw error;
    await fs.copyFile(path, name, constants.COPYFILE_EXCL);
    await syncPath(fs, name);
  }
}

/** Makes a file, or the names in a directory, survive a power failure. */
export async function syncPath(fs: StoreFs, path: string): Promise<void> {
  const handle = await fs.open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Names tried for one set-aside file before giving up. */
const ASIDE_NAMES_MAX = 1_000;

/**
 * Gives a file a second, dated name that no file had before, and answers that name.
 * Shape: `<path>.<label>-2026-11-23T214000Z`, then `…Z-2` and so on.
 */
export async function linkAside(
  fs: StoreFs,
  path: string,
  { label, at }: { readonly label: string; readonly at: number },
): Promise<string> {
  const date = new Date(at)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '');
  for (let attempt = 1; attempt <= ASIDE_NAMES_MAX; attempt += 1) {
    const name = `${path}.${label}-${date}${attempt === 1 ? '' : `-${String(attempt)}`}`;
    try {
      await linkOrCopy(fs, path, name);
      return name;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }
  throw new Error(`${String(ASIDE_NAMES_MAX)} files were set aside in the same second`);
}

/** The system's name of a failure, such as ENOSPC. Shape: null = no failure of the system. */
export function errnoOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
