import { OmaError } from '../../contract/errors.ts';
import type { EpochMs, Secret } from '../../contract/scalars.ts';
import type { State } from '../core/state.ts';
import { parseEnvelope, parseUpstreamEnvelope, type StoreKey, unseal, unsealUpstream } from './crypto.ts';
import { checkInvariants } from './invariants.ts';
import { migrate, type MigrationReport, upstreamFormatOf } from './migrate.ts';
import { decodeStore, type Extras, STORE_FORMAT, STORE_VERSION } from './schema.ts';

/** What the bytes of a file turned out to be. Shape: `key` null = it is not encrypted; problems name fields, never values. */
export type StoreContent =
  | { readonly kind: 'oma'; readonly state: State; readonly extras: Extras; readonly key: StoreKey | null }
  | {
      readonly kind: 'upstream';
      readonly state: State;
      readonly extras: Extras;
      readonly report: MigrationReport;
      readonly encrypted: boolean;
    }
  | { readonly kind: 'empty' }
  | { readonly kind: 'damaged'; readonly problems: readonly string[] };

/** What reading may need besides the bytes. */
export interface ReadContext {
  readonly passphrase: Secret | null;
  readonly now: EpochMs;
}

/** Reads a store of any format that oma knows. Errors: STORE_TOO_NEW, STORE_PASSPHRASE_REQUIRED, STORE_PASSPHRASE_WRONG. */
export async function readStore(bytes: Uint8Array, context: ReadContext): Promise<StoreContent> {
  const text = decodeUtf8(bytes);
  if (text === null) return damaged('it is not text in UTF-8');
  if (text.trim() === '') return { kind: 'empty' };
  const raw = parseJson(text);
  return raw === undefined ? damaged('it is not JSON, or it is cut off') : readStoreJson(raw, context);
}

/** Reads a store of any format out of parsed JSON. Errors: as `readStore`. */
export async function readStoreJson(raw: unknown, context: ReadContext): Promise<StoreContent> {
  refuseNewer(raw);
  const envelope = parseEnvelope(raw);
  if (envelope !== null) {
    const unsealed = await unseal(envelope, required(context, 'The store'));
    if (unsealed.status === 'wrong-passphrase') throw wrongPassphrase();
    return unsealed.status === 'damaged'
      ? damaged('its encrypted content was altered or cut off')
      : readPlain(parseJson(unsealed.text), unsealed.key);
  }
  const upstreamEnvelope = parseUpstreamEnvelope(raw);
  if (upstreamEnvelope !== null) {
    const plain = await unsealUpstream(upstreamEnvelope, required(context, "The store is upstream's and"));
    if (plain === null) throw wrongPassphrase();
    return readUpstream(parseJson(plain), context, true);
  }
  if (upstreamFormatOf(raw) !== null) return readUpstream(raw, context, false);
  return isOurs(raw) ? readPlain(raw, null) : damaged('it is no store that oma knows');
}

function readPlain(raw: unknown, key: StoreKey | null): StoreContent {
  refuseNewer(raw);
  const decoded = decodeStore(raw);
  if (!decoded.ok) return { kind: 'damaged', problems: decoded.problems };
  const problems = checkInvariants(decoded.state);
  return problems.length > 0
    ? { kind: 'damaged', problems }
    : { kind: 'oma', state: decoded.state, extras: decoded.extras, key };
}

function readUpstream(raw: unknown, { now }: ReadContext, encrypted: boolean): StoreContent {
  refuseNewer(raw);
  const migrated = migrate(raw, now);
  if (migrated === null) return damaged('it is no store that oma knows');
  const problems = checkInvariants(migrated.state);
  return problems.length > 0 ? { kind: 'damaged', problems } : { kind: 'upstream', ...migrated, encrypted };
}

function isOurs(raw: unknown): raw is object {
  return typeof raw === 'object' && raw !== null && 'format' in raw && raw.format === STORE_FORMAT;
}

/** Why: a file that a newer program wrote is refused before anything else is asked of it, and left as it is. */
function refuseNewer(raw: unknown): void {
  const version = isOurs(raw) && 'version' in raw && typeof raw.version === 'number' ? raw.version : 0;
  if (version > STORE_VERSION) {
    throw new OmaError(
      'STORE_TOO_NEW',
      `The store has version ${String(version)}; this oma knows ${String(STORE_VERSION)}. Nothing was changed. Start the newer oma that wrote it.`,
      { version, known: STORE_VERSION },
    );
  }
  if (upstreamFormatOf(raw) === 'newer') {
    throw new OmaError(
      'STORE_TOO_NEW',
      'The store was written by a version of the former plugin that this oma does not know. Nothing was changed. Update oma.',
      { known: STORE_VERSION },
    );
  }
}

function required({ passphrase }: ReadContext, what: string): Secret {
  if (passphrase === null)
    throw new OmaError(
      'STORE_PASSPHRASE_REQUIRED',
      `${what} is encrypted. Nothing was changed. Give its passphrase in OPENCODE_MULTI_AUTH_PASSPHRASE.`,
    );
  return passphrase;
}

function wrongPassphrase(): OmaError {
  return new OmaError(
    'STORE_PASSPHRASE_WRONG',
    'The passphrase does not open the store. Nothing was changed. Correct OPENCODE_MULTI_AUTH_PASSPHRASE; if you are sure of it, restore a backup with "oma restore FILE".',
  );
}

function damaged(problem: string): StoreContent {
  return { kind: 'damaged', problems: [problem] };
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
