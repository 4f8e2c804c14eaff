import { existsSync } from 'node:fs';
import { copyFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { careOf, IN_NPM_TEST, scriptOf, SCRIPTS } from '../support/command-care.ts';
import { ELSEWHERE } from '../support/commands-elsewhere.ts';
import { readDocument, ROOT } from '../support/documents.ts';
import { removeTree } from '../support/remove-tree.ts';
import { runProgram } from '../support/run-program.ts';
import { writtenCommands } from '../support/written-commands.ts';

const WRITTEN = writtenCommands().map(({ command }) => command);
const { version, devDependencies } = JSON.parse(readDocument('package.json')) as {
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
};

/** Commands whose effect on this machine is not wanted: what there is to see of them without it. */
const CHECKED: Readonly<Record<string, () => Promise<void>>> = {
  'npm ci': cleanInstall,
  'npm install --global opencode-ai': () => {
    const { bin } = JSON.parse(readDocument('node_modules/opencode-ai/package.json')) as { bin: object };
    expect([devDependencies['opencode-ai'], Object.keys(bin)]).toEqual([expect.any(String), ['opencode']]);
    return Promise.resolve();
  },
  'npx vitest run --project integration test/integration/cli/plugin.spec.ts': () => {
    expect(existsSync(join(ROOT, 'test/integration/cli/plugin.spec.ts'))).toBe(true);
    return Promise.resolve();
  },
  'npx vitest run --project unit -t "weighted"': () => {
    expect(readDocument('test/unit/supervisor/core/weighted.spec.ts')).toMatch(/^(describe|it)\('.*weighted/m);
    return Promise.resolve();
  },
  "git grep '\\[B.L1.1\\]' test": () => gitGrep("git grep '\\[B.L1.1\\]' test"),
  "git grep '\\[I.L1.1\\]' test": () => gitGrep("git grep '\\[I.L1.1\\]' test"),
  'node --version': () => {
    expect(process.version).toMatch(/^v\d+\./);
    return Promise.resolve();
  },
};

async function gitGrep(line: string): Promise<void> {
  const env = { PATH: process.env['PATH'] ?? '' };
  const found = await runProgram({ file: '/bin/sh', args: ['-c', line], env, cwd: ROOT, deadlineMs: 30_000 });
  expect([found.code, found.stdout]).toEqual([0, expect.stringMatching(/^test\/\S+\.spec\.ts:/)]);
}

/** `npm ci` without doing it: it refuses a lockfile that does not fit. */
async function cleanInstall(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'oma-ci-'));
  try {
    for (const file of ['package.json', 'package-lock.json']) await copyFile(join(ROOT, file), join(directory, file));
    const env = { PATH: process.env['PATH'] ?? '', HOME: directory };
    const args = ['ci', '--dry-run', '--offline', '--ignore-scripts'];
    const { code, stderr } = await runProgram({ file: 'npm', args, env, cwd: directory, deadlineMs: 120_000 });
    expect(code, stderr).toBe(0);
  } finally {
    await removeTree(directory);
  }
}

describe('every command of every document', () => {
  it('that is run elsewhere is run by a spec, or a step of npm test, that there is', () => {
    const nobody = Object.values(ELSEWHERE).filter(
      ({ by }) => !existsSync(join(ROOT, by)) && !IN_NPM_TEST.includes(by),
    );
    expect(nobody).toEqual([]);
    const here = Object.entries(ELSEWHERE).flatMap(([command, { by }]) =>
      by === 'test/sandbox/commands.spec.ts' ? [command] : [],
    );
    expect(here.toSorted()).toEqual(Object.keys(CHECKED).toSorted());
    expect(SCRIPTS['test:stress']).toBe(`OMA_SIZE=full ${SCRIPTS['test:stress:rehearsal'] ?? ''}`);
    expect(SCRIPTS['test:kill']).toContain(`${SCRIPTS['test:failure'] ?? ''} test/failure/supervisor/kill.spec.ts`);
    expect(`${SCRIPTS['docs'] ?? ''} --check`).toBe(SCRIPTS['check:docs']);
    expect(WRITTEN.filter((command) => command.includes('.tgz'))).toEqual([
      `npm install --global ./open-multi-auth-${version}.tgz`,
    ]);
  });

  it.each(Object.entries(CHECKED))('`%s` would do what it says', (_, check) => check());

  const dry = WRITTEN.filter((command) => careOf(command) === 'dry run').flatMap((command) => scriptOf(command) ?? []);
  it.each([...new Set(dry.map(({ line }) => line))])(
    '`%s` takes every flag and word that documents give it',
    async (line) => {
      const args = dry.flatMap((script) => (script.line === line ? [script.args] : [])).join(' ');
      const env = { PATH: [join(ROOT, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter) };
      const run = { file: '/bin/sh', args: ['-c', `${line} ${args} --dry-run`], env, cwd: ROOT, deadlineMs: 60_000 };
      const { code, stdout, stderr } = await runProgram(run);
      expect(code, stderr).toBe(0);
      const { values } = JSON.parse(stdout) as { readonly values: Readonly<Record<string, unknown>> };
      // Of a flag that several documents give, the last one is understood.
      const flags = Object.fromEntries([...args.matchAll(/--([\w-]+) (\S+)/g)].map(([, flag, value]) => [flag, value]));
      expect(values).toMatchObject(flags);
    },
  );
});
