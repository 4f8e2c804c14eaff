import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { commandTable } from '../../../cli/commands/table.ts';
import type { Programs } from '../../../cli/context.ts';
import { createContext } from '../../../cli/create-context.ts';
import { run } from '../../../cli/run.ts';
import { pluginOptionsSchema } from '../../../contract/opencode.ts';
import { removeTree } from '../../support/remove-tree.ts';

const REAL_LOGIN = { openai: { type: 'oauth', refresh: 'real-refresh', access: 'real-access', expires: 1 } };
const OTHER_LOGIN = { anthropic: { type: 'api', key: 'secret-of-another' } };

describe('oma plugin', () => {
  let home = '';
  let config = '';
  let auth = '';
  let tui = '';
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'oma-plugin-'));
    config = join(home, '.config/opencode/opencode.json');
    auth = join(home, '.local/share/opencode/auth.json');
    tui = join(home, '.config/opencode/tui.jsonc');
  });
  afterEach(() => removeTree(home));

  const write = async (file: string, text: string, mode = 0o644) => {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode });
  };
  const read = (file: string) => readFile(file, 'utf8');
  const parsed = async (file: string) => JSON.parse(await read(file)) as Record<string, unknown>;

  const oma = async (argv: string[], programs: Partial<Programs> = {}) => {
    let [out, err] = ['', ''];
    const place = {
      node: '/opt/node',
      cli: '/opt/oma/cli.js',
      supervisor: '/opt/oma/supervisor.js',
      simulator: '/opt/oma/simulator.js',
      plugin: '/opt/oma/plugin/server.js',
      tui: '/opt/oma/plugin/tui.js',
    };
    const context = createContext({
      stdin: new PassThrough(),
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
      environment: {},
      home,
      cwd: home,
      uid: process.getuid?.() ?? 0,
      pid: process.pid,
      platform: process.platform,
      programs: { ...place, ...programs },
      build: { version: '0.1.0', buildId: 'test' },
      nodeVersion: process.versions.node,
      isAlive: () => false,
      signal: new AbortController().signal,
    });
    const exit = await run(context, ['plugin', ...argv], commandTable());
    return { exit, out, err, json: () => JSON.parse(out) as Record<string, unknown> };
  };

  it('install makes the configuration and the placeholder where there is neither', async () => {
    const { exit, out } = await oma(['install']);
    expect(exit).toBe(0);
    expect(out).toContain(`The plugin is installed: ${config}`);
    expect(out).toContain(`in the terminal: ${join(dirname(config), 'tui.jsonc')}`);
    const { plugin } = await parsed(config);
    expect(plugin).toEqual([
      ['file:///opt/oma/plugin/server.js', { node: '/opt/node', supervisor: '/opt/oma/supervisor.js' }],
    ]);
    expect(pluginOptionsSchema.strict().parse((plugin as [[string, unknown]])[0][1])).toBeTruthy();
    expect(await parsed(auth)).toEqual({
      openai: { type: 'oauth', refresh: 'oma', access: 'oma', expires: 4_102_444_800_000 },
    });
    expect((await stat(auth)).mode & 0o777).toBe(0o600);
  });

  it('install names the terminal plugin in a file of its own, beside which OpenCode still moves an older theme', async () => {
    await oma(['install']);
    expect(await parsed(tui)).toEqual({
      $schema: 'https://opencode.ai/tui.json',
      plugin: [['file:///opt/oma/plugin/tui.js', { node: '/opt/node', supervisor: '/opt/oma/supervisor.js' }]],
    });
    expect(await readdir(dirname(tui))).not.toContain('tui.json');
  });

  it('install and uninstall keep a tui.json that is there, comments and other plugins too', async () => {
    const file = tui.replace('.jsonc', '.json');
    const before = '{\n  // mine\n  "theme": "nord",\n  "plugin": ["clock"] // ticks\n}\n';
    await write(file, before);
    await oma(['install']);
    const text = await read(file);
    for (const kept of ['// mine', '"theme": "nord"', '"clock"', '// ticks']) expect(text).toContain(kept);
    expect(text).toContain('file:///opt/oma/plugin/tui.js');
    expect([await read(`${file}.before-oma`), await readdir(dirname(file))]).toEqual([
      before,
      expect.not.arrayContaining(['tui.jsonc']),
    ]);
    expect((await oma(['install', '--json'])).json()).toMatchObject({ changed: [] });
    await oma(['uninstall']);
    expect(await read(file)).toBe(before);
  });

  it('install twice is install once', async () => {
    await oma(['install']);
    const [first, logins, terminal] = [await read(config), await read(auth), await read(tui)];
    const again = await oma(['install', '--json']);
    expect(again.json()).toMatchObject({ installed: true, changed: [], login: 'placeholder', warnings: [] });
    expect([await read(config), await read(auth), await read(tui)]).toEqual([first, logins, terminal]);
  });

  it('install keeps what is there, replaces an oma that lay elsewhere, and keeps a copy', async () => {
    const before =
      '{\n  // mine\n  "plugin": ["notify", ["file:///old/oma/server.js", { "node": "/n", "supervisor": "/s" }]]\n}\n';
    await write(config, before, 0o640);
    await oma(['install']);
    const text = await read(config);
    expect(text).toContain('// mine');
    expect(text).not.toContain('/old/oma');
    expect(text).toContain('"notify", ["file:///opt/oma/plugin/server.js"');
    expect([await read(`${config}.before-oma`), (await stat(config)).mode & 0o777]).toEqual([before, 0o640]);
  });

  it('leaves a real login alone, explains, and neither shows nor copies any login', async () => {
    await write(auth, JSON.stringify({ ...REAL_LOGIN, ...OTHER_LOGIN }), 0o600);
    const before = await read(auth);
    const { out } = await oma(['install']);
    expect(out).toContain('oma import opencode');
    await oma(['uninstall']);
    expect(await read(auth)).toBe(before);
    expect(out).not.toMatch(/real-|secret-of/);
    expect(await readdir(dirname(auth))).toEqual(['auth.json']);
  });

  it('--dry-run shows the change of the configuration, but never that of the logins, and changes nothing', async () => {
    await write(config, '{\n  "theme": "dark"\n}\n');
    await write(auth, JSON.stringify(OTHER_LOGIN), 0o600);
    const { out } = await oma(['install', '--dry-run']);
    expect(out).toContain('+   "plugin": [');
    expect(out).toContain(`Only the placeholder login would change in ${auth}`);
    expect(out).not.toContain('secret-of');
    expect([await parsed(config), await parsed(auth)]).toEqual([{ theme: 'dark' }, OTHER_LOGIN]);
    expect((await oma(['install', '--dry-run', '--json'])).json()).toMatchObject({
      installed: false,
      dryRun: true,
      changed: [config, tui, auth],
    });
  });

  it('uninstall brings back what was there, and keeps the logins of others', async () => {
    const before = '{\n  // mine\n  "plugin": [\n    "notify"\n  ],\n}\n';
    await write(config.replace('.json', '.jsonc'), before);
    await write(auth, JSON.stringify(OTHER_LOGIN), 0o600);
    await oma(['install']);
    expect((await oma(['status'])).exit).toBe(1);
    expect((await oma(['uninstall', '--json'])).json()).toEqual({
      dryRun: false,
      changed: [config.replace('.json', '.jsonc'), tui, auth],
    });
    expect([await read(config.replace('.json', '.jsonc')), await parsed(auth)]).toEqual([before, OTHER_LOGIN]);
    expect((await oma(['uninstall'])).out).toBe('The plugin is not installed there; nothing was changed.\n');
  });

  it('uninstall removes the files that only oma has made', async () => {
    await oma(['install']);
    expect((await oma(['uninstall', '--dry-run'])).out).toContain(`Would be removed: ${config}`);
    await oma(['uninstall']);
    for (const file of [config, auth]) await expect(read(file)).rejects.toThrow('ENOENT');
  });

  it('--project edits the project and leaves the placeholder for the others', async () => {
    const project = join(home, 'project');
    await oma(['install', '--project', 'project']);
    expect(await parsed(join(project, 'opencode.json'))).toHaveProperty('plugin');
    await expect(read(config)).rejects.toThrow();
    expect((await oma(['status', '--json'])).json()).toMatchObject({ installed: null });
    expect((await oma(['status', '--project', 'project', '--json'])).json()).toMatchObject({
      installed: { file: join(project, 'opencode.json'), isThisOma: true },
      login: 'placeholder',
      connected: null,
    });
    await oma(['uninstall', '--project', 'project']);
    expect(await parsed(auth)).toHaveProperty('openai');
    expect((await oma(['install', '--global', '--project', 'project'])).exit).toBe(2);
  });

  it('status is well only when the plugin is installed and its program is there', async () => {
    const plugin = join(home, 'server.js');
    await writeFile(plugin, '');
    expect((await oma(['status'], { plugin })).exit).toBe(1);
    await oma(['install'], { plugin });
    const well = await oma(['status'], { plugin });
    expect([well.exit, well.out]).toEqual([0, expect.stringContaining(config)]);
    expect(well.out).toMatch(new RegExp(`Terminal \\(/oma\\) +${tui}`));
    expect((await oma(['status'])).out).toContain('but another oma');
    await rm(tui);
    expect((await oma(['status'], { plugin })).out).toMatch(/Terminal \(\/oma\) +no; `oma plugin install` does it/);
  });

  it.each([
    ['not JSON', '{ "plugin": [', 'line 1'],
    ['not a list', '{"plugin":7}', 'list "plugin"'],
  ])('refuses a configuration that is %s, unchanged', async (_what, text, reason) => {
    await write(config, text);
    const { exit, err } = await oma(['install']);
    expect([exit, err]).toEqual([78, expect.stringContaining(reason)]);
    expect(await read(config)).toBe(text);
    await expect(read(auth)).rejects.toThrow();
  });

  it('warns of another plugin for the same logins, of the cache of npx, and refuses a path that OpenCode ignores', async () => {
    await write(config, '{"plugin":["opencode-openai-codex-auth@4"]}');
    expect((await oma(['install'])).out).toContain(
      'Another plugin answers for OpenAI logins, too: "opencode-openai-codex-auth@4"',
    );
    expect((await oma(['install'], { plugin: '/home/a/.npm/_npx/1/oma/server.js' })).out).toContain('cache of npx');
    expect(await oma(['install'], { plugin: '/x/opencode-copilot-auth/server.js' })).toMatchObject({
      exit: 78,
      err: expect.stringContaining('move oma elsewhere') as string,
    });
  });
});
