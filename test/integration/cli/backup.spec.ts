import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { importableStore } from '../../../cli/simulator/credentials.ts';
import type { BackupResult, RestoreResult } from '../../../contract/backup.ts';
import { useSimulator } from '../../support/simulator.ts';
import { type Home, useHome } from './home.ts';

const PASSPHRASE = 'correct horse battery';

/** A home whose store holds two simulated accounts. */
async function useFilledHome(): Promise<Home & { readonly tokens: readonly string[] }> {
  const simulator = await useSimulator({ seats: 2 });
  const home = await useHome({
    OPENCODE_MULTI_AUTH_BASE_URL: simulator.baseUrl,
    OPENCODE_MULTI_AUTH_ISSUER_URL: simulator.issuerUrl,
    BACKUP_KEY: PASSPHRASE,
  });
  const seats = simulator.control.state().seats.map(({ alias }) => simulator.control.credentials(alias));
  await writeFile(join(home.path, 'logins.json'), JSON.stringify(importableStore(seats)), { mode: 0o600 });
  expect((await home.oma('import', 'logins.json')).code).toBe(0);
  const text = await readFile(join(home.path, 'logins.json'), 'utf8');
  return {
    ...home,
    tokens: [...text.matchAll(/"(?:access|refresh)Token":"([^"]+)"/g)].map(([, token]) => token ?? ''),
  };
}

describe('oma backup and oma restore', () => {
  it('[I.L4.2] [I.L4.8] carry everything through a lost and a damaged store, and nobody without the passphrase reads it', async () => {
    const home = await useFilledHome();
    const withKey = ['--passphrase-env', 'BACKUP_KEY'] as const;
    await home.oma('settings', 'set', 'lowThreshold', '44');
    const written = await home.json<BackupResult>('backup', 'copy.oma', ...withKey);
    expect(written).toMatchObject({ file: join(home.path, 'copy.oma'), accounts: 2 });
    expect((await stat(written.file)).mode & 0o777).toBe(0o600);
    const text = await readFile(written.file, 'utf8');
    expect(home.tokens.length).toBeGreaterThanOrEqual(4);
    for (const token of home.tokens) expect(text).not.toContain(token);
    expect(text).toContain('"cipher":"aes-256-gcm"');

    const again = await home.oma('backup', 'copy.oma', ...withKey);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('There is a file of that name already')]);
    const wrong = await home.omaWith(
      { ...home.env, BACKUP_KEY: 'not the passphrase' },
      'restore',
      'copy.oma',
      ...withKey,
    );
    expect([wrong.code, wrong.stderr]).toEqual([78, expect.stringContaining('does not open the backup')]);

    await home.oma('settings', 'reset', '--yes');
    const before = await home.oma('list', '--json');
    const planned = await home.json<RestoreResult>('restore', 'copy.oma', '--dry-run', ...withKey);
    expect(planned).toMatchObject({ dryRun: true, settings: [{ name: 'lowThreshold', before: null, after: 44 }] });
    expect((await home.oma('list', '--json')).stdout).toBe(before.stdout);
    expect(await home.json('settings', 'get')).toMatchObject({ settings: { lowThreshold: 30 } });

    await home.oma('down');
    const store = join(home.path, '.config', 'opencode-multi-auth', 'accounts.json');
    for (const name of ['accounts.json', 'accounts.json.last-good'])
      await writeFile(join(dirname(store), name), '{"acc');
    expect((await home.oma('list')).code).toBe(65);
    const inVain = await home.omaWith(
      { ...home.env, BACKUP_KEY: 'not the passphrase' },
      'restore',
      'copy.oma',
      ...withKey,
    );
    expect([inVain.code, inVain.stderr]).toEqual([78, expect.stringContaining('the store was left as it is')]);
    expect((await readdir(dirname(store))).filter((name) => name.includes('.damaged-'))).toEqual([]);
    await writeFile(join(home.path, 'cut.oma'), text.slice(0, 200));
    expect(await home.oma('restore', 'cut.oma', ...withKey)).toMatchObject({
      code: 65,
      stderr: expect.stringMatching(/it is cut off; the store was left as it is/) as string,
    });
    expect((await home.oma('list')).code).toBe(65);
    const restored = await home.json<RestoreResult & { aside: string[] }>('restore', 'copy.oma', ...withKey);
    expect(restored.added).toHaveLength(2);
    expect(restored.aside).toHaveLength(2);
    expect((await readdir(dirname(store))).filter((name) => name.includes('.damaged-'))).toHaveLength(2);
    expect(await home.json('settings', 'get')).toMatchObject({ settings: { lowThreshold: 44 } });
    const after = await readFile(store, 'utf8');
    for (const token of home.tokens) expect(after).toContain(token);
  });

  it('take the passphrase from a private key file, and refuse one that others can read', async () => {
    const home = await useHome();
    await mkdir(join(home.path, 'keys'));
    await writeFile(join(home.path, 'keys', 'open'), `${PASSPHRASE}\n`, { mode: 0o644 });
    await writeFile(join(home.path, 'keys', 'private'), `${PASSPHRASE}\n`, { mode: 0o600 });
    const refused = await home.oma('backup', 'copy.oma', '--key-file', 'keys/open');
    expect([refused.code, refused.stderr]).toEqual([78, expect.stringContaining('chmod 600')]);
    expect((await home.oma('backup', 'copy.oma', '--key-file', 'keys/private')).code).toBe(0);
    const nobody = await home.oma('backup', 'other.oma');
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('nobody is at the terminal')]);
    const asked = await home.oma('restore', 'copy.oma');
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('nobody is at the terminal')]);
    expect(await home.oma('restore', 'nowhere.oma')).toMatchObject({ code: 66 });
    await copyFile(join(home.path, '.config', 'opencode-multi-auth', 'accounts.json'), join(home.path, 'store.json'));
    expect(await home.oma('restore', 'store.json')).toMatchObject({
      code: 0,
      stdout: 'Everything in the backup is as it is in the store.\n',
    });
  });
});
