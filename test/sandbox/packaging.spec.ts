import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { transform } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';

import { importableStore } from '../../cli/simulator/credentials.ts';
import type { Status } from '../../contract/status.ts';
import { installedOma, packOma, succeeded } from '../support/installed-oma.ts';
import { DIST } from '../support/oma.ts';
import { opencodeRun, opencodeSandbox } from '../support/real-opencode.ts';
import { useSimulator } from '../support/simulator.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface PackageJson {
  readonly scripts: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
  readonly dependencies?: Readonly<Record<string, string>>;
}

function packageJson(directory = ROOT): PackageJson {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as PackageJson;
}

/** Names of the files under a directory, the ones of OpenCode itself left out. */
function filesUnder(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .filter(
      (name) =>
        !/^(config\/opencode\/\.gitignore|data\/opencode\/(?!auth)|cache\/(?!opencode-multi-auth)|state\/opencode\/|home\/\.(npm|bun|codex)\/|home\/\.cache\/(?!opencode-multi-auth))/.test(
          name,
        ),
    )
    .sort();
}

async function useNewcomer() {
  const simulator = await useSimulator({
    seats: [{ alias: 'ann', email: 'ann@example.test', accountId: 'ws-ann', userId: 'user-ann' }],
  });
  const opencode = await opencodeSandbox({
    auth: null,
    env: {
      OPENCODE_MULTI_AUTH_BASE_URL: simulator.baseUrl,
      OPENCODE_MULTI_AUTH_ISSUER_URL: simulator.issuerUrl,
      OPENCODE_MULTI_AUTH_PORT: '0',
    },
  });
  // A new user has no configuration of OpenCode at all.
  await rm(join(opencode.configDir, 'opencode.json'));
  const installed = installedOma(join(opencode.root, 'npm'), { env: opencode.env, cwd: opencode.project });
  onTestFinished(async () => {
    await installed.oma('down').catch(() => undefined);
    await opencode.remove();
  });
  return { simulator, opencode, installed };
}

describe('the package', () => {
  it('runs nothing when it is installed, and needs no other package', () => {
    const { scripts, dependencies } = packageJson();
    expect(Object.keys(scripts).filter((name) => /^(pre|post)?(install|prepare)$/.test(name))).toEqual([]);
    expect(dependencies).toBeUndefined();
  });

  it('begins with syntax that Node 12 reads, so that an old Node can say what is wrong with it', async () => {
    const entry = await readFile(join(DIST, 'cli.js'), 'utf8');
    const [old, current] = await Promise.all(
      ['node12.20', 'esnext'].map((target) => transform(entry, { target, format: 'esm', minifyWhitespace: true })),
    );
    expect(old?.code).toBe(current?.code);
    expect(entry).toContain(`OLDEST = [${packageJson().engines.node.replace('>=', '').replace('.', ', ')}]`);
  });

  it('installed from the tarball without a network it serves the real OpenCode, and its removal leaves the store only', async () => {
    const { simulator, opencode, installed } = await useNewcomer();
    const before = filesUnder(opencode.root);
    const tarball = await packOma(ROOT, join(opencode.root, 'npm', 'tarball'));
    const { stderr } = succeeded(await installed.install(tarball), 'npm install');
    expect(stderr).not.toMatch(/warn|script/i);
    const place = join(installed.prefix, 'lib', 'node_modules', 'open-multi-auth');
    expect(existsSync(join(place, 'node_modules'))).toBe(false);
    const manual = join(installed.prefix, 'share', 'man', 'man1', 'oma.1');
    expect(readFileSync(manual, 'utf8')).toContain('.SH "OMA DOCTOR"');
    expect(readdirSync(place).sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'docs', 'package.json']);

    succeeded(await installed.oma('up', '--detach'), 'oma up');
    const logins = join(opencode.root, 'npm', 'logins.json');
    await writeFile(logins, JSON.stringify(importableStore([simulator.control.credentials('ann')])), { mode: 0o600 });
    succeeded(await installed.oma('import', logins), 'oma import');
    succeeded(await installed.oma('plugin', 'install'), 'oma plugin install');
    const answer = await opencodeRun({ ...opencode, env: installed.env }, 'hello');
    expect([answer.code, answer.stdout], answer.stderr).toEqual([
      0,
      expect.stringContaining('Simulated answer from ann'),
    ]);
    expect((await installed.json<Status>('status')).store.file).toContain(opencode.root);

    const { stdout } = succeeded(await installed.oma('uninstall'), 'oma uninstall');
    expect(stdout).toContain('Your accounts stay:');
    succeeded(await installed.remove(), 'npm uninstall');
    expect(existsSync(join(installed.prefix, 'bin', 'oma'))).toBe(false);
    expect([place, manual].filter((path) => existsSync(path))).toEqual([]);
    const left = filesUnder(opencode.root).filter((name) => !before.includes(name) && !name.startsWith('npm/'));
    expect(left.filter((name) => !name.startsWith('config/opencode-multi-auth/accounts.json'))).toEqual([]);
    expect(left).toContain('config/opencode-multi-auth/accounts.json');
  });
});
