import { basename } from 'node:path';

import { isOmaError } from '../../contract/errors.ts';
import type { EpochMs, Secret } from '../../contract/scalars.ts';
import { type Loaded, loadStore } from './load-store.ts';
import type { MigrationReport, UpstreamFormat } from './migrate.ts';
import { STORE_FORMAT, STORE_VERSION } from './schema.ts';
import { NODE_FS } from './store-fs.ts';

/** What is known about a store file. Shape: `ok` = oma would start with it; `version` null = it could not be read. */
export interface StoreCheck {
  readonly ok: boolean;
  readonly format: typeof STORE_FORMAT | UpstreamFormat | 'empty' | 'unknown';
  readonly version: number | null;
  readonly encrypted: boolean;
  readonly accounts: number;
  /** Why oma would not start with it. */
  readonly problems: readonly string[];
  /** What else is worth knowing: permissions, and what a migration would do. */
  readonly notes: readonly string[];
}

const UNKNOWN: Omit<StoreCheck, 'problems'> = {
  ok: false,
  format: 'unknown',
  version: null,
  encrypted: false,
  accounts: 0,
  notes: [],
};

/** Bits of a file's mode that let others in. */
const OTHERS = 0o077;

/** Checks a store file of any known format, open or not, and every invariant; changes nothing. Not: it never throws for what it finds. */
export async function checkStoreFile(
  file: string,
  passphrase: Secret | null,
  now: EpochMs = Date.now(),
): Promise<StoreCheck> {
  try {
    const loaded = await loadStore(NODE_FS, file, { passphrase, now, ownerId: null });
    return loaded === null ? { ...UNKNOWN, problems: [`${basename(file)} does not exist`] } : checkOf(loaded);
  } catch (error) {
    if (!isOmaError(error)) throw error;
    return { ...UNKNOWN, encrypted: error.code.startsWith('STORE_PASSPHRASE_'), problems: [error.message] };
  }
}

function checkOf({ content, mode }: Loaded): StoreCheck {
  const notes = (mode & OTHERS) === 0 ? [] : ['other users can read the file; oma makes it private when it opens it'];
  switch (content.kind) {
    case 'oma': {
      const { accounts } = content.state;
      return {
        ok: true,
        format: STORE_FORMAT,
        version: STORE_VERSION,
        encrypted: content.key !== null,
        accounts: accounts.length,
        problems: [],
        notes,
      };
    }
    case 'upstream': {
      const { report, encrypted, state } = content;
      return {
        ok: true,
        format: report.from,
        version: report.from === 'upstream-v1' ? 1 : 2,
        encrypted,
        accounts: state.accounts.length,
        problems: [],
        notes: [...notes, ...migrationNotes(report)],
      };
    }
    case 'empty':
      return { ...UNKNOWN, ok: true, format: 'empty', problems: [], notes };
    case 'damaged':
      return { ...UNKNOWN, problems: content.problems, notes };
  }
}

function migrationNotes({ accounts, renamed, skipped, needsLogin, notes }: MigrationReport): readonly string[] {
  return [
    `oma would take over ${String(accounts)} accounts and keep the original beside it`,
    ...renamed.map(({ from, to }) => `"${from}" would be called "${to}"`),
    ...skipped.map(({ name, because }) => `"${name}" would be left out: ${because}`),
    ...(needsLogin.length === 0 ? [] : [`these would need a login: ${needsLogin.join(', ')}`]),
    ...notes,
  ];
}
