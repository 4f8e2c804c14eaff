import type { BackupResult, OlderPolicy, RestoreResult } from '../../contract/backup.ts';
import type { Paint } from './paint.ts';
import { plain } from './plain.ts';
import { indent, table } from './table.ts';

/** What a restore did, and what had to be set aside for it. */
export interface RestoreView {
  readonly result: RestoreResult;
  readonly onOlder: OlderPolicy;
  readonly aside: readonly string[];
}

/** Writes that a backup is there. */
export function backupText({ file, accounts }: BackupResult, paint: Paint): string {
  const what = `${String(accounts)} ${accounts === 1 ? 'account' : 'accounts'}`;
  return `${paint('green', `The backup is written: ${plain(file)}`)}\n${what} and the settings, encrypted. Keep the passphrase apart from it.`;
}

/** Writes what a restore changed, or would change. */
export function restoreText({ result, onOlder, aside }: RestoreView, paint: Paint): string {
  const { dryRun, added, renewed, older, switched, untouched, settings } = result;
  const would = (done: string, wouldBe: string): string => (dryRun ? wouldBe : done);
  const olderTitle = {
    refuse: 'The store has newer logins',
    'keep-newer': would('Kept, since the store has newer logins', 'Would be kept, since the store has newer logins'),
    'use-older': would(
      'Taken over although the store had newer logins',
      'Would be taken over although the store has newer logins',
    ),
  }[onOlder];
  const stamps = (rows: RestoreResult['older']): string[][] =>
    rows.map(({ alias, stored, backup }) => [
      paint('cyan', alias),
      `store ${stored ?? 'unknown'}`,
      `backup ${backup ?? 'unknown'}`,
    ]);
  const parts = [
    ...section(
      would('Added', 'Would be added'),
      added.map(({ alias, was }) => [paint('green', alias), alias === was ? '' : `"${was}" in the backup`]),
    ),
    ...section(would('Logins renewed', 'Logins that would be renewed'), stamps(renewed)),
    ...section(olderTitle, stamps(older)),
    ...section(
      would('Switched', 'Would be switched'),
      switched.map(({ alias, enabled }) => [alias, enabled ? 'on' : 'off']),
    ),
    ...section(
      would('Settings', 'Settings that would change'),
      settings.map(({ name, before, after }) => [name, `${shown(before)} → ${shown(after)}`]),
    ),
    ...section(
      'Not in the backup, so left as they are',
      untouched.map((alias) => [alias]),
    ),
    ...section(
      'The damaged store is kept as',
      aside.map((file) => [plain(file)]),
    ),
  ];
  const isSame = [added, renewed, older, switched, settings].every((list) => list.length === 0);
  if (isSame) parts.unshift('Everything in the backup is as it is in the store.');
  if (!dryRun && older.length > 0 && onOlder === 'use-older')
    parts.push(paint('yellow', 'If the provider refuses one of these older logins: `oma reauth ALIAS`.'));
  if (dryRun && older.length > 0 && onOlder === 'refuse')
    parts.push(paint('yellow', 'Without --keep-newer or --use-older nothing would be changed.'));
  return parts.join('\n');
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [`${title}:`, indent(table(rows))];
}

function shown(value: unknown): string {
  return value === null ? 'default' : plain(JSON.stringify(value));
}
