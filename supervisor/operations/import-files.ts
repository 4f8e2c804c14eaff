import * as z from 'zod';

import { isOmaError, OmaError } from '../../contract/errors.ts';
import type { Params } from '../../contract/operation.ts';
import { importPlaceSchema, type Operations } from '../../contract/operations.ts';
import { type Alias, aliasSchema, type EpochMs, secretSchema } from '../../contract/scalars.ts';
import { readClaims } from '../../contract/token-claims.ts';
import type { NewAccount } from '../core/accounts.ts';
import { credentialsOf } from '../core/credentials.ts';
import type { AccountSource } from '../core/state.ts';
import { TIME_MAX } from '../store/account-schema.ts';
import { foreignStoreKind, readForeignStore } from '../store/foreign.ts';
import { readRegularFile } from '../store/regular-file.ts';
import { type FoundLogin, parseCodexAuth } from './codex-auth-file.ts';
import type { Context } from './context.ts';
import type { Holder } from './import-warnings.ts';
import { findPools } from './oc-pools.ts';

/** Larger files are refused; the largest honest store has a few megabytes. */
const BYTES_MAX = 32 * 1_024 * 1_024;

const PLACES = importPlaceSchema.options.join(', ');

/** One login found in a file, with the alias it had there or should get. */
export interface Candidate {
  readonly name: string;
  readonly account: NewAccount;
  readonly refreshedAt: EpochMs;
}

/** What the files to import hold. */
export interface Found {
  readonly candidates: readonly Candidate[];
  readonly skipped: readonly { readonly name: string; readonly because: string }[];
  readonly notes: readonly string[];
  readonly holders: ReadonlySet<Holder>;
}

type ImportParams = Params<Operations, 'account.import'>;

/** One place or file, and what opens it. */
interface Where extends Pick<ImportParams, 'path' | 'passphrase'> {
  readonly source: Exclude<ImportParams['source'], 'everywhere'>;
}

/**
 * Reads what an import names; of several places or pools those that cannot be read are skipped by name.
 * Errors: IMPORT_NOT_FOUND, IMPORT_INVALID, STORE_PASSPHRASE_REQUIRED, STORE_PASSPHRASE_WRONG.
 */
export async function readImport(context: Context, params: ImportParams): Promise<Found> {
  const { source } = params;
  if (source === 'everywhere') refuseWhereNowhere(context, params);
  const found = await (source === 'everywhere'
    ? readPlaces(context, params)
    : readWhere(context, { ...params, source }));
  return {
    candidates: found.flatMap(({ candidates }) => candidates),
    skipped: found.flatMap(({ skipped }) => skipped),
    notes: found.flatMap(({ notes }) => notes),
    holders: new Set(found.filter(holdsLogin).flatMap(({ holders }) => [...holders])),
  };
}

function refuseWhereNowhere({ addresses }: Context, { path }: ImportParams): void {
  if (path !== undefined)
    throw new OmaError('INVALID_PARAMS', 'A path goes with one source, such as "file".', {
      problems: [{ field: 'path', constraint: 'absent', message: 'Not with the source "everywhere".' }],
    });
  if (addresses.demo)
    throw new OmaError(
      'IMPORT_NOT_FOUND',
      'The demo has simulated accounts and does not look for your own logins. End it ("oma down"), then import them.',
    );
}

/** A place without a login is passed over; the refusal of one counts only where no other holds a login. */
async function readPlaces(context: Context, { passphrase }: ImportParams): Promise<readonly Found[]> {
  const found: Found[] = [];
  const refusals: OmaError[] = [];
  for (const source of importPlaceSchema.options) {
    try {
      found.push(...(await readWhere(context, { source, passphrase })));
    } catch (error) {
      if (!isOmaError(error)) throw error;
      if (error.code === 'IMPORT_NOT_FOUND') continue;
      refusals.push(error);
      found.push(leftOut(source, error));
    }
  }
  const [refusal] = refusals;
  if (refusal !== undefined && !found.some(holdsLogin)) throw refusal;
  return found;
}

function holdsLogin({ candidates }: Found): boolean {
  return candidates.length > 0;
}

function readWhere(context: Context, where: Where): Promise<readonly Found[]> {
  return where.source === 'oc-codex-multi-auth' && where.path === undefined
    ? readPools(context, where)
    : Promise.all([readFile(context, where, originOf(context.addresses, where))]);
}

function leftOut(name: string, { message }: OmaError): Found {
  return { candidates: [], skipped: [{ name, because: message }], notes: [], holders: new Set() };
}

interface Origin {
  readonly path: string;
  readonly source: AccountSource;
}

async function readPools(context: Context, where: Where): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const { path, name } of await findPools(context.addresses.openCodeHome)) {
    const pool = await readFile(context, where, { path, source: 'import-file' }).catch((error: unknown) => {
      if (!isOmaError(error)) throw error;
      return leftOut(name, error);
    });
    found.push(pool);
  }
  return found;
}

async function readFile({ addresses, now }: Context, where: Where, { path, source }: Origin): Promise<Found> {
  const text = await readText(path, where);
  const json = parseJson(text);
  const kind = foreignStoreKind(json);
  if (kind !== null) {
    const passphrase = where.passphrase === undefined ? null : secretSchema.parse(where.passphrase);
    const { accounts, skipped, notes } = await readForeignStore(json, passphrase, now());
    return {
      candidates: accounts.map(({ alias, seat, email, planType, credentials }) => ({
        name: alias,
        account: { alias, seat, email, planType, source, credentials },
        refreshedAt: credentials.lastRefreshAt,
      })),
      skipped,
      notes,
      holders: new Set([kind]),
    };
  }
  const ofOpenCode = parseOpenCodeAuth(json, now());
  const login = ofOpenCode ?? parseCodexAuth(text);
  const codex = path === addresses.codexAuthFile ? 'codex-watched' : 'codex';
  return {
    candidates: login === null ? [] : [candidateOf(login, source, now())],
    skipped: [],
    notes: [],
    holders: new Set([ofOpenCode === null ? codex : 'opencode']),
  };
}

function originOf(addresses: Context['addresses'], { source, path }: Where): Origin {
  switch (source) {
    case 'codex':
      return { path: path ?? addresses.codexAuthFile, source: 'import-codex' };
    case 'opencode':
      return { path: path ?? addresses.openCodeAuthFile, source: 'import-opencode' };
    case 'upstream':
      return { path: path ?? storeOfUpstream(addresses), source: 'import-upstream' };
    case 'oc-codex-multi-auth':
    case 'file':
      if (path === undefined)
        throw new OmaError('INVALID_PARAMS', 'Name the file to import.', {
          problems: [{ field: 'path', constraint: 'required', message: 'Name the file to import.' }],
        });
      return { path, source: addresses.demo ? 'demo' : 'import-file' };
  }
}

function storeOfUpstream({ upstreamStoreFile }: Context['addresses']): string {
  if (upstreamStoreFile !== null) return upstreamStoreFile;
  throw new OmaError(
    'IMPORT_NOT_FOUND',
    'opencode-multi-auth-codex keeps its accounts where oma keeps its own: what was there, oma took over at its first start. Name the file if yours lies elsewhere.',
  );
}

const openCodeAuthSchema = z.looseObject({
  openai: z.looseObject({
    type: z.literal('oauth'),
    refresh: secretSchema,
    access: secretSchema,
    expires: z.int().min(0).max(TIME_MAX),
    accountId: z.string().min(1).max(128).optional(),
  }),
});

/** OpenCode's own login; the placeholder that oma keeps there is none. */
function parseOpenCodeAuth(json: unknown, now: EpochMs): FoundLogin | null {
  const parsed = openCodeAuthSchema.safeParse(json);
  if (!parsed.success) return null;
  const { access, refresh, expires, accountId } = parsed.data.openai;
  const claims = readClaims(access);
  const account = accountId ?? claims?.accountId ?? null;
  if (account === null || claims === null || claims.userId === null) return null;
  const { userId, email, planType, expiresAtMs } = claims;
  return {
    refreshedAt: Math.min(now, expires),
    tokens: {
      accessToken: access,
      refreshToken: refresh,
      idToken: null,
      expiresAtMs: expiresAtMs ?? expires,
      accountId: account,
      userId,
      email,
      planType,
    },
  };
}

function candidateOf({ tokens, refreshedAt }: FoundLogin, source: AccountSource, now: EpochMs): Candidate {
  const { accountId, userId, email, planType } = tokens;
  const alias = aliasFrom(email);
  const credentials = { ...credentialsOf(tokens, now), lastRefreshAt: refreshedAt };
  return {
    name: alias,
    refreshedAt,
    account: { alias, seat: { accountId, userId }, email, planType, source, credentials },
  };
}

function aliasFrom(email: string | null): Alias {
  const parsed = aliasSchema.safeParse((email ?? '').split('@')[0]?.replace(/[^A-Za-z0-9._-]/g, '-'));
  return parsed.success ? parsed.data : 'imported';
}

async function readText(path: string, where: Where): Promise<string> {
  const text = await readRegularFile(path, BYTES_MAX).catch((error: unknown) => {
    throw new OmaError(
      'IMPORT_NOT_FOUND',
      where.source === 'file'
        ? `The file to import does not exist or cannot be read. Check its name and permissions, or name a place where oma looks: ${PLACES}.`
        : `There is no login of ${where.source} here, or it cannot be read.`,
      undefined,
      error,
    );
  });
  if (text === null)
    throw new OmaError('IMPORT_INVALID', 'What you want to import is not a login file, or too large to be one.');
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new OmaError(
      'IMPORT_INVALID',
      'The file to import is not JSON. Import codex’s auth.json, OpenCode’s auth.json or an accounts.json.',
    );
  }
}
