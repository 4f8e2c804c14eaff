import { basename } from 'node:path';

import { OmaError } from '../../contract/errors.ts';
import type { EpochMs, Secret } from '../../contract/scalars.ts';
import { EMPTY_STATE, type State } from '../core/state.ts';
import { createKey, type StoreKey } from './crypto.ts';
import { clearLeftovers, createDurableFile, type DurableFile, type Seen, snapshotOf } from './durable-file.ts';
import type { FaultPoints } from './fault-points.ts';
import { type LoadContext, type Loaded, loadStore } from './load-store.ts';
import type { MigrationReport } from './migrate.ts';
import { plainCopies, prepareDirectory, tightenFile } from './privacy.ts';
import { type Extras, NO_EXTRAS } from './schema.ts';
import { storeUnwritable } from './store-errors.ts';
import { linkAside, type StoreFs, targetOf } from './store-fs.ts';

/** Where the store lies and how it is reached. */
export interface RecoverOptions {
  readonly file: string;
  readonly passphrase: Secret | null;
  readonly now: () => EpochMs;
  readonly fs: StoreFs;
  readonly fault: FaultPoints;
  /** Who must own the files, null = the system has no user ids. */
  readonly ownerId: number | null;
  /** Told when a version that somebody else wrote was kept under another name; null = too many were kept already. */
  readonly onForeign: (name: string | null) => void;
}

/** A store ready to be served once `writes` writes of its state are done. */
export interface Opened {
  readonly state: State;
  readonly extras: Extras;
  readonly key: StoreKey | null;
  readonly durableFile: DurableFile;
  /** Shape: 0 = the files are as they should be, 1 = the store must be written, 2 = and once more, so that the snapshot is replaced too. */
  readonly writes: number;
  readonly lastWriteAt: EpochMs | null;
  /** What was restored, for people; null = nothing had to be. */
  readonly recovered: string | null;
  readonly migration: MigrationReport | null;
  readonly notices: readonly string[];
  /** The copy that was set aside for this opening, which is of no use if the first write fails. */
  readonly aside: string | null;
}

/**
 * Finds the state to go on with: the file, else a snapshot, else (only where nothing was) an empty one.
 * Errors: STORE_DAMAGED, STORE_TOO_NEW, STORE_UNREADABLE, STORE_UNWRITABLE, STORE_PASSPHRASE_REQUIRED, STORE_PASSPHRASE_WRONG; the store is left as it was.
 * Why: data is never replaced by nothing. What cannot be believed is kept under a dated name, and without a good snapshot the start is refused.
 */
export async function recover(options: RecoverOptions): Promise<Opened> {
  const { passphrase, now, fs, ownerId } = options;
  const file = await targetOf(fs, options.file);
  const directoryNotices = await prepareDirectory(fs, file, ownerId);
  const source = await findSource(fs, file, { passphrase, now: now(), ownerId });
  await clearLeftovers(fs, file);
  const fileNotices = await Promise.all(loadedOf(source).map((loaded) => tightenFile(fs, loaded)));
  const aside = await setAside(fs, source, now());
  const found = contentOf(source);
  const key = found.key ?? (passphrase === null ? null : await createKey(passphrase));
  const plain = key === null ? [] : await plainCopies(fs, file);
  return {
    ...found,
    key,
    durableFile: createDurableFile(file, { ...options, seen: seenOf(source) }),
    writes: writesNeeded(source, key !== found.key, plain.includes(basename(snapshotOf(file)))),
    lastWriteAt: source.main?.modifiedAt ?? null,
    recovered: source.kind === 'snapshot' ? recoveredText(file, source, aside) : null,
    notices: [
      ...directoryNotices,
      ...fileNotices.flat(),
      ...migrationNotices(found.migration, source, aside),
      ...plainNotices(plain.filter((name) => name !== basename(snapshotOf(file)))),
    ],
    aside,
  };
}

/** Why: a store that becomes encrypted is written twice, because the first write makes the plain version the snapshot. */
function writesNeeded({ kind }: Source, becomesEncrypted: boolean, hasPlainSnapshot: boolean): number {
  const isWritten = kind !== 'main' || becomesEncrypted;
  const leavesPlain = hasPlainSnapshot || (kind === 'main' && becomesEncrypted);
  return (isWritten ? 1 : 0) + (leavesPlain ? 1 : 0);
}

/** Where the state comes from. Shape: `main` is the file as it was found, null = there was none. */
type Source =
  | { readonly kind: 'main' | 'migrated'; readonly main: Loaded; readonly snapshot: null }
  | { readonly kind: 'snapshot'; readonly main: Loaded | null; readonly snapshot: Loaded }
  | { readonly kind: 'new'; readonly main: Loaded | null; readonly snapshot: null };

/** Ours first, then what upstream keeps beside its file. */
function snapshotsOf(file: string): readonly string[] {
  return [snapshotOf(file), `${file}.lkg`, `${file}.bak`];
}

async function findSource(fs: StoreFs, file: string, context: LoadContext): Promise<Source> {
  const main = await loadStore(fs, file, context);
  if (main?.content.kind === 'oma') return { kind: 'main', main, snapshot: null };
  if (main?.content.kind === 'upstream')
    return overwrittenOrMigrated(main, await loadStore(fs, snapshotOf(file), context));
  const bad = main === null ? [] : [main];
  for (const path of snapshotsOf(file)) {
    const snapshot = await loadStore(fs, path, context);
    if (snapshot === null) continue;
    if (isGood(snapshot)) return { kind: 'snapshot', main, snapshot };
    bad.push(snapshot);
  }
  const damaged = bad.find(({ content }) => content.kind === 'damaged');
  if (damaged !== undefined) throw storeDamaged(damaged);
  return { kind: 'new', main, snapshot: null };
}

/** Why: with a snapshot of ours beside it, a store of upstream is one that upstream wrote over ours, and ours knows more. */
function overwrittenOrMigrated(main: Loaded, snapshot: Loaded | null): Source {
  return snapshot?.content.kind === 'oma'
    ? { kind: 'snapshot', main, snapshot }
    : { kind: 'migrated', main, snapshot: null };
}

/** Why: an empty store of upstream says nothing; it writes one when it meets a store of ours. */
function isGood({ content }: Loaded): boolean {
  return content.kind === 'oma' || (content.kind === 'upstream' && content.state.accounts.length > 0);
}

function seenOf({ kind, main }: Source): Seen | null {
  return main === null ? null : { identity: main.identity, isGood: kind === 'main' };
}

function loadedOf({ main, snapshot }: Source): readonly Loaded[] {
  return [main, snapshot].filter((loaded) => loaded !== null);
}

/** Keeps the file under a dated name if it is about to be replaced by something else than its next version. */
async function setAside(fs: StoreFs, { kind, main }: Source, at: EpochMs): Promise<string | null> {
  if (kind === 'main' || main === null || main.content.kind === 'empty') return null;
  const label = main.content.kind === 'upstream' ? main.content.report.from : 'damaged';
  try {
    return await linkAside(fs, main.path, { label, at });
  } catch (error) {
    throw storeUnwritable(main.path, error);
  }
}

function contentOf({ main, snapshot }: Source): Pick<Opened, 'state' | 'extras' | 'key' | 'migration'> {
  const content = (snapshot ?? main)?.content;
  switch (content?.kind) {
    case 'oma':
      return { state: content.state, extras: content.extras, key: content.key, migration: null };
    case 'upstream':
      return { state: content.state, extras: content.extras, key: null, migration: content.report };
    case 'empty':
    case 'damaged':
    case undefined:
      return { state: EMPTY_STATE, extras: NO_EXTRAS, key: null, migration: null };
  }
}

function storeDamaged({ path, content }: Loaded): OmaError {
  const problems = content.kind === 'damaged' ? content.problems : [];
  const name = basename(path);
  const message = `${name} is damaged (${problems[0] ?? 'unknown'}) and there is no good snapshot beside it. Nothing was changed. Restore a backup with "oma restore FILE", or correct ${name} by hand ("oma store check" says what is wrong), or move it away to begin with an empty store.`;
  return new OmaError('STORE_DAMAGED', message, { problems });
}

function recoveredText(
  file: string,
  { main, snapshot }: Extract<Source, { kind: 'snapshot' }>,
  aside: string | null,
): string {
  const name = basename(file);
  const kept = basename(aside ?? file);
  const restored = `The snapshot ${basename(snapshot.path)} of ${new Date(snapshot.modifiedAt).toISOString()} was restored; changes after it are lost.`;
  switch (main?.content.kind) {
    case 'damaged':
      return `${name} was damaged (${main.content.problems[0] ?? 'unknown'}). It is kept as ${kept}. ${restored}`;
    case 'upstream':
      return `${name} was overwritten by the former plugin. That version is kept as ${kept}. ${restored} Remove the former plugin from OpenCode, then take over logins that it has renewed meanwhile: oma import ${shellWord(aside ?? file)}`;
    case 'empty':
      return `${name} was empty. ${restored}`;
    case 'oma':
    case undefined:
      return `${name} was missing. ${restored} To begin with an empty store instead, stop oma and delete the snapshot.`;
  }
}

/** Writes a path so that a shell takes it as one word. */
function shellWord(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

function migrationNotices(report: MigrationReport | null, source: Source, aside: string | null): readonly string[] {
  if (report === null) return [];
  const origin = basename((source.snapshot ?? source.main)?.path ?? '');
  const kept = source.kind === 'migrated' ? basename(aside ?? origin) : origin;
  return [
    `${origin} was the store of the former plugin (${report.from}). ${String(report.accounts)} accounts were taken over; the original is kept as ${kept}.`,
    ...report.renamed.map(({ from, to }) => `"${from}" is no alias of oma; the account is called "${to}" now.`),
    ...report.skipped.map(({ name, because }) => `"${name}" was not taken over: ${because}.`),
    ...report.notes.map((note) => `From the former store: ${note}.`),
  ];
}

function plainNotices(names: readonly string[]): readonly string[] {
  return names.length === 0
    ? []
    : [
        `These files beside the store hold logins in plain text: ${names.join(', ')}. Delete them when you no longer need them.`,
      ];
}
