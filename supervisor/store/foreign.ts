import { isOmaError, OmaError } from '../../contract/errors.ts';
import type { EpochMs, Secret } from '../../contract/scalars.ts';
import type { Account } from '../core/state.ts';
import { parseEnvelope, parseUpstreamEnvelope } from './crypto.ts';
import { type MigrationReport, upstreamFormatOf } from './migrate.ts';
import { isUnknownSeat } from './migrate-account.ts';
import { isPool, poolAsUpstream } from './oc-pool.ts';
import { readStoreJson } from './read-store.ts';
import { STORE_FORMAT } from './schema.ts';

/** Which program wrote a store file. */
export type ForeignStoreKind = 'oma' | 'opencode-multi-auth-codex' | 'oc-codex-multi-auth';

/** One account, and what is different once its login is imported. */
export interface ForeignAccount {
  readonly account: Account;
  readonly notes: readonly string[];
}

/** The accounts of a store file that is not the open one. Shape: `skipped` names what cannot be imported, and why. */
export interface ForeignStore {
  readonly accounts: readonly ForeignAccount[];
  readonly skipped: readonly { readonly name: string; readonly because: string }[];
}

/** Tells whose store file parsed JSON is, encrypted or not; null = it is none. */
export function foreignStoreKind(raw: unknown): ForeignStoreKind | null {
  const isOurs = typeof raw === 'object' && raw !== null && 'format' in raw && raw.format === STORE_FORMAT;
  if (isOurs || parseEnvelope(raw) !== null) return 'oma';
  if (isPool(raw)) return 'oc-codex-multi-auth';
  const isUpstream = upstreamFormatOf(raw) !== null || parseUpstreamEnvelope(raw) !== null;
  return isUpstream ? 'opencode-multi-auth-codex' : null;
}

/** Reads the accounts of a store file; changes nothing. Errors: IMPORT_INVALID, STORE_TOO_NEW, STORE_PASSPHRASE_REQUIRED, STORE_PASSPHRASE_WRONG. */
export async function readForeignStore(raw: unknown, passphrase: Secret | null, now: EpochMs): Promise<ForeignStore> {
  const content = await readStoreJson(poolAsUpstream(raw), { passphrase, now }).catch((error: unknown) => {
    throw ofFile(error);
  });
  if (content.kind === 'damaged' || content.kind === 'empty') {
    const problems = content.kind === 'damaged' ? content.problems : ['it is empty'];
    throw new OmaError(
      'IMPORT_INVALID',
      `The file to import is damaged: ${problems.join('; ')}. Nothing was changed.`,
      { problems },
    );
  }
  const { accounts } = content.state;
  const migrated = content.kind === 'upstream' ? content.report : NOTHING_MIGRATED;
  const ownerless = accounts.filter((account) => isUnknownSeat(account.seat));
  const importable = accounts.filter((account) => !isUnknownSeat(account.seat));
  return {
    accounts: importable.map((account) => ({ account, notes: notesOn(account, migrated.renamed) })),
    skipped: [
      ...migrated.skipped,
      ...ownerless.map(({ alias }) => ({
        name: alias,
        because: 'its tokens do not say whose they are; add it with "oma add"',
      })),
    ],
  };
}

/** Not: what a migration says of limits, settings and force, since an import takes none of these. */
function notesOn({ alias, availability }: Account, renamed: MigrationReport['renamed']): readonly string[] {
  const former = renamed.find(({ to }) => to === alias);
  return [
    ...(former === undefined ? [] : [`"${former.from}" is no alias of oma and becomes "${alias}"`]),
    ...(availability.enabled
      ? []
      : [`"${alias}" is disabled there and is imported enabled; "oma disable" lets it rest`]),
  ];
}

/** Why: what helps with the open store, its variable, does nothing for a file to import. */
function ofFile(error: unknown): unknown {
  if (isOmaError(error, 'STORE_PASSPHRASE_REQUIRED'))
    return new OmaError(
      error.code,
      'The file to import is encrypted. Nothing was changed. Give the passphrase it was encrypted with: `oma import FILE --passphrase-env NAME` (opencode-multi-auth-codex keeps it in CODEX_SOFT_STORE_PASSPHRASE).',
    );
  if (isOmaError(error, 'STORE_PASSPHRASE_WRONG'))
    return new OmaError(
      error.code,
      'The passphrase does not open the file to import, or the file is damaged. Nothing was changed.',
    );
  return error;
}

const NOTHING_MIGRATED: Pick<MigrationReport, 'skipped' | 'renamed'> = { skipped: [], renamed: [] };
