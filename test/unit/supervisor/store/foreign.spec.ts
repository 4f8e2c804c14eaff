import { describe, expect, it } from 'vitest';

import { createKey, seal } from '../../../../supervisor/store/crypto.ts';
import { isForeignStore, readForeignStore } from '../../../../supervisor/store/foreign.ts';
import { createEncoder, NO_EXTRAS } from '../../../../supervisor/store/schema.ts';
import { NOON, stateWith } from '../../../support/state.ts';
import { PASSPHRASE } from '../../../support/store-sandbox.ts';
import { accountV1, storeArray, storeV1, storeV2, upstreamEnvelope } from '../../../support/upstream-store.ts';

const ours: unknown = JSON.parse(createEncoder(NO_EXTRAS)(stateWith('work', 'home')));

async function encrypted(): Promise<unknown> {
  return JSON.parse(seal(JSON.stringify(ours), await createKey(PASSPHRASE))) as unknown;
}

describe('a store file to import from', { timeout: 60_000 }, () => {
  it('is recognised in every format, and nothing else is', async () => {
    const stores = [
      ours,
      await encrypted(),
      storeV1(),
      storeV2(),
      storeArray([]),
      upstreamEnvelope(storeV2(), PASSPHRASE),
    ];
    expect(stores.map(isForeignStore)).toEqual(stores.map(() => true));
    const others = [null, [], 'accounts', { tokens: {} }, { openai: { type: 'oauth' } }, { accounts: 3 }];
    expect(others.map(isForeignStore)).toEqual(others.map(() => false));
  });

  it('gives its accounts', async () => {
    for (const raw of [ours, await encrypted(), storeV1(), upstreamEnvelope(storeV2(), PASSPHRASE)]) {
      const { accounts } = await readForeignStore(raw, PASSPHRASE, NOON);
      expect(accounts.map(({ alias, seat }) => [alias, seat.userId])).toEqual([
        ['work', 'user-work'],
        ['home', 'user-home'],
      ]);
    }
  });

  it('names what cannot be imported, and what is renamed', async () => {
    const raw = storeV1({ 'a b': accountV1('a'), gone: {}, odd: accountV1('odd', { accessToken: 'opaque' }) });
    const { accounts, skipped, notes } = await readForeignStore(raw, null, NOON);
    expect(accounts.map(({ alias }) => alias)).toEqual(['a-b']);
    expect(skipped).toEqual([
      { name: 'gone', because: 'it holds no login' },
      { name: 'odd', because: 'its tokens do not say whose they are; add it with "oma add"' },
    ]);
    expect(notes[0]).toBe('"a b" is no alias of oma and becomes "a-b"');
  });

  it('is refused when it is damaged, too new or locked', async () => {
    await expect(readForeignStore({ format: 'oma', version: 2 }, null, NOON)).rejects.toMatchObject({
      code: 'IMPORT_INVALID',
    });
    await expect(readForeignStore({ format: 'oma', version: 9 }, null, NOON)).rejects.toMatchObject({
      code: 'STORE_TOO_NEW',
    });
    await expect(readForeignStore(await encrypted(), null, NOON)).rejects.toMatchObject({
      code: 'STORE_PASSPHRASE_REQUIRED',
    });
  });
});
