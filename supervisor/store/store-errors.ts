import { basename } from 'node:path';

import { OmaError } from '../../contract/errors.ts';
import { errnoOf } from './store-fs.ts';

const WRITE_ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: free some space.',
  EDQUOT: 'Your disk quota is used up: free some space.',
  EACCES: 'oma may not write there: check who owns the file and its directory.',
  EPERM: 'oma may not write there: check who owns the file and its directory.',
  EROFS: 'The file system is read-only: make it writable, or set OPENCODE_MULTI_AUTH_STORE_DIR to another directory.',
  ENOTDIR: 'A part of that path is a file and no directory: choose another place.',
  EIO: 'The disk reports an error: check it, and make a backup with "oma backup FILE" now.',
  ENOENT: 'The directory of the store is gone: put it back.',
};

/** A write that could not be done. Not: it names no directory, as a home path may be a personal name. */
export function storeUnwritable(file: string, error: unknown): OmaError {
  const errno = errnoOf(error);
  const advice = (errno === null ? undefined : WRITE_ADVICE[errno]) ?? 'The log of oma has the cause.';
  const message = `${basename(file)} cannot be written (${errno ?? 'unexpected failure'}); nothing was changed. ${advice} Then try again.`;
  return new OmaError('STORE_UNWRITABLE', message, { errno }, error);
}

/** A store that cannot be read because of the file system. */
export function storeUnreadable(file: string, error: unknown): OmaError {
  const errno = errnoOf(error);
  const message = `${basename(file)} cannot be read (${errno ?? 'unexpected failure'}). Nothing was changed. Check that it is a file that you own and may read.`;
  return new OmaError('STORE_UNREADABLE', message, { errno }, error);
}

/** A change that would break the store: a mistake of oma, not of its user, so it is no OmaError and leaves every door as INTERNAL. */
export class InvariantError extends Error {
  readonly problems: readonly string[];

  constructor(reason: string, problems: readonly string[]) {
    super(`"${reason}" would break the store, so it was refused and nothing was changed: ${problems.join('; ')}`);
    this.name = 'InvariantError';
    this.problems = problems;
  }
}
