import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it, onTestFinished } from 'vitest';

import { removeTree } from '../support/remove-tree.ts';

interface Locked {
  readonly version: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
}

interface Installed {
  readonly license?: string;
  readonly licenses?: readonly { readonly type: string }[];
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Licences that let the code be used, and bundled, without further duty than naming it. */
const LICENCES = new Set([
  ...['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', 'CC0-1.0'],
  // Data and tools that are not bundled: axe-core, lightningcss, browserslist.
  ...['MPL-2.0', 'CC-BY-3.0', 'CC-BY-4.0'],
]);

const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Locked>;
};
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, unknown>;
const locked = Object.entries(packages).filter(([path]) => path !== '');
const namesOf = (entries: typeof locked): readonly string[] =>
  entries.map(([path]) => path.replace(/^.*node_modules\//, '')).toSorted();
/** A program for another system, which is not installed here: npm has never seen its content. */
const isForeign = (path: string, { optional }: Locked): boolean => optional === true && !existsSync(join(ROOT, path));

describe('the dependencies', () => {
  it('are there for development only: what is installed needs none', () => {
    for (const kind of ['dependencies', 'optionalDependencies', 'peerDependencies', 'bundleDependencies'])
      expect([kind, manifest[kind]]).toEqual([kind, undefined]);
  });

  it('are pinned by version, and by content wherever they are used', () => {
    expect(locked.length).toBeGreaterThan(300);
    const versions = Object.values(manifest['devDependencies'] as Record<string, string>);
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([]);
    const isKept = ({ integrity }: Locked): boolean => /^sha512-[\w+/=]{80,}$/.test(integrity ?? '');
    expect(namesOf(locked.filter(([path, entry]) => !isKept(entry) && !isForeign(path, entry)))).toEqual([]);
  });

  it('come from the registry and nowhere else', () => {
    const elsewhere = locked.filter(
      ([, { resolved = 'https://registry.npmjs.org/' }]) => !resolved.startsWith('https://registry.npmjs.org/'),
    );
    expect(namesOf(elsewhere)).toEqual([]);
  });

  it('run no script when they are installed, but those that package.json allows', () => {
    expect(namesOf(locked.filter(([, { hasInstallScript }]) => hasInstallScript === true))).toEqual(
      Object.keys(manifest['allowScripts'] as object).toSorted(),
    );
  });

  it('have licences that allow what we do', () => {
    const licenceOf = (path: string, { license }: Locked): string => {
      if (license !== undefined) return license;
      const installed = JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8')) as Installed;
      return installed.license ?? installed.licenses?.[0]?.type ?? 'none';
    };
    // A program for one system has the licence of the package that asks for it.
    const known = locked.filter(([, { license, os }]) => license !== undefined || os === undefined);
    const strange = known.filter(([path, entry]) => !LICENCES.has(licenceOf(path, entry)));
    expect(strange.map(([path, entry]) => [path, licenceOf(path, entry)])).toEqual([]);
  });
});

describe('npm run audit', () => {
  const audit = (answer: unknown) => {
    const directory = mkdtempSync(join(tmpdir(), 'oma-audit-'));
    onTestFinished(() => removeTree(directory));
    writeFileSync(join(directory, 'npm'), `#!/bin/sh\ncat <<'END'\n${JSON.stringify(answer)}\nEND\n`, { mode: 0o755 });
    const env = { PATH: `${directory}:${process.env['PATH'] ?? ''}` };
    const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'scripts/audit.ts')], { env, encoding: 'utf8' });
    return [status, stdout.trim().split('\n').at(-1)];
  };
  const report = (counts: { high: number; critical: number }, vulnerabilities: object) => ({
    auditReportVersion: 2,
    vulnerabilities,
    metadata: { vulnerabilities: { info: 0, low: 0, moderate: 1, ...counts } },
  });

  it('fails on a severe weakness, and on an answer that is none', () => {
    const weak = { severity: 'high', via: [] };
    expect(audit(report({ high: 1, critical: 0 }, { ws: weak, zod: { severity: 'moderate' } }))).toEqual([
      1,
      'Audited: 1 severe of 2 known weaknesses.',
    ]);
    expect(audit({ strange: true })).toEqual([1, '']);
  });

  it('passes without one, and says that nothing was audited where the registry does not answer', () => {
    expect(audit(report({ high: 0, critical: 0 }, {}))).toEqual([0, 'Audited: 0 severe of 0 known weaknesses.']);
    expect(audit({ message: '405 Method Not Allowed - POST https://registry.example/' })).toEqual([
      0,
      'NOT AUDITED: the registry does not answer audits here (405 Method Not Allowed - POST https://registry.example/).',
    ]);
  });
});
