import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { removeTree } from './remove-tree.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A bundle in a directory of its own. */
export interface Bundle {
  readonly file: string;
  readonly bytes: number;
  readonly remove: () => Promise<void>;
}

/** Bundles one source file as scripts/build.ts bundles the plugin: one ES module that needs nothing beside it. */
export async function bundle(source: string): Promise<Bundle> {
  const directory = await mkdtemp(join(tmpdir(), 'oma-bundle-'));
  const file = join(directory, 'server.mjs');
  const require =
    "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";
  await build({
    ...{
      absWorkingDir: ROOT,
      entryPoints: [source],
      outfile: file,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node22.22',
      legalComments: 'none',
      logLevel: 'error',
    },
    ...{ mainFields: ['module', 'main'], external: ['@opentui/*', 'solid-js'], banner: { js: require } },
  });
  return {
    file,
    bytes: (await readFile(file)).byteLength,
    remove: () => removeTree(directory),
  };
}
