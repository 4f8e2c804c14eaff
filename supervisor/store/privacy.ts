import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';

import { OmaError } from '../../contract/errors.ts';
import { DIRECTORY_MODE, FILE_MODE, leftoversOf } from './durable-file.ts';
import { type Loaded, STORE_BYTES_MAX } from './load-store.ts';
import { storeUnreadable, storeUnwritable } from './store-errors.ts';
import type { StoreFs } from './store-fs.ts';

/** Permission bits of everybody but the owner. */
const OTHERS = 0o077;

/**
 * Makes the directory of the store private, creating it if need be; answers what was changed, for people.
 * Errors: STORE_UNWRITABLE, STORE_UNREADABLE if it belongs to somebody else, who could replace the store at will.
 */
export async function prepareDirectory(fs: StoreFs, file: string, ownerId: number | null): Promise<readonly string[]> {
  const directory = dirname(file);
  try {
    await fs.mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
  } catch (error) {
    throw storeUnwritable(file, error);
  }
  try {
    const stats = await fs.stat(directory);
    if (ownerId !== null && stats.uid !== ownerId) {
      throw new OmaError(
        'STORE_UNREADABLE',
        'The directory of the store belongs to another user, so oma keeps no logins there. Set OPENCODE_MULTI_AUTH_STORE_DIR to a directory of your own.',
      );
    }
    if ((stats.mode & OTHERS) === 0) return [];
    if (directory === homedir())
      return ['The store lies directly in the home directory, whose permissions are left as they are.'];
    await fs.chmod(directory, DIRECTORY_MODE);
    return ['The directory of the store could be opened by other users; it is private now (0700).'];
  } catch (error) {
    throw error instanceof OmaError ? error : storeUnreadable(file, error);
  }
}

/** Makes a file private that others could read; answers what was changed, for people. Errors: STORE_UNREADABLE. */
export async function tightenFile(fs: StoreFs, { path, mode }: Loaded): Promise<readonly string[]> {
  if ((mode & OTHERS) === 0) return [];
  try {
    await fs.chmod(path, FILE_MODE);
  } catch (error) {
    throw storeUnreadable(path, error);
  }
  return [
    `${basename(path)} could be read by other users; it is private now (0600). If others use this machine, log the accounts in again.`,
  ];
}

/** Names the files beside the store, copies of it by their name, that are not encrypted. */
export async function plainCopies(fs: StoreFs, file: string): Promise<readonly string[]> {
  const leftovers = leftoversOf(file).map((path) => basename(path));
  const names = (await fs.readdir(dirname(file)))
    .filter((name) => name.startsWith(`${basename(file)}.`) && !leftovers.includes(name))
    .sort();
  const verdicts = await Promise.all(
    names.map(async (name) => ({ name, isPlain: await isPlain(fs, join(dirname(file), name)) })),
  );
  return verdicts.filter((verdict) => verdict.isPlain).map((verdict) => verdict.name);
}

/** Why: whatever is not surely encrypted is taken for plain, because a damaged copy may hold tokens too. */
async function isPlain(fs: StoreFs, path: string): Promise<boolean> {
  const stats = await fs.stat(path);
  if (!stats.isFile() || stats.size === 0) return false;
  if (stats.size > STORE_BYTES_MAX) return true;
  const text = await fs.readFile(path, 'utf8');
  try {
    const raw: unknown = JSON.parse(text);
    return !(typeof raw === 'object' && raw !== null && 'encrypted' in raw && raw.encrypted === true);
  } catch {
    return true;
  }
}
