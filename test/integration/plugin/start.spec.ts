import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createLineFinder, type ProcessFacts } from '../../../plugin/start.ts';
import { removeTree } from '../../support/remove-tree.ts';

let root: string;
let witness: string;
let facts: ProcessFacts;

/** A supervisor that notes how it was started and then refuses to serve. */
const script = (): string => `
  const { writeFileSync } = require('node:fs');
  writeFileSync(${JSON.stringify(witness)}, JSON.stringify({ file: process.argv[1], env: process.env, cwd: process.cwd() }));
  console.log(JSON.stringify({ ready: false, code: 'STORE_DAMAGED', message: 'The store is damaged.' }));
`;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'oma-start-'));
  witness = join(root, 'witness.json');
  await mkdir(join(root, 'dist', 'plugin'), { recursive: true });
  await mkdir(join(root, 'run'), { mode: 0o700 });
  facts = {
    ...{ home: root, uid: process.getuid?.() ?? -1, platform: process.platform, pid: process.pid },
    pluginDir: join(root, 'dist', 'plugin'),
    environment: {
      ...{ HOME: root, PATH: process.env['PATH'], OPENAI_API_KEY: 'sk-of-a-person', LANG: 'C.UTF-8' },
      ...{ OPENCODE_MULTI_AUTH_SOCKET: join(root, 'run', 'oma.sock'), OPENCODE_MULTI_AUTH_PORT: '0' },
    },
  };
});
afterEach(() => removeTree(root));

const started = async () =>
  JSON.parse(await readFile(witness, 'utf8')) as { file: string; env: Record<string, string>; cwd: string };

describe('createLineFinder', () => {
  it('starts the supervisor that the options name, and says why it does not serve', async () => {
    const supervisor = join(root, 'elsewhere.cjs');
    await writeFile(supervisor, script());
    const found = createLineFinder(facts)({ host: 'opencode 1.18.33', node: process.execPath, supervisor });
    await expect(found).rejects.toMatchObject({ code: 'STORE_DAMAGED', message: 'The store is damaged.' });
    expect((await started()).file).toBe(supervisor);
  });

  it('without options starts the supervisor beside the plugin with the Node.js from the PATH', async () => {
    await writeFile(join(root, 'dist', 'supervisor.js'), script());
    await symlink(process.execPath, join(root, 'node'));
    await chmod(root, 0o700);
    const environment = { ...facts.environment, PATH: root };
    await expect(createLineFinder({ ...facts, environment })({ host: 'opencode' })).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
    });
    expect((await started()).file).toBe(join(root, 'dist', 'supervisor.js'));
  });

  it('gives the supervisor nothing of the environment that is not for it', async () => {
    await writeFile(join(root, 'dist', 'supervisor.js'), script());
    await createLineFinder(facts)({ host: 'opencode', node: process.execPath }).catch(() => undefined);
    const { env } = await started();
    expect(env).not.toHaveProperty('OPENAI_API_KEY');
    expect(env).toMatchObject({ HOME: root, LANG: 'C.UTF-8', OPENCODE_MULTI_AUTH_PORT: '0' });
  });

  it('starts nobody when OPENCODE_MULTI_AUTH_AUTOSTART is 0', async () => {
    await writeFile(join(root, 'dist', 'supervisor.js'), script());
    const environment = { ...facts.environment, OPENCODE_MULTI_AUTH_AUTOSTART: '0' };
    await expect(
      createLineFinder({ ...facts, environment })({ host: 'opencode', node: process.execPath }),
    ).rejects.toMatchObject({ code: 'SUPERVISOR_NOT_RUNNING' });
    expect(existsSync(witness)).toBe(false);
  });

  it('says what is wrong with the environment', async () => {
    const environment = { ...facts.environment, OPENCODE_MULTI_AUTH_PORT: 'many' };
    await expect(createLineFinder({ ...facts, environment })({ host: 'opencode' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('OPENCODE_MULTI_AUTH_PORT'),
    });
  });

  it('says that the supervisor cannot be run', async () => {
    await expect(createLineFinder(facts)({ host: 'opencode', node: join(root, 'no-node-here') })).rejects.toMatchObject(
      { code: 'SUPERVISOR_START_FAILED' },
    );
  });
});
