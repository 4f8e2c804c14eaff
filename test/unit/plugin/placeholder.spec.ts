import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { PLACEHOLDER_LOGIN } from '../../../contract/opencode.ts';
import { authPlace, ensurePlaceholder } from '../../../plugin/placeholder.ts';
import { removeTree } from '../../support/remove-tree.ts';

const NOTICES = { toast: () => undefined, log: () => undefined };

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'oma-placeholder-'));
  file = join(directory, 'auth.json');
});
afterEach(() => removeTree(directory));

async function run(text: string | null, content: string | null = null): Promise<unknown[]> {
  if (text !== null) await writeFile(file, text);
  const sets: unknown[] = [];
  const client = {
    app: { log: () => Promise.resolve() },
    tui: { showToast: () => Promise.resolve() },
    auth: { set: (options: unknown) => Promise.resolve(sets.push(options)) },
  };
  await ensurePlaceholder({ client }, { file, content }, NOTICES);
  return sets;
}

const ADDED = [{ path: { id: 'openai' }, body: PLACEHOLDER_LOGIN }];

describe('ensurePlaceholder', () => {
  it.each([
    ['there is no file', null],
    ['the file is about others', '{"anthropic":{"type":"api","key":"k"}}'],
    ['the file is an empty object', '{}'],
  ])('puts the placeholder in when %s', async (_name, text) => {
    expect(await run(text)).toEqual(ADDED);
  });

  it.each([
    ['there is a login', '{"openai":{"type":"oauth","refresh":"r","access":"a","expires":1}}'],
    ['there is an API key', '{"openai":{"type":"api","key":"k"}}'],
    ['it is there already', JSON.stringify({ openai: PLACEHOLDER_LOGIN })],
    ['the file cannot be read as JSON', '{"openai"'],
    ['the file is no object', '[]'],
    ['the file is empty', ''],
  ])('leaves everything alone when %s', async (_name, text) => {
    expect(await run(text)).toEqual([]);
  });

  it('writes nothing when the environment stands in for the file', async () => {
    expect(await run(null, '{}')).toEqual([]);
  });

  it('does not fail when OpenCode does', async () => {
    const client = {
      app: { log: () => Promise.resolve() },
      tui: { showToast: () => Promise.resolve() },
      auth: { set: () => Promise.reject(new Error('no')) },
    };
    await expect(ensurePlaceholder({ client }, { file, content: null }, NOTICES)).resolves.toBeUndefined();
  });
});

describe('authPlace', () => {
  it('looks where OpenCode looks', () => {
    expect(authPlace({}, '/home/u')).toEqual({ file: '/home/u/.local/share/opencode/auth.json', content: null });
    expect(authPlace({ XDG_DATA_HOME: '/data', OPENCODE_AUTH_CONTENT: '{}' }, '/home/u')).toEqual({
      file: '/data/opencode/auth.json',
      content: '{}',
    });
    expect(authPlace({ XDG_DATA_HOME: '' }, '/home/u').file).toBe('/home/u/.local/share/opencode/auth.json');
  });
});
