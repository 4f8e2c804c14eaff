import { plain } from './plain.ts';
import { indent } from './table.ts';

/** What was taken out of a home, or would be. Shape: absolute paths. */
export interface Uninstalled {
  readonly dryRun: boolean;
  readonly removed: readonly string[];
  /** Files of OpenCode that named oma. */
  readonly changed: readonly string[];
  /** What stays; null = there is none. */
  readonly store: string | null;
}

/** Writes what went, what stays, and how the program itself is removed. */
export function uninstalledText({ dryRun, removed, changed, store }: Uninstalled): string {
  const list = (title: string, files: readonly string[]): string[] =>
    files.length === 0 ? [] : [title, indent(files.map(plain).join('\n'))];
  return [
    ...list(dryRun ? 'Would be removed:' : 'Removed:', removed),
    ...list(dryRun ? 'oma would be taken out of:' : 'oma is taken out of:', changed),
    ...(store === null ? [] : [`Your accounts stay: ${plain(store)}`]),
    'The program goes with: npm uninstall --global open-multi-auth',
  ].join('\n');
}
