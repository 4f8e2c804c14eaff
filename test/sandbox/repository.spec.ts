import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' });
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

describe('the repository', () => {
  it('[A.L0.1] [A.L0.2] is whole: every object is there, and every tracked file', () => {
    git('fsck', '--connectivity-only', '--no-dangling');
    const tracked = git('ls-files').split('\n').filter(Boolean);
    expect(tracked.length).toBeGreaterThan(200);
    expect(tracked.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('[A.L0.3] stays clean: what an installation, a build and the tests make is ignored, and none of it is tracked', () => {
    const made = ['node_modules', 'dist', 'reports', 'coverage'];
    expect(git('ls-files', ...made)).toBe('');
    expect(
      git('check-ignore', ...made.map((name) => `${name}/x`))
        .split('\n')
        .filter(Boolean),
    ).toEqual(made.map((name) => `${name}/x`));
  });

  it('[A.L1.1] [H.T.2] the installation is the one that the lockfile describes', () => {
    const locked = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version?: string }> };
    const wanted = (JSON.parse(read('package.json')) as { devDependencies: Record<string, string> }).devDependencies;
    for (const [name, version] of Object.entries(wanted)) {
      const installed = JSON.parse(read(`node_modules/${name}/package.json`)) as { version: string };
      expect([name, installed.version, locked.packages[`node_modules/${name}`]?.version]).toEqual([
        name,
        version,
        version,
      ]);
    }
  });

  it('[A.L1.2] [A.L1.4] [H.T.4] the build made every program, and the command can be executed', () => {
    for (const file of ['cli.js', 'supervisor.js', 'worker.js', 'probe-runner.js', 'simulator.js', 'plugin/server.js'])
      expect(existsSync(join(ROOT, 'dist', file)), file).toBe(true);
    accessSync(join(ROOT, 'dist', 'cli.js'), constants.X_OK);
  });

  it('[A.L1.3] [H.T.5] the compiler finds no type error', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: { typecheck: string } };
    const [tsc, ...args] = scripts.typecheck.split(' ');
    expect(tsc).toBe('tsc');
    expect(execFileSync(join(ROOT, 'node_modules/.bin/tsc'), args, { cwd: ROOT, encoding: 'utf8' })).toBe('');
  });

  it('[A.L3.1] [A.L3.2] [A.L3.3] QA.md records the baseline: what it does, what it costs, what is wrong with it', () => {
    const qa = read('docs/QA.md');
    for (const heading of [
      '## Phase A: the baseline',
      '### What upstream does',
      '### What it costs',
      '### Known faults, and where oma stands',
    ])
      expect(qa).toContain(heading);
    expect(qa).toMatch(/5\.1 \/ 10\.7/);
  });
});
