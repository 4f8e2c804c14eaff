import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { composeForTest, type Supervised } from '../../support/composed.ts';
import { accountOf, HOUR, NOON } from '../../support/state.ts';
import {
  accountV1,
  pool,
  pooled,
  seatToken,
  storeArray,
  storeV1,
  storeV2,
  upstreamEnvelope,
} from '../../support/upstream-store.ts';

let oma: Supervised;

beforeEach(async () => {
  oma = await composeForTest();
});

afterEach(() => oma.close());

async function write(path: string, content: unknown): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify(content));
  return path;
}

const POOL = 'oc-codex-multi-auth-accounts.json';

describe('the pools of oc-codex-multi-auth', () => {
  it('are imported after a dry run that changes nothing, those of its projects with them, the newest tokens of a seat', async () => {
    const { openCodeHome } = oma.context.addresses;
    await write(join(openCodeHome, POOL), pool([pooled('work', { tokenRotatedAt: NOON - 2 * HOUR }), pooled('home')]));
    const newer = pooled('work', { tokenRotatedAt: NOON, expiresAt: NOON + 6 * HOUR, refreshToken: 'rt_newer' });
    await write(join(openCodeHome, 'projects', 'shop-0123456789ab', POOL), pool([newer, pooled('shop')]));
    const store = join(oma.directory, 'accounts.json');
    const before = await readFile(store, 'utf8').catch(() => null);

    const planned = await oma.call('account.import', { source: 'oc-codex-multi-auth', dryRun: true });
    expect(planned).toMatchObject({
      dryRun: true,
      imported: ['work', 'home', 'shop'].map((alias) => ({ alias, email: `${alias}@example.test`, planType: 'plus' })),
      updated: [{ alias: 'work', because: 'the file has newer tokens of the same seat' }],
      skipped: [],
    });
    expect(await readFile(store, 'utf8').catch(() => null)).toBe(before);
    expect(oma.store.read().accounts).toEqual([]);

    expect(await oma.call('account.import', { source: 'oc-codex-multi-auth' })).toEqual({ ...planned, dryRun: false });
    const { accounts } = oma.store.read();
    expect(accounts.map(({ alias, credentials }) => [alias, credentials.refreshToken])).toEqual([
      ['work', 'rt_newer'],
      ['home', 'rt_home'],
      ['shop', 'rt_shop'],
    ]);
  });

  it('that are damaged are named without their path, and the others imported', async () => {
    const { openCodeHome } = oma.context.addresses;
    await write(join(openCodeHome, POOL), pool([pooled('work')]));
    const damaged = join(openCodeHome, 'projects', 'shop-0123456789ab', POOL);
    await mkdir(dirname(damaged), { recursive: true });
    await writeFile(damaged, '{"version": 3, "accounts": [{"ref');

    const result = await oma.call('account.import', { source: 'oc-codex-multi-auth' });
    expect(result).toMatchObject({
      imported: [{ alias: 'work' }],
      skipped: [
        {
          name: 'the pool of project shop-0123456789ab',
          because: expect.stringContaining('The file to import is not JSON') as string,
        },
      ],
    });
    expect(JSON.stringify(result)).not.toContain(openCodeHome);

    await writeFile(join(openCodeHome, POOL), '');
    await expect(oma.call('account.import', { source: 'oc-codex-multi-auth' })).rejects.toMatchObject({
      code: 'IMPORT_NOT_FOUND',
      message: expect.stringMatching(
        /^Nothing there can be imported\. the common pool: The file to import is empty/i,
      ) as string,
    });
    expect(oma.store.read().accounts.map(({ alias }) => alias)).toEqual(['work']);
  });

  it('are said to be absent, with the way out of the keychain', async () => {
    await expect(oma.call('account.import', { source: 'oc-codex-multi-auth' })).rejects.toMatchObject({
      code: 'IMPORT_NOT_FOUND',
      message: expect.stringContaining('codex-keychain rollback') as string,
    });
  });
});

const codexAuth = (name: string) => ({
  tokens: {
    access_token: seatToken(name),
    refresh_token: `rt_${name}`,
    id_token: seatToken(name),
    account_id: `ws-${name}`,
  },
  last_refresh: new Date(NOON).toISOString(),
});
const openCodeAuth = (name: string) => ({
  openai: { type: 'oauth', refresh: `rt_${name}`, access: seatToken(name), expires: NOON + HOUR },
});

describe('an import from everywhere', () => {
  it('plans what it then does: each seat once, each alias once, whoever holds it', async () => {
    const { codexAuthFile, openCodeAuthFile, openCodeHome, upstreamStoreFile } = oma.context.addresses;
    const sameName = { 'https://api.openai.com/profile': { email: 'a@example.test' } };
    await write(codexAuthFile, codexAuth('a'));
    await write(openCodeAuthFile, openCodeAuth('a'));
    await write(upstreamStoreFile ?? '', storeV1({ a: accountV1('b') }));
    await write(
      join(openCodeHome, POOL),
      pool([pooled('c', { email: 'a@example.test', accessToken: seatToken('c', sameName) })]),
    );

    const planned = await oma.call('account.import', { source: 'everywhere', dryRun: true });
    expect(oma.store.read().accounts).toEqual([]);
    expect(planned).toMatchObject({
      imported: [{ alias: 'a' }, { alias: 'a-2' }, { alias: 'a-3' }],
      skipped: [{ name: 'a', because: expect.stringContaining('"a" already') as string }],
      warnings: [/codex/, /opencode-multi-auth-codex/, /oc-codex-multi-auth/, /OpenCode/].map(
        (holder) => expect.stringMatching(holder) as string,
      ),
    });

    expect(await oma.call('account.import', { source: 'everywhere' })).toEqual({ ...planned, dryRun: false });
    expect(oma.store.read().accounts.map(({ alias, seat }) => [alias, seat.accountId])).toEqual([
      ['a', 'ws-a'],
      ['a-2', 'ws-b'],
      ['a-3', 'ws-c'],
    ]);
  });

  it('names a place that cannot be read and takes the others; where only such places are, its reason is the error', async () => {
    const { codexAuthFile, openCodeAuthFile } = oma.context.addresses;
    await write(openCodeAuthFile, openCodeAuth('a'));
    await mkdir(dirname(codexAuthFile), { recursive: true });
    await writeFile(codexAuthFile, '{');
    expect(await oma.call('account.import', { source: 'everywhere', dryRun: true })).toMatchObject({
      imported: [{ alias: 'a' }],
      skipped: [{ name: 'codex', because: expect.stringContaining('is not JSON') as string }],
    });

    await rm(openCodeAuthFile);
    await expect(oma.call('account.import', { source: 'everywhere' })).rejects.toMatchObject({
      code: 'IMPORT_INVALID',
    });
  });

  it('warns only of programs whose logins it takes: not of the placeholder in OpenCode, not of a codex with a key', async () => {
    const { codexAuthFile, openCodeAuthFile, openCodeHome } = oma.context.addresses;
    await write(openCodeAuthFile, { openai: { type: 'oauth', refresh: 'oma', access: 'oma', expires: 0 } });
    await write(codexAuthFile, { OPENAI_API_KEY: 'sk-fake', tokens: null });
    await write(join(openCodeHome, POOL), pool([pooled('a')]));
    expect(await oma.call('account.import', { source: 'everywhere', dryRun: true })).toMatchObject({
      imported: [{ alias: 'a' }],
      skipped: [],
      warnings: [expect.stringContaining('The plugin oc-codex-multi-auth holds') as string],
    });
  });

  it('asks for the passphrase where nothing but an encrypted store holds logins', async () => {
    const { openCodeAuthFile, upstreamStoreFile } = oma.context.addresses;
    await write(openCodeAuthFile, { openai: { type: 'oauth', refresh: 'oma', access: 'oma', expires: 0 } });
    await write(upstreamStoreFile ?? '', upstreamEnvelope(storeV1(), 'open sesame'));
    await expect(oma.call('account.import', { source: 'everywhere' })).rejects.toMatchObject({
      code: 'STORE_PASSPHRASE_REQUIRED',
    });
    expect(await oma.call('account.import', { source: 'everywhere', passphrase: 'open sesame' })).toMatchObject({
      imported: [{ alias: 'work' }, { alias: 'home' }],
    });
  });

  it('that finds no login at all says where it looked', async () => {
    await expect(oma.call('account.import', { source: 'everywhere' })).rejects.toMatchObject({
      code: 'IMPORT_NOT_FOUND',
      message: expect.stringContaining('codex, upstream, oc-codex-multi-auth, opencode') as string,
    });
  });
});

describe('the stores of opencode-multi-auth-codex', () => {
  it('are both imported, that of its early versions with them, by the place and from everywhere', async () => {
    const { upstreamStoreFile, upstreamListFile } = oma.context.addresses;
    await write(upstreamListFile, storeArray([accountV1('old')]));
    expect(await oma.call('account.import', { source: 'upstream', dryRun: true })).toMatchObject({
      imported: [{ alias: 'old', email: 'old@example.test' }],
      warnings: [expect.stringContaining('The plugin opencode-multi-auth-codex holds') as string],
    });
    await write(upstreamStoreFile ?? '', storeV1({ work: accountV1('work') }));
    for (const source of ['upstream', 'everywhere'])
      expect(await oma.call('account.import', { source, dryRun: true })).toMatchObject({
        imported: [{ alias: 'work' }, { alias: 'old' }],
        skipped: [],
      });
    expect(await oma.call('account.import', { source: 'upstream' })).toMatchObject({ imported: [{}, {}] });
    expect(await oma.call('account.import', { source: 'upstream' })).toMatchObject({ imported: [], skipped: [{}, {}] });
  });

  it('are told of in what concerns the logins that are taken, and in nothing else', async () => {
    const path = await write(join(oma.directory, 'v2.json'), storeV2());
    const { warnings } = await oma.call('account.import', { source: 'file', path });
    expect(warnings).toEqual([
      expect.stringContaining('The plugin opencode-multi-auth-codex holds') as string,
      '"work" is disabled there and is imported enabled; "oma disable" lets it rest',
    ]);
    const again = await oma.call('account.import', { source: 'file', path });
    expect(again.warnings).toEqual(warnings.slice(0, 1));
    expect(again.skipped[0]).toEqual({
      name: 'work',
      because: 'this seat is the account "work" already, and its tokens are as new or newer',
    });
  });

  it('of which one cannot be read are named, and the other imported', async () => {
    const { upstreamStoreFile, upstreamListFile } = oma.context.addresses;
    await write(upstreamStoreFile ?? '', upstreamEnvelope(storeV1(), 'open sesame'));
    await expect(oma.call('account.import', { source: 'upstream' })).rejects.toMatchObject({
      code: 'STORE_PASSPHRASE_REQUIRED',
    });
    await write(upstreamListFile, storeArray([accountV1('old')]));
    expect(await oma.call('account.import', { source: 'upstream', dryRun: true })).toMatchObject({
      imported: [{ alias: 'old' }],
      skipped: [
        {
          name: 'upstream, upstream.json',
          because: expect.stringMatching(/is encrypted\. Give the passphrase/) as string,
        },
      ],
    });
  });
});

it('the command that is named when the former plugin wrote over the store takes over what that plugin renewed', async () => {
  const store = join(oma.directory, 'accounts.json');
  const renewedAt = (refreshToken: string, at: number) => {
    const tokens = { refreshToken, lastRefresh: new Date(at).toISOString(), expiresAt: at + HOUR };
    return storeV1({ work: accountV1('work', tokens) });
  };
  const path = await write(join(oma.directory, 'old.json'), renewedAt('rt_old', NOON));
  await oma.call('account.import', { source: 'file', path });
  await oma.call('settings.update', { lowThreshold: 31 });
  await oma.store.close();
  await write(store, renewedAt('rt_renewed', NOON + HOUR));

  oma = await oma.restart();
  const status = await oma.call('status.get', {});
  const [, kept = ''] =
    /take over logins that it has renewed meanwhile: oma import (\S+)$/.exec(status.store.recovered) ?? [];
  const account = () => accountOf(oma.store.read(), 'work').credentials.refreshToken;
  expect([account(), dirname(kept)]).toEqual(['rt_old', oma.directory]);
  expect(await oma.call('account.import', { source: 'file', path: kept })).toMatchObject({
    updated: [{ alias: 'work' }],
  });
  expect(account()).toBe('rt_renewed');
});

describe('a demo', () => {
  it.each(['codex', 'upstream', 'oc-codex-multi-auth', 'opencode', 'everywhere'] as const)(
    'never looks at logins of its user: not those of %s',
    async (source) => {
      const { codexAuthFile, openCodeAuthFile, openCodeHome, upstreamStoreFile } = oma.context.addresses;
      await write(codexAuthFile, codexAuth('a'));
      await write(openCodeAuthFile, openCodeAuth('b'));
      await write(upstreamStoreFile ?? '', storeV1({ c: accountV1('c') }));
      await write(join(openCodeHome, POOL), pool([pooled('d')]));
      const demo = await composeForTest({ demo: oma.context.addresses });
      try {
        await expect(demo.call('account.import', { source })).rejects.toMatchObject({
          code: 'IMPORT_NOT_FOUND',
          message: expect.stringContaining('The demo has simulated accounts') as string,
        });
        expect(demo.store.read().accounts).toEqual([]);
      } finally {
        await demo.close();
      }
    },
  );

  it('takes a file of its own, and none of its user by whatever name', async () => {
    const demo = await composeForTest({ demo: oma.context.addresses });
    try {
      const theirs = await write(join(oma.directory, 'auth.json'), openCodeAuth('a'));
      const own = await write(join(demo.directory, 'import.json'), storeV1({ a: accountV1('a') }));
      const around = join(demo.directory, '..', basename(oma.directory), 'auth.json');
      for (const params of [
        { source: 'file', path: theirs },
        { source: 'opencode', path: theirs },
        { source: 'file', path: `${demo.directory}/../${basename(oma.directory)}/auth.json` },
        { source: 'file', path: around },
      ])
        await expect(demo.call('account.import', params)).rejects.toThrow('The demo has simulated accounts');
      expect(await demo.call('account.import', { source: 'file', path: own })).toMatchObject({
        imported: [{ alias: 'a' }],
      });
    } finally {
      await demo.close();
    }
  });
});

it('an import of a place without a login, or of a word that is neither place nor file, says so', async () => {
  await expect(oma.call('account.import', { source: 'codex' })).rejects.toThrow('There is no login of codex here');
  const path = join(oma.directory, 'nonsense');
  await expect(oma.call('account.import', { source: 'file', path })).rejects.toThrow(
    'or name a place where oma looks: codex, upstream, oc-codex-multi-auth, opencode.',
  );
});

describe('the warning of a shared login', () => {
  it.each([
    ['codex, whose file oma follows', 'codex', 'codexAuthFile', codexAuth('a'), 'takes over what codex renews'],
    ['OpenCode', 'opencode', 'openCodeAuthFile', openCodeAuth('a'), '"opencode auth logout"'],
    [
      'the plugin opencode-multi-auth-codex',
      'upstream',
      'upstreamStoreFile',
      storeV1({ a: accountV1('a') }),
      'The plugin opencode-multi-auth-codex holds these logins',
    ],
  ] as const)('names %s', async (_title, source, address, content, said) => {
    await write(oma.context.addresses[address] ?? '', content);
    const { warnings } = await oma.call('account.import', { source, dryRun: true });
    expect(warnings[0]).toContain(said);
  });

  it.each([
    ['a codex elsewhere', codexAuth('a'), 'of a codex whose file oma does not watch'],
    ['the plugin oc-codex-multi-auth', pool([pooled('a')]), 'The plugin oc-codex-multi-auth holds these logins'],
  ])('names %s, by what a file holds', async (_title, content, said) => {
    const path = await write(join(oma.directory, 'elsewhere.json'), content);
    const { warnings } = await oma.call('account.import', { source: 'file', path, dryRun: true });
    expect(warnings[0]).toContain(said);
  });

  it('names another oma', async () => {
    await oma.store.settled();
    const other = await composeForTest({ aliases: ['b'] });
    try {
      await other.store.settled();
      const path = join(other.directory, 'accounts.json');
      const { warnings } = await oma.call('account.import', { source: 'file', path, dryRun: true });
      expect(warnings[0]).toContain('The file is a store of oma.');
    } finally {
      await other.close();
    }
  });
});
