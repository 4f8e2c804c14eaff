import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Tells whether a program is on the PATH; a test that needs one says less without it. */
export async function hasProgram(name: string): Promise<boolean> {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const isThere = await access(join(directory, name), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return true;
  }
  return false;
}
