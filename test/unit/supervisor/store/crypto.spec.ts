import { describe, expect, it } from 'vitest';

import { secretSchema } from '../../../../contract/scalars.ts';
import {
  createKey,
  type Envelope,
  parseEnvelope,
  parseUpstreamEnvelope,
  seal,
  unseal,
  unsealUpstream,
} from '../../../../supervisor/store/crypto.ts';
import { PASSPHRASE } from '../../../support/store-sandbox.ts';
import { storeV2, upstreamEnvelope } from '../../../support/upstream-store.ts';

const WRONG = secretSchema.parse('another passphrase');
const TEXT = '{"token":"top-secret-token","umlaut":"ü"}';

async function sealed(text = TEXT): Promise<Envelope> {
  return envelopeOf(seal(text, await createKey(PASSPHRASE)));
}

function envelopeOf(content: string): Envelope {
  const envelope = parseEnvelope(JSON.parse(content));
  if (envelope === null) throw new Error('it is no envelope');
  return envelope;
}

describe('the encrypted store', { timeout: 60_000 }, () => {
  it('opens with its passphrase and holds the text as it was', async () => {
    expect(await unseal(await sealed(), PASSPHRASE)).toMatchObject({ status: 'open', text: TEXT });
  });

  it('shows nothing of the text', async () => {
    const content = seal(TEXT, await createKey(PASSPHRASE));
    expect(content).not.toContain('top-secret-token');
    expect(content).not.toContain(Buffer.from('top-secret-token').toString('base64').slice(0, 16));
  });

  it('tells a wrong passphrase from damage', async () => {
    const envelope = await sealed();
    expect(await unseal(envelope, WRONG)).toEqual({ status: 'wrong-passphrase' });
    const data = Buffer.from(envelope.data, 'base64');
    data[3] = (data[3] ?? 0) ^ 1;
    expect(await unseal({ ...envelope, data: data.toString('base64') }, PASSPHRASE)).toEqual({ status: 'damaged' });
  });

  it.each(['iv', 'tag', 'data'] as const)('is damaged when its %s is cut off', async (field) => {
    const envelope = await sealed();
    expect(await unseal({ ...envelope, [field]: '' }, PASSPHRASE)).toEqual({ status: 'damaged' });
  });

  it('uses a new initialisation vector for every write and keeps the salt', async () => {
    const key = await createKey(PASSPHRASE);
    const [first, second] = [envelopeOf(seal(TEXT, key)), envelopeOf(seal(TEXT, key))];
    expect(first.iv).not.toBe(second.iv);
    expect(first.data).not.toBe(second.data);
    expect(first.salt).toBe(second.salt);
  });

  it('goes on with the key that opened it', async () => {
    const envelope = await sealed();
    const opened = await unseal(envelope, PASSPHRASE);
    if (opened.status !== 'open') throw new Error(opened.status);
    const next = envelopeOf(seal('{"next":true}', opened.key));
    expect([next.salt, next.check]).toEqual([envelope.salt, envelope.check]);
    expect(await unseal(next, PASSPHRASE)).toMatchObject({ status: 'open', text: '{"next":true}' });
  });

  it('gives two stores with one passphrase different keys', async () => {
    const [first, second] = await Promise.all([createKey(PASSPHRASE), createKey(PASSPHRASE)]);
    expect(first.bytes).not.toEqual(second.bytes);
  });

  it('is no envelope when the key would cost too much memory or too little time', async () => {
    const envelope = await sealed();
    expect(parseEnvelope({ ...envelope, n: 2 ** 20, r: 32 })).toBeNull();
    expect(parseEnvelope({ ...envelope, n: 2 })).toBeNull();
    expect(parseEnvelope({ ...envelope, kdf: 'none' })).toBeNull();
  });
});

describe("upstream's encrypted store", () => {
  const store = storeV2();

  it('opens with its passphrase', async () => {
    const envelope = parseUpstreamEnvelope(upstreamEnvelope(store, PASSPHRASE));
    if (envelope === null) throw new Error('it is no envelope');
    expect(JSON.parse((await unsealUpstream(envelope, PASSPHRASE)) ?? '')).toEqual(store);
    expect(await unsealUpstream(envelope, WRONG)).toBeNull();
  });

  it('is not taken for ours, nor ours for a plain store', async () => {
    expect(parseEnvelope(upstreamEnvelope(store, PASSPHRASE))).toBeNull();
    expect(parseEnvelope(store)).toBeNull();
    expect(parseUpstreamEnvelope(store)).toBeNull();
    expect(parseUpstreamEnvelope(await sealed())).not.toBeNull();
  });
});
