import { describe, expect, it } from 'vitest';

import { type Secret, secretSchema } from '../../../../contract/scalars.ts';
import { createKey, seal } from '../../../../supervisor/store/crypto.ts';
import { readStore, type StoreContent } from '../../../../supervisor/store/read-store.ts';
import { createEncoder, NO_EXTRAS } from '../../../../supervisor/store/schema.ts';
import { NOON, stateWith } from '../../../support/state.ts';
import { PASSPHRASE } from '../../../support/store-sandbox.ts';
import { storeArray, storeV1, storeV2, upstreamEnvelope } from '../../../support/upstream-store.ts';

const PLAIN = createEncoder(NO_EXTRAS)(stateWith('work', 'home'));

function read(content: string, passphrase: Secret | null = null): Promise<StoreContent> {
  return readStore(Buffer.from(content, 'utf8'), { passphrase, now: NOON });
}

/** How often each kind came out when the content is cut off at every byte. */
async function kindsOfAllCuts(content: string, passphrase: Secret | null = null): Promise<ReadonlyMap<string, number>> {
  const kinds = new Map<string, number>();
  for (let length = 0; length < content.length; length += 1) {
    const { kind } = await read(content.slice(0, length), passphrase);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return kinds;
}

describe('reading a store', { timeout: 60_000 }, () => {
  it.each([
    ['ours', PLAIN, 'oma'],
    ["upstream's first version", JSON.stringify(storeV1()), 'upstream'],
    ["upstream's second version", JSON.stringify(storeV2()), 'upstream'],
    ["upstream's legacy list", JSON.stringify(storeArray([])), 'upstream'],
    ['an empty file', '', 'empty'],
    ['blank space', ' \r\n\t', 'empty'],
    ['no JSON', 'accounts', 'damaged'],
    ['a number', '7', 'damaged'],
    ['null', 'null', 'damaged'],
    ['JSON of another program', '{"accounts":3}', 'damaged'],
    ['an envelope without its content', '{"encrypted":true}', 'damaged'],
  ])('tells %s', async (_, content, kind) => {
    expect((await read(content)).kind).toBe(kind);
  });

  it('is not misled by bytes that are no text', async () => {
    const content = await readStore(Uint8Array.from([0x7b, 0xff, 0xfe, 0x7d]), { passphrase: null, now: NOON });
    expect(content).toEqual({ kind: 'damaged', problems: ['it is not text in UTF-8'] });
  });

  it('gives the state back as it was, plain or encrypted', async () => {
    const key = await createKey(PASSPHRASE);
    expect(await read(PLAIN)).toEqual({ kind: 'oma', state: stateWith('work', 'home'), extras: NO_EXTRAS, key: null });
    expect(await read(seal(PLAIN, key), PASSPHRASE)).toEqual({
      kind: 'oma',
      state: stateWith('work', 'home'),
      extras: NO_EXTRAS,
      key,
    });
  });

  it('reads a plain store also when a passphrase is given', async () => {
    expect(await read(PLAIN, PASSPHRASE)).toMatchObject({ kind: 'oma', key: null });
  });

  it('asks for the passphrase, tells a wrong one, and opens with the right one', async () => {
    for (const content of [
      seal(PLAIN, await createKey(PASSPHRASE)),
      JSON.stringify(upstreamEnvelope(storeV2(), PASSPHRASE)),
    ]) {
      await expect(read(content)).rejects.toMatchObject({ code: 'STORE_PASSPHRASE_REQUIRED' });
      await expect(read(content, secretSchema.parse('wrong'))).rejects.toMatchObject({
        code: 'STORE_PASSPHRASE_WRONG',
      });
      expect(['oma', 'upstream']).toContain((await read(content, PASSPHRASE)).kind);
    }
  });

  it('refuses a newer version, also inside an envelope', async () => {
    const newer = PLAIN.replace('"version": 2', '"version": 3');
    await expect(read(newer)).rejects.toMatchObject({ code: 'STORE_TOO_NEW', details: { version: 3, known: 2 } });
    await expect(read(seal(newer, await createKey(PASSPHRASE)), PASSPHRASE)).rejects.toMatchObject({
      code: 'STORE_TOO_NEW',
    });
    await expect(
      read(JSON.stringify(upstreamEnvelope({ ...storeV2(), version: 3 }, PASSPHRASE)), PASSPHRASE),
    ).rejects.toMatchObject({ code: 'STORE_TOO_NEW' });
  });

  it('takes an envelope around something else for damage', async () => {
    expect((await read(seal('{"accounts":{}}', await createKey(PASSPHRASE)), PASSPHRASE)).kind).toBe('damaged');
    expect((await read(JSON.stringify(upstreamEnvelope({ accounts: 3 }, PASSPHRASE)), PASSPHRASE)).kind).toBe(
      'damaged',
    );
  });
});

describe('[B.L2.6] a store cut off at any byte', { timeout: 60_000 }, () => {
  it('is never taken for a smaller store', async () => {
    expect([...(await kindsOfAllCuts(PLAIN))]).toEqual([
      ['empty', 1],
      ['damaged', PLAIN.length - 2],
      ['oma', 1],
    ]);
  });

  it('of upstream is never taken for a smaller store', async () => {
    const content = JSON.stringify(storeV2());
    expect([...(await kindsOfAllCuts(content))]).toEqual([
      ['empty', 1],
      ['damaged', content.length - 1],
    ]);
  });

  it('that is encrypted is damaged, and never asks for another passphrase', async () => {
    const content = seal('{}', await createKey(PASSPHRASE)).trimEnd();
    expect([...(await kindsOfAllCuts(content, PASSPHRASE))]).toEqual([
      ['empty', 1],
      ['damaged', content.length - 1],
    ]);
  });
});
