import { dirname } from 'node:path';

import { type FaultPoints, NO_FAULTS } from './fault-points.ts';
import { storeUnwritable } from './store-errors.ts';
import {
  errnoOf,
  type FileIdentity,
  identityOf,
  isSameFile,
  linkAside,
  linkOrCopy,
  lookAt,
  NODE_FS,
  type StoreFs,
  syncPath,
  targetOf,
} from './store-fs.ts';

/** The file as its owner last saw it; `isGood` allows it to become the last-known-good snapshot. */
export interface Seen {
  readonly identity: FileIdentity;
  readonly isGood: boolean;
}

/** What a durable file needs to know of its surroundings. */
export interface DurableOptions {
  readonly now: () => number;
  readonly fs?: StoreFs;
  readonly fault?: FaultPoints;
  /** The file as it was read, null = there was none. */
  readonly seen?: Seen | null;
  /** Whether the previous version is kept as the last-known-good snapshot. */
  readonly keepsSnapshot?: boolean;
  /** Told the name under which a version that somebody else wrote was kept; null = too many were kept already. */
  readonly onForeign?: (name: string | null) => void;
}

/** A file that is replaced as a whole, so that a crash leaves the old or the new version, never a mixture. */
export interface DurableFile {
  /**
   * Replaces the content; resolves when it will survive a power failure.
   * Errors: STORE_UNWRITABLE, nothing was changed. Not: two calls may not overlap.
   */
  write: (content: string) => Promise<void>;
}

/** Versions of somebody else kept at most while the file is open; two programs that both write one file would fill the disk. */
export const FOREIGN_KEPT_MAX = 20;

/** Mode of every file that may hold a token. */
export const FILE_MODE = 0o600;

/** Mode of every directory that holds such files. */
export const DIRECTORY_MODE = 0o700;

/** Name of the last-known-good snapshot of a file. Why: not `.lkg`, which is upstream's. */
export function snapshotOf(file: string): string {
  return `${file}.last-good`;
}

/** Removes what an unfinished write has left behind; what cannot be removed does no harm. */
export async function clearLeftovers(fs: StoreFs, file: string): Promise<void> {
  await Promise.allSettled(leftoversOf(file).map((path) => fs.rm(path, { force: true })));
}

/** Names that only an unfinished write leaves behind. */
export function leftoversOf(file: string): readonly string[] {
  return [tmpOf(file), previousTmpOf(file)];
}

/**
 * Replaces a file once, creating its directory if need be; a symbolic link stays one.
 * Errors: STORE_UNWRITABLE, nothing was changed. Not: two calls for one file may not overlap.
 */
export async function replaceFile(file: string, content: string): Promise<void> {
  const target = await targetOf(NODE_FS, file);
  try {
    await NODE_FS.mkdir(dirname(target), { recursive: true, mode: DIRECTORY_MODE });
  } catch (error) {
    throw storeUnwritable(file, error);
  }
  await createDurableFile(target, { now: () => 0, keepsSnapshot: false }).write(content);
}

/**
 * Creates the writer of one file.
 * Shape: tmp (0600, same directory) -> write -> fsync(tmp) -> [link main as snapshot] -> rename(tmp, main) -> fsync(directory).
 * Why: without the first fsync a crash may leave an empty file under the final name, without the last one the rename
 * itself may be lost; the snapshot is a second name of the old version, so it costs no copy.
 */
export function createDurableFile(file: string, options: DurableOptions): DurableFile {
  const { now, fs = NODE_FS, fault = NO_FAULTS, keepsSnapshot = true, onForeign = ignore } = options;
  let seen = options.seen ?? null;
  let isTidy = false;
  let foreignKept = 0;
  const keepForeign = async (): Promise<void> => {
    foreignKept += 1;
    if (foreignKept <= FOREIGN_KEPT_MAX) onForeign(await linkAside(fs, file, { label: 'edited', at: now() }));
    else if (foreignKept === FOREIGN_KEPT_MAX + 1) onForeign(null);
  };
  const site: Site = { file, fs, fault, keepsSnapshot, keepForeign };
  return {
    write: async (content) => {
      const wasTidy = isTidy;
      isTidy = false;
      try {
        const { identity, wasForeign } = await replace(site, seen, content);
        seen = { identity, isGood: true };
        if (wasForeign) seen = await renewSnapshot(site, seen, content);
        isTidy = !wasForeign;
      } catch (error) {
        throw storeUnwritable(file, error);
      } finally {
        if (!wasTidy || !isTidy) await clearLeftovers(fs, file);
      }
    },
  };
}

interface Site extends Required<Pick<DurableOptions, 'fs' | 'fault' | 'keepsSnapshot'>> {
  readonly file: string;
  readonly keepForeign: () => Promise<void>;
}

interface Replaced {
  readonly identity: FileIdentity;
  /** The version before was somebody else's, so the snapshot is still the one of an earlier write. */
  readonly wasForeign: boolean;
}

async function replace(site: Site, seen: Seen | null, content: string): Promise<Replaced> {
  const { file, fs, fault } = site;
  fault('store:before-tmp');
  const identity = await writeTmp(site, content);
  fault('store:after-fsync-file');
  const { undo, wasForeign } = await keepPrevious(site, seen);
  await fs.rename(tmpOf(file), file);
  try {
    fault('store:after-rename');
    await syncPath(fs, dirname(file));
    fault('store:after-fsync-directory');
  } catch (error) {
    await takeBack(site, undo);
    throw error;
  }
  return { identity, wasForeign };
}

/** Why: somebody who keeps overwriting the file would leave it without a snapshot of today; the first write is on disk, so this one may fail. */
async function renewSnapshot(site: Site, seen: Seen, content: string): Promise<Seen> {
  try {
    return { identity: (await replace(site, seen, content)).identity, isGood: true };
  } catch {
    return seen;
  }
}

async function writeTmp({ file, fs, fault }: Site, content: string): Promise<FileIdentity> {
  const handle = await anew(fs, tmpOf(file), () => fs.open(tmpOf(file), 'wx', FILE_MODE));
  try {
    fault('store:after-open-tmp');
    await handle.writeFile(content, 'utf8');
    fault('store:after-write');
    await handle.sync();
    return identityOf(await handle.stat({ bigint: true }));
  } finally {
    await handle.close();
  }
}

/**
 * Gives the previous version a second name, by which it can be put back; null = there is no previous version.
 * Why: only a version that we wrote or checked may become the snapshot; anything else is somebody's work or damage, and
 * is kept aside.
 */
async function keepPrevious(
  site: Site,
  seen: Seen | null,
): Promise<{ readonly undo: string | null; readonly wasForeign: boolean }> {
  const { file, fs, fault, keepsSnapshot } = site;
  const current = await lookAt(fs, file);
  if (current === null) return { undo: null, wasForeign: false };
  const wasForeign = keepsSnapshot && (seen === null || !isSameFile(current, seen.identity));
  if (wasForeign) await site.keepForeign();
  await anew(fs, previousTmpOf(file), () => linkOrCopy(fs, file, previousTmpOf(file)));
  fault('store:after-link-snapshot');
  if (wasForeign || !keepsSnapshot || seen?.isGood !== true) return { undo: previousTmpOf(file), wasForeign };
  await fs.rename(previousTmpOf(file), snapshotOf(file));
  fault('store:after-rename-snapshot');
  return { undo: snapshotOf(file), wasForeign };
}

/** Makes a file that a write before, which was cut off, may have left behind already. */
async function anew<T>(fs: StoreFs, path: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    await fs.rm(path, { force: true });
    return make();
  }
}

/** Why: a write that was refused must not come back after a restart. */
async function takeBack({ file, fs }: Site, undo: string | null): Promise<void> {
  if (undo === null) return fs.rm(file, { force: true });
  await linkOrCopy(fs, undo, tmpOf(file));
  await fs.rename(tmpOf(file), file);
}

function tmpOf(file: string): string {
  return `${file}.oma-tmp`;
}

function previousTmpOf(file: string): string {
  return `${file}.oma-previous-tmp`;
}

function ignore(): void {
  // Nobody wants to know.
}
