import { execFileSync } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { packOma, succeeded } from '../support/installed-oma.ts';
import { removeTree } from '../support/remove-tree.ts';
import { runProgram } from '../support/run-program.ts';

const BUILD_MS = 180_000;

/** A packed version and the commit it was made of. */
export interface KnownGood {
  readonly tarball: string;
  readonly commit: string;
}

/** Builds and packs an earlier commit, with the packages that are installed here. Whoever keeps the tarballs of releases needs none of this. */
export async function packCommit(root: string, reference: string, directory: string): Promise<KnownGood> {
  const git = (...args: readonly string[]): Buffer => execFileSync('git', args, { cwd: root, maxBuffer: 1e9 });
  const commit = git('rev-parse', `${reference}^{commit}`).toString().trim();
  const sources = join(directory, 'sources');
  await removeTree(sources);
  await mkdir(sources, { recursive: true });
  execFileSync('tar', ['-x', '-C', sources], { input: git('archive', commit) });
  await symlink(join(root, 'node_modules'), join(sources, 'node_modules'));
  const build = { file: process.execPath, args: ['scripts/build.ts'], cwd: sources, deadlineMs: BUILD_MS };
  succeeded(await runProgram({ ...build, env: { PATH: process.env['PATH'] ?? '', HOME: directory } }), 'the build');
  const tarball = await packOma(sources, join(directory, 'tarball'));
  await removeTree(sources);
  return { tarball, commit };
}
