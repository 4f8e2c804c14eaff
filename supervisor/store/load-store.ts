import { basename } from 'node:path';

import { OmaError } from '../../contract/errors.ts';
import type { EpochMs } from '../../contract/scalars.ts';
import { type ReadContext, readStore, type StoreContent } from './read-store.ts';
import { storeUnreadable } from './store-errors.ts';
import { errnoOf, type FileIdentity, identityOf, type StoreFs } from './store-fs.ts';

/** Larger files are not read: the greatest store that oma writes is far smaller. Units: bytes. */
export const STORE_BYTES_MAX = 256 * 1_024 * 1_024;

/** A file that was read. */
export interface Loaded {
  readonly path: string;
  readonly content: StoreContent;
  readonly identity: FileIdentity;
  readonly modifiedAt: EpochMs;
  /** Permission bits. */
  readonly mode: number;
}

/** What loading needs besides the path. Shape: `ownerId` null = the system has no user ids. */
export interface LoadContext extends ReadContext {
  readonly ownerId: number | null;
}

/** Reads a store file of any known format; null = there is none. Errors: STORE_UNREADABLE and those of `readStore`. */
export async function loadStore(fs: StoreFs, path: string, context: LoadContext): Promise<Loaded | null> {
  try {
    const stats = await fs.stat(path, { bigint: true });
    if (!stats.isFile()) throw unreadable(path, 'is not a file');
    if (context.ownerId !== null && stats.uid !== BigInt(context.ownerId))
      throw unreadable(path, 'belongs to another user');
    const content = stats.size > STORE_BYTES_MAX ? tooLarge() : await readStore(await fs.readFile(path), context);
    return {
      path,
      content,
      identity: identityOf(stats),
      modifiedAt: Number(stats.mtimeMs),
      mode: Number(stats.mode) & 0o777,
    };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error instanceof OmaError ? error : storeUnreadable(path, error);
  }
}

function tooLarge(): StoreContent {
  return { kind: 'damaged', problems: [`it is larger than ${String(STORE_BYTES_MAX)} bytes`] };
}

function unreadable(path: string, what: string): OmaError {
  return new OmaError(
    'STORE_UNREADABLE',
    `${basename(path)} ${what}, so oma does not use it. Nothing was changed. Move it away, or set OPENCODE_MULTI_AUTH_STORE_FILE to your own file.`,
  );
}
