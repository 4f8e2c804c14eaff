import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { planService } from '../../../cli/service/plan.ts';
import { parseEnv } from '../../../contract/env.ts';
import { resolvePaths } from '../../../runtime/paths.ts';
import { hasProgram } from '../../support/has-program.ts';
import { PATIENCE } from '../../support/patience.ts';
import { runProgram } from '../../support/run-program.ts';
import { testContext } from '../../unit/cli/test-context.ts';
import { type Home, useHome } from './home.ts';

const SECRET = 'a-passphrase-that-nobody-may-read';

interface Done {
  readonly file: string;
  readonly installed: boolean;
  readonly changed: boolean;
  readonly failed: { readonly step: string; readonly left: readonly string[] } | null;
  readonly notes: readonly string[];
}

/** Puts stand-ins for the system's tools on the path; they write down how they were called. */
async function useTools(home: Home, exitCode: number) {
  const directory = join(home.path, 'tools');
  const record = join(home.path, 'calls.txt');
  await mkdir(directory, { recursive: true });
  for (const name of ['systemctl', 'systemd-notify']) {
    await writeFile(join(directory, name), `#!/bin/sh\necho "${name} $*" >> '${record}'\nexit ${String(exitCode)}\n`);
    await chmod(join(directory, name), 0o755);
  }
  const PATH = `${directory}${delimiter}${home.env['PATH'] ?? ''}`;
  return {
    env: { ...home.env, PATH, OPENCODE_MULTI_AUTH_PASSPHRASE: SECRET, HTTPS_PROXY: 'http://ann:hidden@proxy:1' },
    calls: () => readFile(record, 'utf8').catch(() => ''),
  };
}

describe('oma service', () => {
  it('writes a unit that systemd accepts and that holds no secret, starts it, and takes both back', async () => {
    const home = await useHome();
    const tools = await useTools(home, 0);
    const oma = (...args: readonly string[]) => home.omaWith(tools.env, ...args, '--json');
    const installed = JSON.parse((await oma('service', 'install')).stdout) as Done;
    expect(installed).toMatchObject({ installed: true, changed: true, failed: null });
    expect(installed.notes[0]).toContain('The passphrase is not written into the service');
    const unit = await readFile(installed.file, 'utf8');
    for (const line of ['Type=notify', 'Restart=on-failure', 'LimitCORE=0', `Environment="HOME=${home.path}"`])
      expect(unit).toContain(line);
    expect(unit).not.toContain(SECRET);
    expect(unit).not.toContain('hidden');
    expect((await stat(installed.file)).mode & 0o777).toBe(0o600);
    if (await hasProgram('systemd-analyze')) {
      await mkdir(join(home.path, 'run'), { mode: 0o700 });
      const verdict = await runProgram({
        file: 'systemd-analyze',
        args: ['verify', '--user', installed.file],
        env: { ...home.env, XDG_RUNTIME_DIR: join(home.path, 'run') },
        cwd: home.path,
        deadlineMs: 60_000,
      });
      expect([verdict.code, verdict.stderr]).toEqual([0, '']);
    }
    expect(JSON.parse((await oma('service', 'install')).stdout)).toMatchObject({ changed: false, failed: null });
    const status = await oma('service', 'status');
    expect([status.code, JSON.parse(status.stdout)]).toMatchObject([0, { current: true, differences: [] }]);
    const elsewhere = { ...tools.env, OPENCODE_MULTI_AUTH_STORE_DIR: join(home.path, 'elsewhere') };
    expect((await home.omaWith(elsewhere, 'service', 'status')).stdout).toContain(
      'But it works with another store than this command',
    );
    expect(JSON.parse((await oma('service', 'uninstall')).stdout)).toMatchObject({ installed: false, changed: true });
    expect((await oma('service', 'status')).code).toBe(1);
    expect((await tools.calls()).split('\n').slice(0, 3)).toEqual([
      'systemctl --user daemon-reload',
      'systemctl --user enable --now oma.service',
      'systemctl --user daemon-reload',
    ]);
  });

  it('says what is left to do by hand where no systemd answers', async () => {
    const home = await useHome();
    const tools = await useTools(home, 1);
    const { code, stdout } = await home.omaWith(tools.env, 'service', 'install', '--json');
    expect(code).toBe(1);
    expect((JSON.parse(stdout) as Done).failed).toMatchObject({
      step: 'systemctl --user daemon-reload',
      left: ['systemctl --user daemon-reload', 'systemctl --user enable --now oma.service'],
    });
  });

  it('tells systemd that it serves, when systemd started it', async () => {
    const home = await useHome({ NOTIFY_SOCKET: '/nowhere/notify' });
    const tools = await useTools(home, 0);
    const env = { ...tools.env, OPENCODE_MULTI_AUTH_PASSPHRASE: '' };
    const supervisor = home.attendProgram('supervisor.js', env);
    await supervisor.says('{"ready":true}');
    await expect.poll(tools.calls, PATIENCE).toBe('systemd-notify --ready\n');
    supervisor.child.kill('SIGTERM');
    expect(await supervisor.ended).toBe(0);
  });

  it('writes an agent of launchd on macOS', () => {
    const environment = {
      HOME: '/Users/ann',
      OPENCODE_MULTI_AUTH_PORT: '3500',
      OPENCODE_MULTI_AUTH_PASSPHRASE: SECRET,
    };
    const facts = { home: '/Users/ann', uid: 501, platform: 'darwin' as const };
    const env = parseEnv(environment);
    const plan = planService(
      testContext({ environment, context: { ...facts, env: () => env, paths: () => resolvePaths(env, facts) } }),
    );
    expect(plan.file).toBe('/Users/ann/Library/LaunchAgents/io.open-multi-auth.oma.plist');
    expect(plan.text).toContain('<key>SuccessfulExit</key>\n    <false/>');
    expect(plan.text).toContain('<key>OPENCODE_MULTI_AUTH_PORT</key>\n    <string>3500</string>');
    expect(plan.text).toContain('<key>Core</key>\n    <integer>0</integer>');
    expect(plan.text).not.toContain(SECRET);
    expect(plan.start).toEqual([{ command: 'launchctl', args: ['bootstrap', 'gui/501', plan.file] }]);
  });
});
