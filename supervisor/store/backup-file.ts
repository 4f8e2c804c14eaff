import { lstat, readFile } from 'node:fs/promises';

import { isOmaError, OmaError } from '../../contract/errors.ts';
import type { EpochMs, Secret } from '../../contract/scalars.ts';
import type { State } from '../core/state.ts';
import { createKey, seal } from './crypto.ts';
import { replaceFile } from './durable-file.ts';
import { STORE_BYTES_MAX } from './load-store.ts';
import { readStore, type StoreContent } from './read-store.ts';
import { storeUnwritable } from './store-errors.ts';
import { errnoOf } from './store-fs.ts';

/** What to write where. Shape: `text` is the plain text of a store. */
export interface BackupInput {
  readonly file: string;
  readonly text: string;
  readonly passphrase: Secret;
  readonly overwrite: boolean;
}

/**
 * Writes a backup: an encrypted store file (AES-256-GCM), mode 0600.
 * Errors: INVALID_PARAMS if there is a file already and it may not be replaced; STORE_UNWRITABLE.
 * Why: it is a store, so that with its passphrase it can also be put in the place of one by hand.
 */
export async function writeBackup({ file, text, passphrase, overwrite }: BackupInput): Promise<void> {
  if (!overwrite && (await isThere(file)))
    throw new OmaError(
      'INVALID_PARAMS',
      'There is a file of that name already; nothing was written. Choose another name, or add --overwrite.',
      { problems: [{ field: 'path', constraint: 'new file', message: 'There is a file of that name already.' }] },
    );
  await replaceFile(file, seal(text, await createKey(passphrase)));
}

/**
 * Reads a backup, or a copy of a store that was never encrypted.
 * Errors: IMPORT_NOT_FOUND, IMPORT_INVALID, STORE_TOO_NEW, STORE_PASSPHRASE_REQUIRED, STORE_PASSPHRASE_WRONG.
 */
export async function readBackup(file: string, passphrase: Secret | null, now: EpochMs): Promise<State> {
  const content = await contentOf(await bytesOf(file), passphrase, now);
  if (content.kind === 'oma') return content.state;
  const why = {
    upstream: 'it is a store of the former plugin: bring its logins in with "oma import FILE"',
    empty: 'it is empty',
    damaged: content.kind === 'damaged' ? content.problems.join('; ') : '',
  }[content.kind];
  throw new OmaError('IMPORT_INVALID', `This is no backup of oma that can be used: ${why}. Nothing was changed.`);
}

async function contentOf(bytes: Uint8Array, passphrase: Secret | null, now: EpochMs): Promise<StoreContent> {
  try {
    return await readStore(bytes, { passphrase, now });
  } catch (error) {
    if (isOmaError(error, 'STORE_PASSPHRASE_WRONG'))
      throw new OmaError('STORE_PASSPHRASE_WRONG', 'The passphrase does not open the backup. Nothing was changed.');
    throw error;
  }
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    const { size } = await lstat(file);
    if (size > STORE_BYTES_MAX) throw new OmaError('IMPORT_INVALID', 'The file is too large to be a backup of oma.');
    return await readFile(file);
  } catch (error) {
    if (isOmaError(error)) throw error;
    throw new OmaError(
      'IMPORT_NOT_FOUND',
      'The backup does not exist or cannot be read. Check its name and permissions.',
      undefined,
      error,
    );
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw storeUnwritable(file, error);
  }
}
