import {
  createCipheriv,
  createDecipheriv,
  randomBytes,
  scrypt,
  type ScryptOptions,
  timingSafeEqual,
} from 'node:crypto';

import * as z from 'zod';

import type { Secret } from '../../contract/scalars.ts';
import { STORE_FORMAT, STORE_VERSION } from './schema.ts';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const CHECK_BYTES = 16;
const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Cost of our own files. Why: 32 MiB three times over is as hard to guess as the usual 128 MiB once, and spares the memory of a daemon. */
const COST = { n: 32_768, r: 8, p: 3 } as const;

/** Memory that the key of a file may cost us at most, in bytes; a file that asks for more is damaged or meant to hurt. */
const KEY_MEMORY_MAX = 256 * 1_024 * 1_024;

const base64Schema = z.base64().max(512 * 1_024 * 1_024);

const envelopeSchema = z
  .strictObject({
    format: z.literal(STORE_FORMAT),
    version: z.literal(STORE_VERSION),
    encrypted: z.literal(true),
    cipher: z.literal(CIPHER),
    kdf: z.literal('scrypt'),
    n: z
      .int()
      .min(2 ** 14)
      .max(2 ** 20),
    r: z.int().min(1).max(32),
    p: z.int().min(1).max(16),
    salt: base64Schema,
    check: base64Schema.describe('Proves the passphrase, so that a wrong one is not taken for damage.'),
    iv: base64Schema,
    tag: base64Schema,
    data: base64Schema,
  })
  .refine(({ n, r }) => 128 * n * r <= KEY_MEMORY_MAX, { path: ['n'], message: 'the key would need too much memory' });

/** An encrypted store file. */
export type Envelope = z.output<typeof envelopeSchema>;

/** A key made from a passphrase, once for as long as the store is open; its salt is kept, so that writing needs no new one. */
export interface StoreKey {
  readonly header: Pick<Envelope, 'n' | 'r' | 'p' | 'salt' | 'check'>;
  readonly bytes: Uint8Array;
}

/** What an envelope turned out to hold. */
export type Unsealed =
  | { readonly status: 'open'; readonly text: string; readonly key: StoreKey }
  | { readonly status: 'wrong-passphrase' }
  | { readonly status: 'damaged' };

/** Upstream's envelope: no check value, Node's default cost. */
const upstreamEnvelopeSchema = z.object({
  encrypted: z.literal(true),
  salt: base64Schema,
  iv: base64Schema,
  tag: base64Schema,
  data: base64Schema,
});
type UpstreamEnvelope = z.output<typeof upstreamEnvelopeSchema>;

/** Tells whether parsed JSON is an encrypted store file of ours; null = it is not. */
export function parseEnvelope(raw: unknown): Envelope | null {
  return envelopeSchema.safeParse(raw).data ?? null;
}

/** Tells whether parsed JSON is an encrypted store file of upstream; null = it is not. */
export function parseUpstreamEnvelope(raw: unknown): UpstreamEnvelope | null {
  return upstreamEnvelopeSchema.safeParse(raw).data ?? null;
}

/** Makes the key of a new encrypted store. */
export async function createKey(passphrase: Secret): Promise<StoreKey> {
  const salt = randomBytes(SALT_BYTES).toString('base64');
  const { bytes, check } = await derive(passphrase, { ...COST, salt });
  return { header: { ...COST, salt, check }, bytes };
}

/** Encrypts the text of a store; every call uses a new initialisation vector. */
export function seal(text: string, { header, bytes }: StoreKey): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, bytes, iv);
  cipher.setAAD(boundTo(header));
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  const envelope: Envelope = {
    format: STORE_FORMAT,
    version: STORE_VERSION,
    encrypted: true,
    cipher: CIPHER,
    kdf: 'scrypt',
    ...header,
    iv: iv.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
    data: data.toString('base64'),
  };
  return `${JSON.stringify(envelope)}\n`;
}

/** Decrypts a store file of ours. */
export async function unseal(envelope: Envelope, passphrase: Secret): Promise<Unsealed> {
  const { n, r, p, salt } = envelope;
  const { bytes, check } = await derive(passphrase, { n, r, p, salt });
  const expected = Buffer.from(envelope.check, 'base64');
  const actual = Buffer.from(check, 'base64');
  if (expected.length !== actual.length) return { status: 'damaged' };
  if (!timingSafeEqual(expected, actual)) return { status: 'wrong-passphrase' };
  const header = { n, r, p, salt, check };
  const text = decrypt(envelope, { bytes, aad: boundTo(header) });
  return text === null ? { status: 'damaged' } : { status: 'open', text, key: { header, bytes } };
}

/** Decrypts a store file of upstream. Shape: null = wrong passphrase or damage; its format cannot tell which. */
export async function unsealUpstream(envelope: UpstreamEnvelope, passphrase: Secret): Promise<string | null> {
  const bytes = await scryptAsync(passphrase, { salt: envelope.salt, length: KEY_BYTES });
  return decrypt(envelope, { bytes, aad: null });
}

async function derive(
  passphrase: Secret,
  { n, r, p, salt }: Pick<Envelope, 'n' | 'r' | 'p' | 'salt'>,
): Promise<{ readonly bytes: Uint8Array; readonly check: string }> {
  const derived = await scryptAsync(passphrase, {
    salt,
    length: KEY_BYTES + CHECK_BYTES,
    N: n,
    r,
    p,
    maxmem: 2 * KEY_MEMORY_MAX,
  });
  return { bytes: derived.subarray(0, KEY_BYTES), check: derived.subarray(KEY_BYTES).toString('base64') };
}

function scryptAsync(
  passphrase: Secret,
  { salt, length, ...options }: ScryptOptions & { readonly salt: string; readonly length: number },
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  scrypt(passphrase, Buffer.from(salt, 'base64'), length, options, (error, derived) => {
    if (error === null) resolve(derived);
    else reject(error);
  });
  return promise;
}

function decrypt(
  { iv, tag, data }: Pick<Envelope, 'iv' | 'tag' | 'data'>,
  { bytes, aad }: { readonly bytes: Uint8Array; readonly aad: Uint8Array | null },
): string | null {
  try {
    const decipher = createDecipheriv(CIPHER, bytes, Buffer.from(iv, 'base64'), { authTagLength: TAG_BYTES });
    if (aad !== null) decipher.setAAD(aad);
    decipher.setAuthTag(Buffer.from(tag, 'base64'));
    return Buffer.concat([decipher.update(data, 'base64'), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}

/** Binds what surrounds the ciphertext to it, so that nobody can swap the one without the other. */
function boundTo({ n, r, p, salt, check }: StoreKey['header']): Uint8Array {
  return Buffer.from([STORE_FORMAT, STORE_VERSION, n, r, p, salt, check].join(':'), 'utf8');
}
