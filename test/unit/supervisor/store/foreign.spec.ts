import { describe, expect, it } from 'vitest';

import { secretSchema } from '../../../../contract/scalars.ts';
import { createKey, seal } from '../../../../supervisor/store/crypto.ts';
import { foreignStoreKind, readForeignStore } from '../../../../supervisor/store/foreign.ts';
import { createEncoder, NO_EXTRAS } from '../../../../supervisor/store/schema.ts';
import { HOUR, NOON, stateWith } from '../../../support/state.ts';
import { PASSPHRASE } from '../../../support/store-sandbox.ts';
import {
  accountV1,
  pool,
  pooled,
  storeArray,
  storeV1,
  storeV2,
  upstreamEnvelope,
} from '../../../support/upstream-store.ts';

const ours: unknown = JSON.parse(createEncoder(NO_EXTRAS)(stateWith('work', 'home')));

async function encrypted(): Promise<unknown> {
  return JSON.parse(seal(JSON.stringify(ours), await createKey(PASSPHRASE))) as unknown;
}

describe('a store file to import from', { timeout: 60_000 }, () => {
  it('is recognised in every format, and nothing else is', async () => {
    expect([ours, await encrypted()].map(foreignStoreKind)).toEqual(['oma', 'oma']);
    const upstream = [storeV1(), storeV2(), storeArray([]), upstreamEnvelope(storeV2(), PASSPHRASE)];
    expect(upstream.map(foreignStoreKind)).toEqual(upstream.map(() => 'opencode-multi-auth-codex'));
    const pools = [pool([]), pool([pooled('work')]), pool([], { version: 1 })];
    expect(pools.map(foreignStoreKind)).toEqual(pools.map(() => 'oc-codex-multi-auth'));
    const others = [null, [], 'accounts', { tokens: {} }, { openai: { type: 'oauth' } }, { accounts: 3 }];
    expect(others.map(foreignStoreKind)).toEqual(others.map(() => null));
  });

  it('gives its accounts', async () => {
    for (const raw of [ours, await encrypted(), storeV1(), upstreamEnvelope(storeV2(), PASSPHRASE)]) {
      const { accounts } = await readForeignStore(raw, PASSPHRASE, NOON);
      expect(accounts.map(({ account: { alias, seat } }) => [alias, seat.userId])).toEqual([
        ['work', 'user-work'],
        ['home', 'user-home'],
      ]);
    }
  });

  it('names what cannot be imported, and what is renamed', async () => {
    const raw = storeV1({ 'a b': accountV1('a'), gone: {}, odd: accountV1('odd', { accessToken: 'opaque' }) });
    const { accounts, skipped } = await readForeignStore(raw, null, NOON);
    expect(accounts.map(({ account }) => account.alias)).toEqual(['a-b']);
    expect(skipped).toEqual([
      { name: 'gone', because: 'it holds no login' },
      { name: 'odd', because: 'its tokens do not say whose they are; add it with "oma add"' },
    ]);
    expect(accounts[0]?.notes).toEqual(['"a b" is no alias of oma and becomes "a-b"']);
  });

  it('may be a pool of oc-codex-multi-auth, whose dates of renewal count', async () => {
    const raw = pool([
      pooled('work'),
      pooled('home', { enabled: false, tokenRotatedAt: 'yesterday' }),
      pooled('bare', { accessToken: undefined }),
      { email: 'empty@example.test' },
      {},
    ]);
    const { accounts, skipped } = await readForeignStore(raw, null, NOON);
    expect(
      accounts.map(({ account: { alias, seat, credentials } }) => [alias, seat.userId, credentials.lastRefreshAt]),
    ).toEqual([
      ['work', 'user-work', NOON - HOUR],
      ['home', 'user-home', 0],
    ]);
    expect(skipped).toEqual([
      { name: 'empty', because: 'it holds no login' },
      { name: 'account-5', because: 'it holds no login' },
      { name: 'bare', because: 'its tokens do not say whose they are; add it with "oma add"' },
    ]);
    expect(accounts[1]?.notes).toEqual([
      '"home" is disabled there and is imported enabled; "oma disable" lets it rest',
    ]);
  });

  it('takes one of two entries of a pool that are one seat: the one renewed last', async () => {
    const twins = [pooled('work', { tokenRotatedAt: NOON - HOUR }), pooled('work', { tokenRotatedAt: NOON - 1 })];
    const { accounts, skipped } = await readForeignStore(pool(twins), null, NOON);
    expect(accounts.map(({ account: { credentials } }) => credentials.lastRefreshAt)).toEqual([NOON - 1]);
    expect(skipped).toHaveLength(1);
  });

  it('is refused when it is damaged, too new or locked', async () => {
    await expect(readForeignStore({ format: 'oma', version: 2 }, null, NOON)).rejects.toMatchObject({
      code: 'IMPORT_INVALID',
    });
    await expect(readForeignStore({ format: 'oma', version: 9 }, null, NOON)).rejects.toMatchObject({
      code: 'STORE_TOO_NEW',
    });
    await expect(readForeignStore(pool([], { version: 4 }), null, NOON)).rejects.toMatchObject({
      code: 'STORE_TOO_NEW',
    });
    await expect(readForeignStore(await encrypted(), null, NOON)).rejects.toMatchObject({
      code: 'STORE_PASSPHRASE_REQUIRED',
      message: expect.stringContaining('`oma import FILE --passphrase-env NAME`') as string,
    });
    const wrong = secretSchema.parse('another passphrase');
    await expect(readForeignStore(await encrypted(), wrong, NOON)).rejects.toMatchObject({
      code: 'STORE_PASSPHRASE_WRONG',
      message: 'The passphrase does not open the file to import, or the file is damaged. Nothing was changed.',
    });
  });
});
