import type { BackupResult, RestoreResult } from '../../contract/backup.ts';
import { OmaError } from '../../contract/errors.ts';
import type { CallContext, Params } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';
import { restoreBackup, type RestoreDiff, type RestoreInput } from '../core/restore.ts';
import { effectiveSettings, settingsProblems } from '../core/settings.ts';
import type { State } from '../core/state.ts';
import { isoTime } from '../core/time.ts';
import { readBackup, writeBackup } from '../store/backup-file.ts';
import type { Audit } from './audit.ts';
import type { Context } from './context.ts';

/** What backups need. */
export interface BackupDeps {
  readonly context: Context;
  readonly audit: Audit;
}

/** Writes everything that the store holds into one encrypted file. */
export async function backUp(
  { context, audit }: BackupDeps,
  { path, passphrase, overwrite }: Params<Operations, 'store.backup'>,
  call: CallContext,
): Promise<BackupResult> {
  const { store, now } = context;
  if (path === store.status().file)
    throw new OmaError('INVALID_PARAMS', 'That is the store itself. Choose another file for the backup.');
  await store.settled();
  const accounts = store.read().accounts.length;
  await writeBackup({ file: path, text: store.text(), passphrase, overwrite });
  audit.record(call, { action: 'store.backup', target: null, detail: { accounts } });
  return { file: path, accounts, at: isoTime(now()) };
}

/** Puts a backup back; with `dryRun` it only says what it would do. */
export async function restore(
  { context, audit }: BackupDeps,
  { path, passphrase, dryRun, onOlder }: Params<Operations, 'store.restore'>,
  call: CallContext,
): Promise<RestoreResult> {
  const { store, now } = context;
  const backup = await readBackup(path, passphrase ?? null, now());
  const input: RestoreInput = { backup, onOlder, actor: call.actor };
  if (dryRun) return { dryRun, ...restoreBackup(store.read(), input, now())[1] };
  const change = (state: State, at: number): readonly [State, RestoreDiff] => {
    const [next, diff] = restoreBackup(state, input, at);
    refuse(context, next, { diff, onOlder });
    return [next, diff];
  };
  const diff = await store.transact('store.restore', change, 'before-reply');
  audit.record(call, {
    action: 'store.restore',
    target: null,
    detail: { added: diff.added.map(({ alias }) => alias), settings: diff.settings.map(({ name }) => name) },
  });
  context.emit({ type: 'changed', at: isoTime(now()), topics: ['accounts', 'settings', 'force', 'status'] });
  return { dryRun, ...diff };
}

interface Judged {
  readonly diff: RestoreDiff;
  readonly onOlder: RestoreInput['onOlder'];
}

function refuse({ settings }: Context, next: State, { diff, onOlder }: Judged): void {
  if (onOlder === 'refuse' && diff.older.length > 0) {
    const aliases = diff.older.map(({ alias }) => alias);
    throw new OmaError(
      'BACKUP_OLDER',
      `The store has newer logins than the backup of: ${aliases.join(', ')}. The backup's copies are most likely dead, so nothing was changed. Add --keep-newer to restore all but these logins, or --use-older if you know better.`,
      { aliases },
    );
  }
  const effective = effectiveSettings(next.settings.values, settings.layers());
  const problems = settingsProblems(effective.settings);
  if (problems.length > 0)
    throw new OmaError(
      'INVALID_SETTINGS',
      `${problems.map(({ message }) => message).join(' ')} The environment or the configuration file contradicts the settings of the backup; nothing was changed.`,
      { problems },
    );
}
