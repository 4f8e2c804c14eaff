import { readFile } from 'node:fs/promises';

import { z } from 'zod';

import { isOmaError, OmaError } from '../../contract/errors.ts';
import type { CallContext, Params, Result } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';
import { aliasSchema, secretSchema, type Alias } from '../../contract/scalars.ts';
import { readClaims } from '../../contract/token-claims.ts';
import { findSeat } from '../core/access.ts';
import { addAccount, type NewAccount } from '../core/accounts.ts';
import { adoptNewer, credentialsOf } from '../core/credentials.ts';
import type { AccountSource, State } from '../core/state.ts';
import { isoTime } from '../core/time.ts';
import { isForeignStore, readForeignStore } from '../store/foreign.ts';
import type { Audit } from './audit.ts';
import { parseCodexAuth, type FoundLogin } from './codex-auth-file.ts';
import type { Context } from './context.ts';

/** Larger files are refused before they are read into memory. */
const BYTES_MAX = 32 * 1_024 * 1_024;

/** What the import needs. */
export interface ImportDeps {
  readonly context: Context;
  readonly audit: Audit;
}

type ImportParams = Params<Operations, 'account.import'>;
type ImportResult = Result<Operations, 'account.import'>;

/** One login found in a file, with the alias it had there or should get. */
interface Candidate {
  readonly name: string;
  readonly account: NewAccount;
  readonly refreshedAt: number;
}

interface Plan {
  readonly state: State;
  readonly result: ImportResult;
}

/** Imports logins; with `dryRun` it only says what it would do. A login that exists already is renewed only by newer tokens. */
export async function importAccounts({ context, audit }: ImportDeps, params: ImportParams, call: CallContext): Promise<ImportResult> {
  const candidates = await findCandidates(context, params);
  if (candidates.length === 0) throw new OmaError('IMPORT_NOT_FOUND', 'No ChatGPT login was found there. Log in with "oma add ALIAS" instead.');
  const warnings = warningsFor(params);
  if (params.dryRun) return plan(context.store.read(), candidates, { params, warnings, now: context.now() }).result;
  const result = await context.store.transact(
    'account.import',
    (state, now) => {
      const planned = plan(state, candidates, { params, warnings, now });
      return [planned.state, planned.result];
    },
    'before-reply',
  );
  audit.record(call, { action: 'account.import', target: null, detail: { imported: result.imported.map(({ alias }) => alias), updated: result.updated.map(({ alias }) => alias) } });
  context.emit({ type: 'changed', at: isoTime(context.now()), topics: ['accounts', 'status'] });
  return result;
}

function plan(start: State, candidates: readonly Candidate[], { params, warnings, now }: { params: ImportParams; warnings: string[]; now: number }): Plan {
  const result: ImportResult = { dryRun: params.dryRun, imported: [], updated: [], skipped: [], warnings };
  let state = start;
  for (const { name, account, refreshedAt } of candidates) {
    const twin = findSeat(state, account.seat);
    if (twin === undefined) {
      const alias = params.alias ?? freeAlias(state, account.alias);
      const [next] = addAccount(state, { ...account, alias }, now);
      state = next;
      result.imported.push({ alias, email: account.email, planType: account.planType });
      continue;
    }
    const { credentials, seat, email, planType } = account;
    const tokens = { ...credentials, ...seat, expiresAtMs: credentials.expiresAt, email, planType };
    const [next, isAdopted] = adoptNewer(state, { alias: twin.alias, tokens, refreshedAt });
    state = next;
    if (isAdopted) result.updated.push({ alias: twin.alias, because: 'the file has newer tokens of the same seat' });
    else result.skipped.push({ name, because: `this seat is the account "${twin.alias}" already, with tokens that are not older` });
  }
  return { state, result };
}

async function findCandidates(context: Context, params: ImportParams): Promise<readonly Candidate[]> {
  const { addresses } = context;
  switch (params.source) {
    case 'codex':
      return fromText(await readText(params.path ?? addresses.codexAuthFile), { context, params, source: 'import-codex' });
    case 'opencode':
      return fromText(await readText(params.path ?? addresses.openCodeAuthFile), { context, params, source: 'import-opencode' });
    case 'upstream':
      return fromText(await readText(params.path ?? addresses.upstreamStoreFile), { context, params, source: 'import-upstream' });
    case 'file':
      if (params.path === undefined) throw new OmaError('INVALID_PARAMS', 'Name the file to import.', { problems: [{ field: 'path', constraint: 'required', message: 'Name the file to import.' }] });
      return fromText(await readText(params.path), { context, params, source: 'import-file' });
  }
}

interface Origin {
  readonly context: Context;
  readonly params: ImportParams;
  readonly source: AccountSource;
}

function fromText(text: string, { context, params, source }: Origin): readonly Candidate[] {
  const json = parseJson(text);
  if (isForeignStore(json)) {
    const { accounts } = readForeignStore(json, params.passphrase ?? null, context.now());
    return accounts.map((account) => ({ name: account.alias, account: { ...account, source }, refreshedAt: account.credentials.lastRefreshAt }));
  }
  const found = parseOpenCodeAuth(json, context.now()) ?? parseCodexAuth(text);
  return found === null ? [] : [candidateOf(found, source, context.now())];
}

const openCodeAuthSchema = z.looseObject({
  openai: z.looseObject({ type: z.literal('oauth'), refresh: secretSchema, access: secretSchema, expires: z.number(), accountId: z.string().optional() }),
});

/** OpenCode's own login; the placeholder that oma keeps there is none. */
function parseOpenCodeAuth(json: unknown, now: number): FoundLogin | null {
  const parsed = openCodeAuthSchema.safeParse(json);
  if (!parsed.success) return null;
  const { access, refresh, expires, accountId } = parsed.data.openai;
  const claims = readClaims(access);
  const account = accountId ?? claims?.accountId ?? null;
  if (account === null || claims?.userId == null) return null;
  const tokens = { accessToken: access, refreshToken: refresh, idToken: null, expiresAtMs: claims.expiresAtMs ?? expires, accountId: account, userId: claims.userId, email: claims.email, planType: claims.planType };
  return { tokens, refreshedAt: Math.min(now, expires) };
}

function candidateOf({ tokens, refreshedAt }: FoundLogin, source: AccountSource, now: number): Candidate {
  const alias = aliasFrom(tokens.email);
  const credentials = { ...credentialsOf(tokens, now), lastRefreshAt: refreshedAt };
  return { name: alias, refreshedAt, account: { alias, seat: { accountId: tokens.accountId, userId: tokens.userId }, email: tokens.email, planType: tokens.planType, source, credentials } };
}

function aliasFrom(email: string | null): Alias {
  const parsed = aliasSchema.safeParse((email ?? '').split('@')[0]?.replace(/[^A-Za-z0-9._-]/g, '-'));
  return parsed.success ? parsed.data : 'imported';
}

function freeAlias(state: State, wanted: Alias): Alias {
  const taken = new Set(state.accounts.map((account) => account.alias));
  if (!taken.has(wanted)) return wanted;
  for (let suffix = 2; ; suffix += 1) if (!taken.has(`${wanted}-${String(suffix)}`)) return `${wanted}-${String(suffix)}`;
}

function warningsFor({ source }: ImportParams): string[] {
  if (source === 'codex') return ['codex and oma now share this login; oma watches codex’s file and takes over what codex renews. Do not use the login on another machine.'];
  if (source === 'file') return ['A login that another tool still uses is refused to one of the two sooner or later. Stop using it there.'];
  return ['Log out of this login in the other tool: a login used by two tools is refused to one of them sooner or later.'];
}

async function readText(path: string): Promise<string> {
  try {
    const text = await readFile(path, 'utf8');
    if (text.length <= BYTES_MAX) return text;
  } catch (error) {
    if (isOmaError(error)) throw error;
    throw new OmaError('IMPORT_NOT_FOUND', 'The file to import does not exist or cannot be read. Check its name and permissions.');
  }
  throw new OmaError('IMPORT_INVALID', 'The file to import is too large to be a login file.');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new OmaError('IMPORT_INVALID', 'The file to import is not JSON. Import codex’s auth.json, OpenCode’s auth.json or an accounts.json.');
  }
}
