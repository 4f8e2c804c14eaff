import { existsSync } from 'node:fs';
import { appendFile, chmod, cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { importableStore } from '../../../cli/simulator/credentials.ts';
import { DIST } from '../../support/oma.ts';
import { PATIENCE } from '../../support/patience.ts';
import { runProgram } from '../../support/run-program.ts';
import { useSimulator } from '../../support/simulator.ts';
import { CLI, useHome } from './home.ts';

const TOKEN = 'rt_planted-secret-0123456789abcdef0123456789abcdef';
const EMAIL = 'ann.planted@example.com';

interface Examined {
  readonly ok: boolean;
  readonly fixed: readonly string[];
  readonly findings: readonly {
    readonly id: string;
    readonly level: string;
    readonly what: string;
    readonly advice: string | null;
  }[];
}

/** A home with an `opencode` and a `codex` that only tell their versions. */
async function useProgramsHome(more: Readonly<Record<string, string>> = {}) {
  const home = await useHome(more);
  const tools = join(home.path, 'tools');
  await mkdir(tools);
  for (const [name, says] of Object.entries({ opencode: '1.18.33', codex: 'codex-cli 0.120.0' })) {
    await writeFile(join(tools, name), `#!/bin/sh\necho ${says}\n`);
    await chmod(join(tools, name), 0o755);
  }
  const env = { ...home.env, PATH: `${tools}${delimiter}${home.env['PATH'] ?? ''}` };
  const examine = async (...args: readonly string[]): Promise<Examined & { code: number | null }> => {
    const { code, stdout } = await home.omaWith(env, 'doctor', ...args, '--json');
    return { code, ...(JSON.parse(stdout) as Examined) };
  };
  return {
    home,
    env,
    examine,
    levelsOf: (found: Examined) => Object.fromEntries(found.findings.map(({ id, level }) => [id, level])),
  };
}

describe('oma doctor', () => {
  it('finds what is wrong without a supervisor, mends only what is safe, and says so', async () => {
    const { home, examine, levelsOf } = await useProgramsHome();
    const config = join(home.path, '.config');
    const store = join(config, 'opencode-multi-auth');
    await mkdir(join(config, 'opencode', 'plugin'), { recursive: true });
    await mkdir(join(config, 'systemd', 'user'), { recursive: true });
    await mkdir(store, { recursive: true });
    await chmod(store, 0o755);
    await writeFile(join(store, 'accounts.json'), '{"accounts": {"wo');
    await writeFile(join(store, 'accounts.json.oma-tmp'), TOKEN);
    await writeFile(join(config, 'systemd', 'user', 'codex-soft.service'), '');
    await writeFile(join(config, 'opencode', 'plugin', 'my-codex-auth.ts'), '');
    await writeFile(join(config, 'opencode', 'opencode.json'), '{"plugin": ["opencode-multi-auth-codex@1.4.3"]}');

    const before = await examine();
    expect(before.code).toBe(1);
    expect(before.fixed).toEqual([]);
    expect(levelsOf(before)).toMatchObject({
      supervisor: 'note',
      plugin: 'problem',
      'opencode-login': 'warning',
      'rival-plugin': 'problem',
      'former-service': 'problem',
      permissions: 'warning',
      leftover: 'note',
      store: 'problem',
      opencode: 'ok',
      codex: 'warning',
    });
    expect(before.findings.filter(({ id }) => id === 'rival-plugin').map(({ advice }) => advice)).toEqual([
      expect.stringContaining('oma takes its logins over at its first start; take it out') as string,
      expect.stringContaining('`oma import`') as string,
    ]);

    const after = await examine('--fix');
    expect(after.code).toBe(1);
    expect(after.fixed).toHaveLength(4);
    const levels = levelsOf(after);
    expect(levels).toMatchObject({
      plugin: 'ok',
      'rival-plugin': 'problem',
      'former-service': 'problem',
      store: 'problem',
    });
    expect(Object.keys(levels)).not.toContain('leftover');
    expect(Object.keys(levels)).not.toContain('permissions');
    expect((await stat(store)).mode & 0o777).toBe(0o700);
    expect(await readFile(join(store, 'accounts.json'), 'utf8')).toBe('{"accounts": {"wo');
    expect(await readFile(join(config, 'opencode', 'opencode.json'), 'utf8')).toContain('opencode-multi-auth-codex');
    expect((await examine('--fix')).fixed).toEqual([]);
  });

  it('finds a plugin that would be started with a Node that is gone, and a terminal without /oma, and mends both', async () => {
    const { home, env, examine, levelsOf } = await useProgramsHome();
    await home.omaWith(env, 'plugin', 'install');
    const opencode = join(home.path, '.config', 'opencode');
    const config = await readFile(join(opencode, 'opencode.json'), 'utf8');
    await writeFile(join(opencode, 'opencode.json'), config.replaceAll(process.execPath, '/gone/bin/node'));
    await rm(join(opencode, 'tui.jsonc'));
    const before = await examine();
    expect(levelsOf(before)).toMatchObject({ plugin: 'problem', 'plugin-terminal': 'note' });
    expect(before.findings.find(({ id }) => id === 'plugin')?.what).toContain('a Node that is gone: /gone/bin/node');
    const after = levelsOf(await examine('--fix'));
    expect(after).toMatchObject({ plugin: 'ok' });
    expect(after).not.toHaveProperty('plugin-terminal');
  });

  it('tells the rest when something cannot even be looked at, such as a store by a build without its supervisor', async () => {
    const { home, env } = await useProgramsHome();
    const build = join(home.path, 'build');
    await cp(DIST, build, { recursive: true });
    await rm(join(build, 'supervisor.js'));
    const store = join(home.path, '.config', 'opencode-multi-auth');
    await mkdir(store, { recursive: true, mode: 0o700 });
    await writeFile(join(store, 'accounts.json'), '{}', { mode: 0o600 });
    const { code, stdout } = await runProgram({
      file: process.execPath,
      args: [join(build, 'cli.js'), 'doctor', '--json'],
      env,
      cwd: home.path,
      deadlineMs: 50_000,
    });
    const { findings } = JSON.parse(stdout) as Examined;
    expect(code).toBe(1);
    expect(findings.find(({ id }) => id === 'not-examined')?.what).toMatch(
      /^The files of oma could not be looked at: ./,
    );
    expect(findings.map(({ id }) => id)).toEqual(expect.arrayContaining(['node', 'codex', 'plugin', 'supervisor']));
  });

  it('[I.L7.1] gathers a bundle from a running supervisor in which no planted secret, e-mail or home path is left', async () => {
    const simulator = await useSimulator({ seats: 2 });
    const { home, env, examine, levelsOf } = await useProgramsHome({
      OPENCODE_MULTI_AUTH_BASE_URL: simulator.baseUrl,
      OPENCODE_MULTI_AUTH_ISSUER_URL: simulator.issuerUrl,
      OPENCODE_CONFIG_CONTENT: JSON.stringify({ plugin: [], notes: TOKEN }),
    });
    const seats = simulator.control.state().seats.map(({ alias }) => simulator.control.credentials(alias));
    const logins = JSON.stringify(importableStore(seats));
    await writeFile(join(home.path, 'logins.json'), logins, { mode: 0o600 });
    await home.oma('import', 'logins.json');
    await home.oma(
      'disable',
      simulator.control.state().seats[0]?.alias ?? '',
      '--reason',
      `asked ${EMAIL} for ${TOKEN}`,
    );
    const state = join(home.path, '.local', 'state', 'opencode-multi-auth');
    const log = join(state, 'oma.log');
    const lines = [`{"msg":"Bearer ${TOKEN}","path":"${home.path}/x"}`, `plain ${EMAIL} refresh_token=${TOKEN}`];
    await expect.poll(() => existsSync(log), PATIENCE).toBe(true);
    await appendFile(log, `${lines.join('\n')}\n`);
    const launch = (await readFile(join(state, 'dashboard-token'), 'utf8')).trim();

    await writeFile(join(home.path, 'bundle.json'), 'precious', { mode: 0o644 });
    expect(await home.omaWith(env, 'doctor', '--fix', '--bundle', 'bundle.json')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/already: .*bundle\.json — choose another name, or add --overwrite\n$/) as string,
    });
    expect(await readFile(join(home.path, 'bundle.json'), 'utf8')).toBe('precious');

    const found = await examine('--bundle', 'bundle.json', '--overwrite');
    expect(levelsOf(found)).toMatchObject({ supervisor: 'ok', store: 'ok', files: 'ok', 'plugin-hello': 'note' });
    const text = await readFile(join(home.path, 'bundle.json'), 'utf8');
    expect((await stat(join(home.path, 'bundle.json'))).mode & 0o777).toBe(0o600);
    const bundle = JSON.parse(text) as Record<'accounts' | 'log' | 'variablesSet' | 'openCodeVariablesSet', unknown[]>;
    expect(bundle.accounts).toHaveLength(2);
    expect(bundle.log.length).toBeGreaterThan(3);
    expect(bundle.variablesSet).toContain('BASE_URL');
    expect(bundle.openCodeVariablesSet).toEqual(['OPENCODE_CONFIG_CONTENT']);
    const tokens = [...logins.matchAll(/"(?:access|refresh|id)Token":"([^"]+)"/g)].map(([, token]) => token ?? '');
    const emails = [...logins.matchAll(/"email":"([^"]+)"/g)].map(([, email]) => email ?? '');
    expect(tokens.length).toBeGreaterThanOrEqual(4);
    expect(emails.length).toBe(2);
    for (const secret of [...tokens, ...emails, launch, TOKEN, EMAIL, home.path])
      expect(text.includes(secret), `…${secret.slice(-8)} leaked`).toBe(false);
    const words = (await home.omaWith(env, 'doctor')).stdout;
    for (const secret of [...tokens, launch, TOKEN]) expect(words).not.toContain(secret);
  });

  it('tells of a clock that is ahead of the provider’s, once the provider has answered', async () => {
    const simulator = await useSimulator({ seats: 1, clock: () => Date.now() - 10 * 60_000 });
    const { home, env, examine, levelsOf } = await useProgramsHome({
      OPENCODE_MULTI_AUTH_BASE_URL: simulator.baseUrl,
      OPENCODE_MULTI_AUTH_ISSUER_URL: simulator.issuerUrl,
    });
    const seats = simulator.control.state().seats.map(({ alias }) => simulator.control.credentials(alias));
    await writeFile(join(home.path, 'logins.json'), JSON.stringify(importableStore(seats)), { mode: 0o600 });
    await home.omaWith(env, 'import', 'logins.json');
    expect(levelsOf(await examine())).not.toHaveProperty('clock');
    // The codex of this home is too old, so the worker asks the provider itself.
    expect((await home.omaWith(env, 'probe')).code).toBe(0);
    const { code, findings } = await examine();
    expect([code, findings.find(({ id }) => id === 'clock')]).toMatchObject([
      1,
      {
        level: 'problem',
        what: expect.stringMatching(/^The clock of this machine is (599|60\d) s ahead of the provider’s/) as string,
        advice: expect.stringContaining('timedatectl') as string,
      },
    ]);
  });

  it('tells of an environment that is not valid, of a session over SSH, and of the two ports of a login', async () => {
    const { examine, levelsOf } = await useProgramsHome({
      OPENCODE_MULTI_AUTH_SOCKET: 'not/absolute',
      SSH_TTY: '/dev/pts/1',
    });
    const found = await examine();
    expect([found.code, levelsOf(found)]).toMatchObject([1, { environment: 'problem', ssh: 'note' }]);
    expect(found.findings.find(({ id }) => id === 'login-ports')?.what).toMatch(/^Ports? (1455|1457)/);
  });

  it('is told in words that its directory is gone', async () => {
    const { home } = await useProgramsHome();
    const args = ['-c', 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$1" doctor', process.execPath, CLI];
    const result = await runProgram({ file: '/bin/sh', args, env: home.env, cwd: home.path, deadlineMs: 50_000 });
    expect(result).toMatchObject({
      code: 2,
      stderr: 'oma: the directory that you are in is gone — change to another one, with cd, and try again\n',
    });
  });
});
