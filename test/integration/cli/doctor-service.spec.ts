import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { examineService } from '../../../cli/doctor/autostart.ts';
import { planService } from '../../../cli/service/plan.ts';
import { removeTree } from '../../support/remove-tree.ts';
import { homeContext } from './home-context.ts';

const ACTIVE = 'ActiveState=active\nSubState=running\nResult=success\nUnitFileState=enabled';

/** What the stand-ins for the system's programs say. Shape: null = the program ends badly, with this as its complaint. */
interface Says {
  readonly manager: string;
  readonly fails?: boolean;
  readonly linger?: 'yes' | 'no';
}

/** A home with a service in it, a manager that says what the test wants, and the programs that the service starts. */
async function useService(platform: 'linux' | 'darwin' = 'linux') {
  const home = await mkdtemp(join(tmpdir(), 'oma-service-'));
  onTestFinished(() => removeTree(home));
  const at = (name: string) => join(home, name);
  await mkdir(at('tools'));
  await Promise.all([at('node'), at('supervisor.js')].map((file) => writeFile(file, '')));
  const programs = { node: at('node'), supervisor: at('supervisor.js'), cli: '', simulator: '', plugin: '', tui: '' };
  const environment = { HOME: home, PATH: `${at('tools')}${delimiter}/usr/bin${delimiter}/bin` };
  const contextWith = (more: Readonly<Record<string, string>> = {}) =>
    homeContext({ home, platform, environment: { ...environment, ...more }, programs });
  const plan = planService(contextWith());
  await mkdir(dirname(plan.file), { recursive: true });
  await writeFile(plan.file, plan.text);
  const tool = async (name: string, script: string) => {
    await writeFile(at(`tools/${name}`), `#!/bin/sh\n${script}\n`);
    await chmod(at(`tools/${name}`), 0o755);
  };
  return {
    home,
    plan,
    programs,
    contextWith,
    rewrite: async (from: string, to: string) =>
      writeFile(plan.file, (await readFile(plan.file, 'utf8')).replaceAll(from, to)),
    async says({ manager, fails = false, linger }: Says) {
      const answer = `cat <<'END'${fails ? ' >&2' : ''}\n${manager}\nEND\nexit ${fails ? '1' : '0'}`;
      await tool(platform === 'linux' ? 'systemctl' : 'launchctl', answer);
      await tool('loginctl', linger === undefined ? 'exit 1' : `echo Linger=${linger}`);
    },
    examine: async (more?: Readonly<Record<string, string>>, isRunning = true) =>
      (await examineService(contextWith(more), isRunning)).map(({ level, id, what, advice }) => ({
        is: `${level} ${id}`,
        what,
        advice,
      })),
  };
}

const idsOf = (found: readonly { readonly is: string }[]) => found.map(({ is }) => is);

describe('what oma doctor says of the service of systemd', () => {
  it('is nothing where none is installed, and that all is well where it runs this oma', async () => {
    const service = await useService();
    await service.says({ manager: ACTIVE, linger: 'yes' });
    expect(idsOf(await service.examine())).toEqual(['ok service']);
    await rm(service.plan.file);
    expect(await service.examine()).toEqual([]);
  });

  it('names a Node, an oma and a store that are gone or not this one', async () => {
    const service = await useService();
    await service.says({ manager: ACTIVE });
    await service.rewrite(service.programs.node, '/gone/bin/node');
    const [gone] = await service.examine();
    expect(gone).toMatchObject({
      is: 'problem service-stale',
      what: expect.stringContaining('it runs on a Node that is gone: /gone/bin/node') as string,
      advice: expect.stringContaining('`oma service install`') as string,
    });
    await service.rewrite('/gone/bin/node', service.programs.node);

    const other = join(service.home, 'other.js');
    await writeFile(other, '');
    await service.rewrite(service.programs.supervisor, other);
    expect((await service.examine())[0]).toMatchObject({
      is: 'warning service-stale',
      what: expect.stringContaining(`it starts another oma: ${other}`) as string,
    });
    await rm(other);
    expect((await service.examine())[0]).toMatchObject({
      is: 'problem service-stale',
      what: expect.stringContaining(`it starts an oma that is gone: ${other}`) as string,
    });
    await service.rewrite(other, service.programs.supervisor);

    const [elsewhere] = await service.examine({ OPENCODE_MULTI_AUTH_STORE_DIR: join(service.home, 'mine') });
    expect(elsewhere).toMatchObject({
      is: 'warning service-stale',
      what: expect.stringContaining('it works with another store than this command, and there is none') as string,
    });

    await writeFile(join(service.home, 'newer-node'), '');
    await service.rewrite(service.programs.node, join(service.home, 'newer-node'));
    expect(idsOf(await service.examine())).toEqual(['note service-stale']);
  });

  it.each([
    ['ActiveState=failed\nSubState=failed\nResult=start-limit-hit\nUnitFileState=enabled', 'problem service-failed'],
    [
      'ActiveState=activating\nSubState=auto-restart\nResult=exit-code\nUnitFileState=enabled',
      'problem service-failed',
    ],
    ['ActiveState=inactive\nSubState=dead\nResult=success\nUnitFileState=enabled', 'warning service-stopped'],
    [ACTIVE.replace('=enabled', '=disabled'), 'warning service-not-enabled'],
  ])('follows what it says of the unit (%#)', async (manager, expected) => {
    const service = await useService();
    await service.says({ manager, linger: 'yes' });
    expect(idsOf(await service.examine())).toEqual([expected]);
  });

  it('says that nothing restarts a supervisor which was started beside a stopped service', async () => {
    const service = await useService();
    await service.says({ manager: 'ActiveState=inactive\nSubState=dead', linger: 'yes' });
    expect((await service.examine({}, true))[0]?.what).toContain('nothing restarts that one when it fails');
    expect((await service.examine({}, false))[0]?.what).toMatch(/but does not run\.$/);
  });

  it('is a note where it cannot be asked, and where the service ends with the login', async () => {
    const service = await useService();
    await service.says({ manager: 'Failed to connect to bus: No medium found', fails: true });
    expect(await service.examine()).toMatchObject([
      { is: 'note service-unknown', what: expect.stringContaining('Failed to connect to bus') as string },
    ]);
    await service.says({ manager: ACTIVE, linger: 'no' });
    expect(await service.examine()).toMatchObject([
      { is: 'ok service' },
      { is: 'note service-linger', advice: expect.stringContaining('loginctl enable-linger') as string },
    ]);
  });
});

describe('what oma doctor says of the agent of launchd', () => {
  it('follows what launchd says of it, and names a Node that is gone', async () => {
    const service = await useService('darwin');
    expect(service.plan.file).toContain('Library/LaunchAgents');
    await service.says({ manager: 'gui/1/x = {\n\tstate = running\n}' });
    expect(idsOf(await service.examine())).toEqual(['ok service']);
    await service.says({ manager: 'gui/1/x = {\n\tstate = not running\n\tlast exit code = 1\n}' });
    expect(idsOf(await service.examine())).toEqual(['problem service-failed']);
    await service.says({ manager: 'Could not find service "x" in domain for user gui: 501', fails: true });
    expect(idsOf(await service.examine())).toEqual(['warning service-stopped']);
    await service.says({ manager: 'Domain does not support specified action', fails: true });
    await service.rewrite(service.programs.node, '/opt/homebrew/Cellar/node/24.1.0/bin/node');
    expect(idsOf(await service.examine())).toEqual(['problem service-stale', 'note service-unknown']);
  });
});
