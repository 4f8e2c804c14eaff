import { basename, dirname, relative } from 'node:path';

import { isOmaError, OmaError } from '../../contract/errors.ts';
import type { Params } from '../../contract/operation.ts';
import { importPlaceSchema, type Operations } from '../../contract/operations.ts';
import { type Alias, aliasSchema, type EpochMs, secretSchema } from '../../contract/scalars.ts';
import type { NewAccount } from '../core/accounts.ts';
import { credentialsOf } from '../core/credentials.ts';
import type { AccountSource } from '../core/state.ts';
import { foreignStoreKind, readForeignStore } from '../store/foreign.ts';
import { readRegularFile } from '../store/regular-file.ts';
import { type FoundLogin, parseCodexAuth } from './codex-auth-file.ts';
import type { Context } from './context.ts';
import type { Holder } from './import-warnings.ts';
import { findPools } from './oc-pools.ts';
import { parseOpenCodeAuth } from './opencode-auth-file.ts';

/** Larger files are refused; the largest honest store has a few megabytes. */
const BYTES_MAX = 32 * 1_024 * 1_024;

const PLACES = importPlaceSchema.options.join(', ');

/** One login found in a file, with the alias it had there or should get. */
export interface Candidate {
  readonly name: string;
  readonly account: NewAccount;
  readonly refreshedAt: EpochMs;
  /** What a person should know once it is imported. */
  readonly notes: readonly string[];
}

/** What the files to import hold. */
export interface Found {
  readonly candidates: readonly Candidate[];
  readonly skipped: readonly { readonly name: string; readonly because: string }[];
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
  refuseInDemo(context, params);
  const { source } = params;
  const found = await (source === 'everywhere'
    ? readEverywhere(context, params)
    : readWhere(context, { ...params, source }));
  return {
    candidates: found.flatMap(({ candidates }) => candidates),
    skipped: found.flatMap(({ skipped }) => skipped),
    holders: new Set(found.filter(holdsLogin).flatMap(({ holders }) => [...holders])),
  };
}

/** Why: a demo talks to a simulated provider, which a login of its user is none of the business of. */
function refuseInDemo({ addresses, store }: Context, { source, path }: ImportParams): void {
  if (!addresses.demo) return;
  const isOwn = source === 'file' && path !== undefined && isInside(dirname(store.status().file), path);
  if (!isOwn)
    throw new OmaError(
      'IMPORT_NOT_FOUND',
      'The demo has simulated accounts and does not look at your own logins. Nothing was read. End it ("oma down"), then import them.',
    );
}

function isInside(directory: string, path: string): boolean {
  return !relative(directory, path).startsWith('..');
}

function readEverywhere(context: Context, { path, passphrase }: ImportParams): Promise<readonly Found[]> {
  if (path !== undefined)
    throw new OmaError('INVALID_PARAMS', 'A path goes with one source, such as "file".', {
      problems: [{ field: 'path', constraint: 'absent', message: 'Not with the source "everywhere".' }],
    });
  return readEach(
    importPlaceSchema.options.map((source) => ({
      name: source,
      read: () => readWhere(context, { source, passphrase }),
    })),
  );
}

/** One of several things to read. Shape: `name` is for people, and no path, which would tell the home. */
interface Part {
  readonly name: string;
  read: () => Promise<readonly Found[]>;
}

/** A part without a login is passed over; the refusal of one counts only where no other holds a login. */
async function readEach(parts: readonly Part[]): Promise<readonly Found[]> {
  const found: Found[] = [];
  const refusals: OmaError[] = [];
  for (const { name, read } of parts) {
    try {
      found.push(...(await read()));
    } catch (error) {
      if (!isOmaError(error)) throw error;
      if (error.code === 'IMPORT_NOT_FOUND') continue;
      refusals.push(error);
      found.push(leftOut(name, error));
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
  const { source, path } = where;
  if (source === 'oc-codex-multi-auth' && path === undefined) return readPools(context, where);
  if (source === 'upstream' && path === undefined) return readUpstream(context, where);
  return Promise.all([readFile(context, where, originOf(context.addresses, where))]);
}

/** Reads the store of upstream and the list of its early versions. */
async function readUpstream(context: Context, where: Where): Promise<readonly Found[]> {
  const { upstreamStoreFile, upstreamListFile } = context.addresses;
  const paths = upstreamStoreFile === null ? [upstreamListFile] : [upstreamStoreFile, upstreamListFile];
  const found = await readEach(
    paths.map((path) => ({
      name: `upstream, ${basename(path)}`,
      read: () => Promise.all([readFile(context, where, { path, source: 'import-upstream' })]),
    })),
  );
  if (found.length > 0) return found;
  throw new OmaError(
    'IMPORT_NOT_FOUND',
    upstreamStoreFile === null
      ? 'opencode-multi-auth-codex keeps its accounts where oma keeps its own: what was there, oma took over at its first start. Name the file if yours lies elsewhere.'
      : 'There is no login of upstream here, or it cannot be read.',
  );
}

/** Why not that nothing was changed: what else there is, is imported. */
function leftOut(name: string, { message }: OmaError): Found {
  const because = message.replace(' Nothing was changed.', '');
  return { candidates: [], skipped: [{ name, because }], holders: new Set() };
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
    const { accounts, skipped } = await readForeignStore(json, passphrase, now());
    return {
      candidates: accounts.map(({ account: { alias, seat, email, planType, credentials }, notes }) => ({
        name: alias,
        account: { alias, seat, email, planType, source, credentials },
        refreshedAt: credentials.lastRefreshAt,
        notes,
      })),
      skipped,
      holders: new Set([kind]),
    };
  }
  const ofOpenCode = parseOpenCodeAuth(json, now());
  const login = ofOpenCode ?? parseCodexAuth(text);
  const codex = path === addresses.codexAuthFile ? 'codex-watched' : 'codex';
  return {
    candidates: login === null ? [] : [candidateOf(login, source, now())],
    skipped: [],
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
    case 'oc-codex-multi-auth':
    case 'file':
      if (path === undefined)
        throw new OmaError('INVALID_PARAMS', 'Name the file to import.', {
          problems: [{ field: 'path', constraint: 'required', message: 'Name the file to import.' }],
        });
      return { path, source: source === 'upstream' ? 'import-upstream' : addresses.demo ? 'demo' : 'import-file' };
  }
}

function candidateOf({ tokens, refreshedAt }: FoundLogin, source: AccountSource, now: EpochMs): Candidate {
  const { accountId, userId, email, planType } = tokens;
  const alias = aliasFrom(email);
  const credentials = { ...credentialsOf(tokens, now), lastRefreshAt: refreshedAt };
  return {
    name: alias,
    refreshedAt,
    notes: [],
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
      text.trim() === ''
        ? 'The file to import is empty. Nothing was changed.'
        : 'The file to import is not JSON, or it is cut off. Nothing was changed. Import codex’s auth.json, OpenCode’s auth.json or an accounts.json.',
    );
  }
}
