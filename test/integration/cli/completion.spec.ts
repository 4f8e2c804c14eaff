import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { commandTable } from '../../../cli/commands/table.ts';
import { hasProgram } from '../../support/has-program.ts';
import { runProgram } from '../../support/run-program.ts';
import { type Home, useHome } from './home.ts';

const FIRST_WORDS = [...new Set(commandTable().map(({ name }) => name.split(' ')[0]))].sort();

/** Asks a shell what it would offer. */
async function offered(home: Home, shell: string, program: string): Promise<readonly string[]> {
  const script = join(home.path, `completion.${shell}`);
  await writeFile(script, (await home.oma('completion', shell)).stdout);
  const { code, stdout, stderr } = await runProgram({
    file: shell,
    args: ['-c', program.replaceAll('SCRIPT', script)],
    env: home.env,
    cwd: home.path,
    deadlineMs: 60_000,
  });
  expect([code, stderr]).toEqual([0, '']);
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

const bash = (...words: readonly string[]) =>
  `source SCRIPT; COMP_WORDS=(oma ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${String(words.length)}; _oma; printf '%s\\n' "\${COMPREPLY[@]}"`;

describe('oma completion', () => {
  it('offers commands, the words of a group, arguments and flags in bash', async () => {
    const home = await useHome();
    expect([...(await offered(home, 'bash', bash('')))].sort()).toEqual(FIRST_WORDS);
    expect(await offered(home, 'bash', bash('settings', ''))).toEqual(['get', 'set', 'reset', 'preset']);
    expect(await offered(home, 'bash', bash('settings', 'preset', 'b'))).toEqual(['balanced']);
    expect(await offered(home, 'bash', bash('up', '--de'))).toEqual(['--detach', '--demo']);
    expect(await offered(home, 'bash', bash('up', '--port', '3500', '--de'))).toEqual(['--detach', '--demo']);
    await writeFile(join(home.path, 'logins.json'), '{}');
    expect(await offered(home, 'bash', bash('import', 'log'))).toEqual(['logins.json']);
  });

  it('is understood by zsh and fish where they are installed', async () => {
    const home = await useHome();
    if (await hasProgram('fish')) {
      const lines = await offered(
        home,
        'fish',
        'source SCRIPT; complete -C "oma settings pre"; complete -C "oma up --de"',
      );
      expect(lines.map((line) => line.split('\t')[0])).toEqual(['preset', '--demo', '--detach']);
    }
    if (await hasProgram('zsh')) {
      const described = `_describe() { print -l -- "$1" \${(P)2} }; CURRENT=3; words=(oma settings pre); source SCRIPT; _oma`;
      expect(await offered(home, 'zsh', described)).toContain('preset:Applies a preset of thresholds and weights.');
      await mkdir(join(home.path, 'functions'));
      await writeFile(join(home.path, 'functions', '_oma'), (await home.oma('completion', 'zsh')).stdout);
      const loaded = described.replace('source SCRIPT', 'fpath=(~/functions $fpath); autoload -Uz _oma');
      expect(await offered(home, 'zsh', loaded)).toContain('preset:Applies a preset of thresholds and weights.');
    }
  });

  it('refuses a shell that it does not know', async () => {
    const home = await useHome();
    const { code, stderr } = await home.oma('completion', 'tcsh');
    expect([code, stderr]).toEqual([2, 'oma: There is no completion for "tcsh" — choose bash, zsh, fish\n']);
  });
});
