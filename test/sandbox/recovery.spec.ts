import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { afterAll, describe, expect, it, onTestFinished } from 'vitest';

import { importableStore } from '../../cli/simulator/credentials.ts';
import type { AccountView } from '../../contract/account.ts';
import { blockUnder, shellBlocks } from '../support/documents.ts';
import { DIST } from '../support/oma.ts';
import { removeTree } from '../support/remove-tree.ts';
import { runProgram } from '../support/run-program.ts';
import { type Simulator, useSimulator } from '../support/simulator.ts';

const DOCUMENT = 'docs/OFFLINE_RECOVERY.md';
const PASSPHRASE = 'a passphrase that is lost';
/** Blocks of the document that were run. */
const followed = new Set<string>();

/** A home with an oma on the path, in which scripts of the document are run as they stand there. */
async function usePatient(simulator: Simulator) {
  const home = await mkdtemp(join(tmpdir(), 'oma-recovery-'));
  const bin = join(home, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'oma'), `#!/bin/sh\nexec '${process.execPath}' '${join(DIST, 'cli.js')}' "$@"\n`);
  await chmod(join(bin, 'oma'), 0o755);
  const env = {
    PATH: [bin, dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
    HOME: home,
    OPENCODE_MULTI_AUTH_PORT: '0',
    OPENCODE_MULTI_AUTH_BASE_URL: simulator.baseUrl,
    OPENCODE_MULTI_AUTH_ISSUER_URL: simulator.issuerUrl,
  };
  const shell = (script: string, more: Readonly<Record<string, string>> = {}) =>
    runProgram({ file: '/bin/sh', args: ['-ec', script], env: { ...env, ...more }, cwd: home, deadlineMs: 120_000 });
  const good = async (script: string, more: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { code, stdout, stderr } = await shell(script, more);
    expect(code, `${script}\n${stdout}${stderr}`).toBe(0);
    return stdout;
  };
  onTestFinished(async () => {
    await shell('oma down', {}).catch(() => undefined);
    await removeTree(home);
  });
  const store = join(home, '.config', 'opencode-multi-auth', 'accounts.json');
  return {
    home,
    store,
    shell,
    good,
    /** Runs what the document says, to the letter. */
    follow: (heading: string, index = 0, more = {}) => {
      const script = blockUnder(DOCUMENT, heading, index);
      followed.add(script);
      return good(script, more);
    },
    aliases: async () =>
      (JSON.parse(await good('oma list --json')) as { accounts: AccountView[] }).accounts.map(({ alias }) => alias),
    damage: async () => {
      await good('oma down');
      await writeFile(store, '{"accounts": [');
    },
  };
}

async function useAccounts() {
  const simulator = await useSimulator({
    seats: ['work', 'home'].map((alias) => ({
      alias,
      email: `${alias}@example.test`,
      accountId: `ws-${alias}`,
      userId: `user-${alias}`,
    })),
  });
  const patient = await usePatient(simulator);
  const logins = importableStore(['work', 'home'].map((alias) => simulator.control.credentials(alias)));
  await writeFile(join(patient.home, 'old-accounts.json'), JSON.stringify(logins), { mode: 0o600 });
  return { simulator, ...patient };
}

describe('docs/OFFLINE_RECOVERY.md, followed to the letter', () => {
  afterAll(() =>
    expect([...followed].sort()).toEqual(
      shellBlocks(DOCUMENT)
        .map(({ script }) => script)
        .sort(),
    ),
  );

  it('[I.L1.5] [I.L1.6] [B.L2.7] [H.T.16] brings accounts back from every damage that it names', async () => {
    const { good, follow, aliases, damage, store, home } = await useAccounts();

    // A file of the former plugin.
    await follow('A file of the former plugin');
    expect(await aliases()).toEqual(['work', 'home']);
    await writeFile(join(home, 'oma.key'), 'a key that is kept elsewhere\n', { mode: 0o600 });
    await good('oma backup ~/oma.backup --key-file ~/oma.key');

    // One damaged store: mended by the start.
    await good('oma settings set lowThreshold 31');
    await damage();
    expect(await follow('First: look, change nothing')).toContain('it is not JSON, or it is cut off');
    await follow('First: look, change nothing', 1);
    expect(await readdir(join(home, 'oma-copy'))).toContain('accounts.json');
    await follow('The store is damaged');
    expect(await aliases()).toEqual(['work', 'home']);
    expect((await readdir(dirname(store))).filter((name) => name.includes('.damaged-'))).toHaveLength(1);

    // Both damaged: a backup.
    await damage();
    await copyFile(store, `${store}.last-good`);
    expect(await follow('Store and last-good version are both damaged')).toContain('work');
    expect(await aliases()).toEqual(['work', 'home']);

    // The auth files of codex and of OpenCode.
    await mkdir(join(home, '.codex'));
    await writeFile(join(home, '.codex', 'auth.json'), '{"tokens": ');
    await follow("codex's auth file is damaged or gone");
    expect(JSON.parse(await readFile(join(home, '.codex', 'auth.json'), 'utf8'))).toMatchObject({
      tokens: { account_id: 'ws-work' },
    });
    const openCode = join(home, '.local', 'share', 'opencode', 'auth.json');
    await mkdir(dirname(openCode), { recursive: true });
    await writeFile(openCode, '{"openai": ');
    await follow("OpenCode's auth file is damaged");
    expect(JSON.parse(await readFile(openCode, 'utf8'))).toMatchObject({ openai: { type: 'oauth' } });

    // Both damaged and no backup: what codex holds.
    await damage();
    await copyFile(store, `${store}.last-good`);
    await follow('Store and last-good version are both damaged', 1);
    expect(await aliases()).toHaveLength(1);
  });

  it('begins anew when the passphrase is lost, and the locked store is kept', async () => {
    const { shell, good, follow, aliases, home } = await useAccounts();
    const lock = { OPENCODE_MULTI_AUTH_PASSPHRASE: PASSPHRASE };
    await good('oma import ~/old-accounts.json && oma down', lock);
    expect(await shell('oma up --detach')).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('The store is encrypted.') as string,
    });
    await follow('The passphrase is lost', 0, { OPENCODE_MULTI_AUTH_PASSPHRASE: 'another one, mistaken' });
    expect(await aliases()).toEqual([]);
    const kept = await readFile(join(home, 'oma-locked', 'accounts.json'), 'utf8');
    expect(JSON.parse(kept)).toMatchObject({ encrypted: true });
    await good('oma down');
    await good('rm -r ~/.config/opencode-multi-auth && mv ~/oma-locked ~/.config/opencode-multi-auth');
    expect(await good('oma list', lock)).toContain('work');
  });
});
