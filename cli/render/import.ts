import type * as z from 'zod';

import { maskEmail, maskText } from '../../contract/mask.ts';
import type { importResultSchema } from '../../contract/operations.ts';
import type { Paint } from './paint.ts';
import { plain } from './plain.ts';
import { indent, table } from './table.ts';

export type ImportResult = z.infer<typeof importResultSchema>;

/** Writes what an import did, or would do. */
export function importText(result: ImportResult, paint: Paint): string {
  const { imported, updated, skipped, warnings, dryRun } = result;
  const parts = [
    section(
      dryRun ? 'Would be imported' : 'Imported',
      imported.map(({ alias, email, planType }) => [paint('green', alias), plain(email ?? ''), planType ?? '']),
    ),
    section(
      dryRun ? 'Would be renewed' : 'Renewed',
      updated.map(({ alias, because }) => [paint('cyan', alias), plain(because)]),
    ),
    section(
      'Left out',
      skipped.map(({ name, because }) => [plain(name), plain(because)]),
    ),
    ...warnings.map((warning) => [paint('yellow', plain(warning))]),
  ].flat();
  if (imported.length + updated.length + skipped.length === 0) parts.unshift('There was nothing to import.');
  return parts.join('\n');
}

/** Hides the e-mails in the result of an import, those in aliases with them. */
export function maskImport(result: ImportResult): ImportResult {
  return {
    ...result,
    imported: result.imported.map((entry) => ({
      ...entry,
      alias: maskText(entry.alias),
      email: entry.email === null ? null : maskEmail(entry.email),
    })),
    updated: result.updated.map((entry) => ({ ...entry, alias: maskText(entry.alias) })),
    skipped: result.skipped.map(({ name, because }) => ({ name: maskText(name), because: maskText(because) })),
    warnings: result.warnings.map(maskText),
  };
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [`${title}:`, indent(table(rows))];
}
