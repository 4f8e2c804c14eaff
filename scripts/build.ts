/** Builds dist/: every process as one ESM bundle, the plugin for the Bun inside OpenCode, the dashboard. */
import { createHash } from 'node:crypto';
import { existsSync, globSync } from 'node:fs';
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build, type BuildOptions, type Plugin } from 'esbuild';
import { build as buildUi } from 'vite';
import * as z from 'zod';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');
/** The new dist grows here and replaces the old one in one step: who runs the old one never sees half of a new one. */
const STAGE = join(ROOT, `node_modules/.cache/oma-build-${String(process.pid)}`);
const BUILD_ID_LENGTH = 12;
const SHEBANG = '#!/usr/bin/env node\n';
/** Bundled CommonJS asks for `require`, which an ES module has not. */
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";

/** source -> file in dist/. `isSplit`: what it imports dynamically becomes a chunk, so that the entry itself stays small. */
const ENTRIES = [
  { source: 'cli/main.ts', output: 'cli.js', isSplit: true },
  { source: 'supervisor/main.ts', output: 'supervisor.js', isSplit: true },
  { source: 'worker/main.ts', output: 'worker.js', isSplit: false },
  { source: 'probe-runner/main.ts', output: 'probe-runner.js', isSplit: false },
  { source: 'cli/simulator/main.ts', output: 'simulator.js', isSplit: false },
  { source: 'plugin/index.ts', output: 'plugin/server.js', isSplit: false },
  { source: 'plugin/tui.ts', output: 'plugin/tui.js', isSplit: false },
] as const;
type Entry = (typeof ENTRIES)[number];

/**
 * Takes the modules of Node by `require`.
 * Why: importing one makes its face as an ES module, for which everything it exports is read; of node:http that loads all of undici, which
 * is an eighth of a start and several megabytes.
 */
const BUILTINS_BY_REQUIRE: Plugin = {
  name: 'builtins-by-require',
  setup: (hooks) => {
    hooks.onResolve({ filter: /^[a-z]/ }, ({ path, kind }) =>
      kind !== 'require-call' && isBuiltin(path) ? { path, namespace: 'builtin' } : undefined,
    );
    hooks.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

const startedAtMs = performance.now();
const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')));
const buildId = await hashSources();
try {
  const parts = [...ENTRIES.map(bundle), bundleUi()];
  // A part that failed must not leave the others writing into a stage that is being removed.
  await Promise.allSettled(parts);
  await Promise.all(parts);
  await finish();
} finally {
  await rm(STAGE, { recursive: true, force: true });
}
console.log(`built ${version} (${buildId}) in ${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s`);

async function bundle({ source, output, isSplit }: Entry): Promise<void> {
  const name = output.replace(/\.js$/, '');
  const options: BuildOptions = {
    absWorkingDir: ROOT,
    entryPoints: { [name]: source },
    outdir: STAGE,
    chunkNames: 'chunks/[name]-[hash]',
    splitting: isSplit,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22.22',
    // ES module builds first: the CommonJS twin of a package cannot be tree-shaken.
    mainFields: ['module', 'main'],
    // OpenCode provides its screen library to its plugins.
    external: ['@opentui/solid', 'solid-js'],
    banner: { js: REQUIRE },
    plugins: source.startsWith('plugin/') ? [] : [BUILTINS_BY_REQUIRE],
    define: { __OMA_VERSION__: JSON.stringify(version), __OMA_BUILD_ID__: JSON.stringify(buildId) },
    legalComments: 'none',
    logLevel: 'warning',
  };
  await build(options);
}

async function bundleUi(): Promise<void> {
  await buildUi({
    configFile: join(ROOT, 'vite.config.ts'),
    build: { outDir: join(STAGE, 'ui') },
    logLevel: 'warn',
  });
}

async function finish(): Promise<void> {
  const cli = join(STAGE, 'cli.js');
  if (existsSync(cli)) {
    await writeFile(cli, SHEBANG + (await readFile(cli, 'utf8')));
    await chmod(cli, 0o755);
  }
  const old = `${STAGE}-old`;
  if (existsSync(DIST)) await rename(DIST, old);
  await rename(STAGE, DIST);
  await rm(old, { recursive: true, force: true });
}

/** Tells two builds apart by what they were made from, so that the same sources give the same id anywhere. */
async function hashSources(): Promise<string> {
  const patterns = [
    '{contract,runtime,supervisor,worker,probe-runner,plugin,cli,ui}/**/*',
    'package-lock.json',
    'scripts/build.ts',
  ];
  const files = globSync(patterns, { cwd: ROOT, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .sort();
  const hash = createHash('sha256').update(version);
  for (const file of files)
    hash
      .update(file.slice(ROOT.length))
      .update('\0')
      .update(await readFile(file))
      .update('\0');
  return hash.digest('hex').slice(0, BUILD_ID_LENGTH);
}
