import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { SettingsView } from '../../contract/settings.ts';
import { commandsOf, shellBlocks } from '../support/documents.ts';
import { DIST } from '../support/oma.ts';
import { opencodeBinary, opencodeSandbox } from '../support/real-opencode.ts';
import { runProgram } from '../support/run-program.ts';

/** A newcomer's shell: `npx oma`, `oma` and `opencode` are on the path, and nothing is set up. */
async function useNewcomer() {
  const sandbox = await opencodeSandbox({ auth: null, env: { OPENCODE_MULTI_AUTH_PORT: '0' } });
  await rm(join(sandbox.configDir, 'opencode.json'));
  const bin = join(sandbox.root, 'bin');
  const programs = {
    oma: `exec '${process.execPath}' '${join(DIST, 'cli.js')}' "$@"`,
    npx: 'exec "$@"',
    opencode: `exec '${opencodeBinary()}' "$@"`,
  };
  await mkdir(bin);
  for (const [name, line] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${line}\n`);
    await chmod(join(bin, name), 0o755);
  }
  const env = { ...sandbox.env, PATH: [bin, dirname(process.execPath), sandbox.env['PATH']].join(delimiter) };
  const shell = (script: string) =>
    runProgram({ file: '/bin/sh', args: ['-ec', script], env, cwd: sandbox.project, deadlineMs: 150_000 });
  onTestFinished(async () => {
    await shell('oma down').catch(() => undefined);
    await sandbox.remove();
  });
  return { shell };
}

describe('what a newcomer reads', () => {
  it("[I.L1.2] [I.L7.5] README's second block and every block of the tour work in an empty home, one after the other, against the demo", async () => {
    const { shell } = await useNewcomer();
    const typed = async (command: string): Promise<string> => {
      const { code, stdout, stderr } = await shell(command);
      expect(code, `${command}\n${stdout}${stderr}`).toBe(0);
      return stdout;
    };
    // The tour begins the demo and README's block is what comes after it was begun.
    const tour = shellBlocks('docs/TOUR.md').flatMap(({ script }) => commandsOf(script));
    const readme = commandsOf(shellBlocks('README.md')[1]?.script ?? '').filter((line) => !tour.includes(line));
    const said = new Map<string, string>();
    for (const command of tour) {
      if (command === 'npx oma plugin uninstall') {
        expect(JSON.parse(await typed('npx oma settings get --json')) as SettingsView).toMatchObject({
          settings: { rotationStrategy: 'round-robin', criticalThreshold: 10, accountWeights: {} },
        });
        for (const line of readme) await typed(line);
      }
      said.set(command, await typed(command));
    }
    expect(said.get('npx oma up --demo --detach')).toContain('four simulated accounts');
    const served = /Simulated answer from (\w+)/.exec(
      said.get('npx opencode run "hello" --model openai/gpt-5.5') ?? '',
    )?.[1];
    expect(['work', 'home', 'colleague', 'free']).toContain(served);
    expect(said.get('npx oma why')).toMatch(new RegExp(`${String(served)} +chosen`));
    expect(said.get('npx oma force work')).toContain('work');
    expect((await shell('oma status')).code).toBe(7);
  });
});
