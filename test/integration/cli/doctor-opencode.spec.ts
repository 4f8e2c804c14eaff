import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { describe, expect, it, onTestFinished } from 'vitest';

import { examineOpenCode } from '../../../cli/doctor/opencode.ts';
import { SERVER } from '../../../cli/opencode-lists.ts';
import { readPlaces } from '../../../cli/opencode-places.ts';
import { apply, planInstall } from '../../../cli/opencode-plugin.ts';
import { opencode, opencodeSandbox } from '../../support/real-opencode.ts';
import { removeTree } from '../../support/remove-tree.ts';
import { homeContext } from './home-context.ts';

const UPSTREAM = 'opencode-multi-auth-codex@1.4.3';
/** Otherwise OpenCode asks a registry for its plugin package, in each directory of this kind. */
const LOCK = JSON.stringify({ packages: { '': { dependencies: { '@opencode-ai/plugin': '*' } } } });

async function write(file: string, content: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
}

const listOf = (...plugin: readonly unknown[]) => ({ plugin });

/** A home with a repository in it, and this oma's plugin in the configuration of the user. */
async function useProject(name = 'home') {
  const root = await mkdtemp(join(tmpdir(), 'oma-places-'));
  onTestFinished(() => removeTree(root));
  const home = join(root, name);
  const cwd = join(home, 'work', 'deep');
  await mkdir(cwd, { recursive: true });
  await mkdir(join(home, 'work', '.git'));
  const programs = { node: process.execPath, supervisor: '', cli: '', simulator: '', plugin: '', tui: '' };
  for (const program of ['supervisor', 'plugin', 'tui'] as const) {
    programs[program] = join(home, 'oma', `${program}.js`);
    await write(programs[program], '');
  }
  const contextWith = (environment: Readonly<Record<string, string>> = {}) =>
    homeContext({ home, cwd, programs, environment: { HOME: home, PATH: '', ...environment } });
  const config = join(home, '.config', 'opencode');
  return {
    home,
    cwd,
    config,
    programs,
    contextWith,
    install: async (directory = config) => apply((await planInstall(contextWith(), directory)).changes),
    examine: async (environment?: Readonly<Record<string, string>>) => {
      const found = await examineOpenCode(contextWith(environment));
      return found.map(({ level, id, what, advice, fix }) => ({ is: `${level} ${id}`, what, advice, fix }));
    },
  };
}

const rivalsOf = (found: Awaited<ReturnType<Awaited<ReturnType<typeof useProject>>['examine']>>) =>
  found.filter(({ is }) => is === 'problem rival-plugin').map(({ what }) => what);

describe('where oma doctor looks for plugins', () => {
  it('is exactly where the real OpenCode does, from a directory deep in a repository and with every variable set', async () => {
    const sandbox = await opencodeSandbox();
    onTestFinished(sandbox.remove);
    const { root, configDir, project } = sandbox;
    const home = join(root, 'home');
    const cwd = join(project, 'sub', 'deep');
    const plugin = (name: string) => listOf(`file:///nowhere/${name}.js`);
    const files: readonly (readonly [string, unknown])[] = [
      [join(configDir, 'config.json'), plugin('user-config')],
      [join(configDir, 'opencode.json'), plugin('user')],
      [join(configDir, 'opencode.jsonc'), plugin('user-c')],
      [join(configDir, 'plugin', 'lying.ts'), ''],
      [join(configDir, 'plugins', 'lying-too.js'), ''],
      [join(configDir, 'plugins', 'not-a-plugin.mjs'), ''],
      [join(root, 'opencode.json'), plugin('above-the-repository')],
      [join(root, '.opencode', 'opencode.json'), plugin('beside-the-repository')],
      [join(project, 'opencode.json'), plugin('project')],
      [join(project, 'opencode.jsonc'), plugin('project-c')],
      [join(project, '.opencode', 'opencode.json'), plugin('project-dot')],
      [join(project, '.opencode', 'package-lock.json'), LOCK],
      [join(project, 'sub', '.opencode', 'opencode.jsonc'), listOf(['file:///nowhere/sub-dot.js', { some: 'option' }])],
      [join(project, 'sub', '.opencode', 'plugin', 'of-sub.js'), ''],
      [join(project, 'sub', '.opencode', 'package-lock.json'), LOCK],
      [join(cwd, 'opencode.json'), plugin('deep')],
      [join(cwd, 'config.json'), plugin('never-read')],
      [join(home, '.opencode', 'opencode.json'), plugin('home-dot')],
      [join(home, '.opencode', 'package-lock.json'), LOCK],
      [join(root, 'named.json'), plugin('named-by-variable')],
      [join(root, 'more', 'opencode.json'), plugin('more')],
      [join(root, 'more', 'plugins', 'of-more.ts'), ''],
      [join(root, 'more', 'package-lock.json'), LOCK],
    ];
    for (const [file, content] of files) {
      await write(file, content);
      if (content === LOCK) await mkdir(join(dirname(file), 'node_modules'));
    }
    execFileSync('git', ['init', '--quiet', project]);
    const env = {
      ...sandbox.env,
      OPENCODE_CONFIG: join(root, 'named.json'),
      OPENCODE_CONFIG_DIR: join(root, 'more'),
      OPENCODE_CONFIG_CONTENT: JSON.stringify(plugin('content')),
    };
    const { stdout } = await opencode({ ...sandbox, project: cwd, env }, ['debug', 'info']);
    const loaded = [...stdout.matchAll(/^- (file:.*)$/gm)].map(([, spec = '']) => spec);
    const programs = { node: '', supervisor: '', cli: '', simulator: '', plugin: '', tui: '' };
    const { entries, scripts, broken } = await readPlaces(
      homeContext({ home, cwd, programs, environment: env }),
      SERVER,
    );
    const found = [...entries.map(({ spec }) => spec), ...scripts.map((script) => pathToFileURL(script).href)];
    expect(loaded).toContain('file:///nowhere/sub-dot.js');
    expect(found.toSorted()).toEqual(loaded.toSorted());
    expect(broken).toEqual([]);
  });
});

describe('a rival plugin', () => {
  it.each([
    ['the configuration of the user', '.config/opencode/opencode.jsonc'],
    ['the project', 'work/opencode.json'],
    ['a directory of the project', 'work/deep/opencode.jsonc'],
    ['.opencode of the project', 'work/.opencode/opencode.json'],
    ['.opencode of the home', '.opencode/opencode.json'],
  ])('is found in %s, and the file is named', async (_place, file) => {
    const { home, examine } = await useProject();
    await write(join(home, file), listOf(UPSTREAM));
    expect(rivalsOf(await examine())).toEqual([expect.stringContaining(`${UPSTREAM} (${join(home, file)})`) as string]);
  });

  it('is found in what variables name, unless they keep the project out', async () => {
    const { home, examine } = await useProject();
    await write(join(home, 'work', 'opencode.json'), listOf(UPSTREAM));
    await write(join(home, 'named.json'), listOf(UPSTREAM));
    await write(join(home, 'more', 'plugins', 'my-codex-auth.ts'), '');
    const found = await examine({
      OPENCODE_DISABLE_PROJECT_CONFIG: '1',
      OPENCODE_CONFIG: '../../named.json',
      OPENCODE_CONFIG_DIR: join(home, 'more'),
      OPENCODE_CONFIG_CONTENT: JSON.stringify(listOf('oc-codex-multi-auth')),
    });
    expect(rivalsOf(found)).toEqual([
      expect.stringContaining(join(home, 'named.json')) as string,
      expect.stringContaining('(OPENCODE_CONFIG_CONTENT)') as string,
      expect.stringContaining(join(home, 'more', 'plugins', 'my-codex-auth.ts')) as string,
    ]);
  });

  it('is known by the name of its package, never by the directories above it', async () => {
    const { home, config, install, examine } = await useProject('codex-multi-auth');
    await write(join(home, 'theme', 'dist', 'index.js'), '');
    await write(join(home, 'clone', 'dist', 'index.js'), '');
    await write(join(home, 'clone', 'package.json'), { name: 'opencode-multi-auth-codex' });
    await write(join(config, 'plugin', 'openai-usage.ts'), '');
    await install();
    await write(
      join(home, 'work', 'opencode.json'),
      listOf(
        pathToFileURL(join(home, 'theme', 'dist', 'index.js')).href,
        join(home, 'theme', 'dist'),
        '@codex/theme@npm:pretty-theme',
        'git+https://example.test/codex-auth-fans/theme.git',
        '../clone/dist/index.js',
        'github:somebody/oc-chatgpt-multi-auth#main',
        'mine@npm:@scope/opencode-openai-multi-auth@2',
      ),
    );
    const found = rivalsOf(await examine());
    expect(found.map((what) => /oma: (\S+)/.exec(what)?.[1])).toEqual([
      '../clone/dist/index.js',
      'github:somebody/oc-chatgpt-multi-auth#main',
      'mine@npm:@scope/opencode-openai-multi-auth@2',
    ]);
  });
});

describe('oma’s own plugin', () => {
  it('counts wherever OpenCode reads it, and not in a file whose list another one replaces', async () => {
    const { cwd, config, install, examine } = await useProject();
    const isOf = async (environment?: Readonly<Record<string, string>>) =>
      (await examine(environment)).filter(({ is }) => / plugin/.test(is)).map(({ is }) => is);
    expect(await isOf()).toEqual(['problem plugin']);
    await install(cwd);
    expect(await isOf()).toEqual(['ok plugin']);
    expect(await isOf({ OPENCODE_DISABLE_PROJECT_CONFIG: '1' })).toEqual(['problem plugin']);
    await install();
    expect(await isOf({ OPENCODE_DISABLE_PROJECT_CONFIG: '1' })).toEqual(['ok plugin']);
    await write(join(config, 'opencode.jsonc'), '{ "plugin": [] } // stands for that of opencode.json');
    const [found] = (await examine({ OPENCODE_DISABLE_PROJECT_CONFIG: '1' })).filter(({ is }) => / plugin/.test(is));
    expect(found?.is).toBe('problem plugin');
    await found?.fix?.run();
    expect(await isOf({ OPENCODE_DISABLE_PROJECT_CONFIG: '1' })).toEqual(['ok plugin']);
  });

  it('of another oma in a project is named with its file, and left to its owner', async () => {
    const { home, programs, install, examine } = await useProject();
    await install();
    const other = pathToFileURL(join(home, 'other-oma', 'server.js')).href;
    const file = join(home, 'work', 'opencode.json');
    await write(file, listOf([other, { node: programs.node, supervisor: '/other/supervisor.js' }]));
    expect((await examine())[0]).toMatchObject({
      is: 'problem plugin',
      what: expect.stringContaining(`${other} (${file})`) as string,
      advice: expect.stringContaining(`Take that entry out of ${file}`) as string,
      fix: null,
    });
  });

  it('is of no use where OpenCode is told to load no plugins, or cannot read a configuration', async () => {
    const { home, install, examine } = await useProject();
    await install();
    const isOf = async (environment?: Readonly<Record<string, string>>) =>
      (await examine(environment)).map(({ is }) => is);
    expect(await isOf({ OPENCODE_PURE: '1' })).toEqual(['problem opencode-pure', 'ok plugin']);
    expect(await isOf({ OPENCODE_PURE: '0' })).toEqual(['ok plugin']);
    const file = join(home, 'work', 'opencode.jsonc');
    await write(file, '{\n  "plugin": [\n}');
    expect((await examine())[0]).toMatchObject({
      is: 'problem opencode-config',
      what: expect.stringMatching(/not valid JSON: \w+ in line 3 \(.*opencode\.jsonc\)$/) as string,
    });
    await write(file, '{}');
    await write(join(home, 'work', '.opencode'), 'a file where a directory should be');
    expect((await examine())[0]?.what).toBe(
      `OpenCode does not start: ${join(home, 'work', '.opencode', 'opencode.json')} cannot be read`,
    );
    await rm(join(home, 'work', '.opencode'));
    await write(join(home, '.local', 'share', 'opencode', 'auth.json'), 'no JSON');
    expect(await isOf()).toEqual(['ok plugin', 'problem opencode-login']);
  });

  it('is told to move where OpenCode passes over every plugin', async () => {
    const { examine } = await useProject('opencode-copilot-auth');
    expect((await examine())[0]).toMatchObject({
      is: 'problem plugin',
      what: expect.stringMatching(/"opencode-copilot-auth" in its path, .* — move oma elsewhere$/) as string,
      advice: expect.stringContaining('`oma plugin install`') as string,
    });
  });
});
