import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { OmaError } from '../../contract/errors.ts';

const POOL_FILE = 'oc-codex-multi-auth-accounts.json';
/** More projects than this are not looked at. */
const PROJECTS_MAX = 500;

/** A pool, and what to call it without its path, which would tell the home. */
export interface Pool {
  readonly path: string;
  readonly name: string;
}

/**
 * Finds the pools of the plugin `oc-codex-multi-auth`: the common one first, then those of its projects, by name.
 * Errors: IMPORT_NOT_FOUND.
 */
export async function findPools(openCodeHome: string): Promise<readonly Pool[]> {
  const projects = join(openCodeHome, 'projects');
  const names = (await readdir(projects).catch(() => [])).sort().slice(0, PROJECTS_MAX);
  const candidates = [
    { path: join(openCodeHome, POOL_FILE), name: 'the common pool' },
    ...names.map((name) => ({ path: join(projects, name, POOL_FILE), name: `the pool of project ${name}` })),
  ];
  const exists = await Promise.all(
    candidates.map(({ path }) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  const pools = candidates.filter((_path, index) => exists[index]);
  if (pools.length > 0) return pools;
  throw new OmaError(
    'IMPORT_NOT_FOUND',
    'oc-codex-multi-auth has no pool of accounts here. If it keeps them in the keychain, write them to its file first ("codex-keychain rollback"), or name the file of its export.',
  );
}
