import { OmaError } from '../../contract/errors.ts';
import { maskText } from '../../contract/mask.ts';
import type { CallContext, Params, Result } from '../../contract/operation.ts';
import { importPlaceSchema, type Operations } from '../../contract/operations.ts';
import type { Alias, EpochMs } from '../../contract/scalars.ts';
import { findSeat } from '../core/access.ts';
import { addAccount } from '../core/accounts.ts';
import { adoptNewer } from '../core/credentials.ts';
import { freeAlias } from '../core/free-alias.ts';
import type { State } from '../core/state.ts';
import { isoTime } from '../core/time.ts';
import type { Audit } from './audit.ts';
import type { Context } from './context.ts';
import { type Candidate, type Found, readImport } from './import-files.ts';
import { sharingWarning } from './import-warnings.ts';

/** An error names so many of the logins that were left out; its details have all. */
const REASONS_SHOWN_MAX = 3;

/** What the import needs. */
export interface ImportDeps {
  readonly context: Context;
  readonly audit: Audit;
}

type ImportParams = Params<Operations, 'account.import'>;
type ImportResult = Result<Operations, 'account.import'>;

interface Plan {
  readonly state: State;
  readonly result: ImportResult;
}

/** Imports logins; with `dryRun` it only says what it would do. A login that exists already is renewed only by newer tokens. */
export async function importAccounts(
  { context, audit }: ImportDeps,
  params: ImportParams,
  call: CallContext,
): Promise<ImportResult> {
  const found = await readImport(context, params);
  if (found.candidates.length === 0) throw nothingIn(params, found);
  if (params.alias !== undefined && found.candidates.length > 1) {
    throw new OmaError('INVALID_PARAMS', 'An alias can be given only for a file with one login.', {
      problems: [{ field: 'alias', constraint: 'one login', message: 'The file holds several logins.' }],
    });
  }
  if (params.dryRun) return plan(context.store.read(), { found, params, now: context.now() }).result;
  const change = (state: State, now: EpochMs): readonly [State, ImportResult] => {
    const planned = plan(state, { found, params, now });
    return [planned.state, planned.result];
  };
  const result = await context.store.transact('account.import', change, 'before-reply');
  audit.record(call, {
    action: 'account.import',
    target: null,
    detail: { imported: result.imported.map(({ alias }) => alias), updated: result.updated.map(({ alias }) => alias) },
  });
  context.emit({ type: 'changed', at: isoTime(context.now()), topics: ['accounts', 'status'] });
  return result;
}

function nothingIn({ source }: ImportParams, { skipped }: Found): OmaError {
  const shown = skipped.slice(0, REASONS_SHOWN_MAX).map(({ name, because }) => `${maskText(name)}: ${because}`);
  const what =
    shown.length > 0
      ? `Nothing there can be imported. ${shown.join(' ')}`
      : source === 'everywhere'
        ? `None of these holds a ChatGPT login here: ${importPlaceSchema.options.join(', ')}.`
        : 'No ChatGPT login was found there; an API key is none.';
  return new OmaError('IMPORT_NOT_FOUND', `${what} Log in with "oma add ALIAS" instead.`, { skipped });
}

function plan(
  start: State,
  { found, params, now }: { readonly found: Found; readonly params: ImportParams; readonly now: EpochMs },
): Plan {
  const result: ImportResult = {
    dryRun: params.dryRun,
    imported: [],
    updated: [],
    skipped: [...found.skipped],
    warnings: [...found.holders].map(sharingWarning),
  };
  const state = found.candidates.reduce(
    (before, candidate) => take(before, candidate, { result, alias: params.alias, now }),
    start,
  );
  return { state, result };
}

interface Take {
  readonly result: ImportResult;
  readonly alias: Alias | undefined;
  readonly now: EpochMs;
}

function take(
  state: State,
  { name, account, refreshedAt, notes }: Candidate,
  { result, alias: wanted, now }: Take,
): State {
  const { credentials, seat, email, planType } = account;
  const twin = findSeat(state, seat);
  if (twin === undefined) {
    const alias = wanted ?? freeAlias(state, account.alias);
    const [next] = addAccount(state, { ...account, alias }, now);
    result.imported.push({ alias, email, planType });
    result.warnings.push(...notes);
    return next;
  }
  const tokens = { ...credentials, ...seat, expiresAtMs: credentials.expiresAt, email, planType };
  const [next, isAdopted] = adoptNewer(state, { alias: twin.alias, tokens, refreshedAt });
  if (isAdopted) result.updated.push({ alias: twin.alias, because: 'the file has newer tokens of the same seat' });
  else
    result.skipped.push({
      name,
      because: `this seat is the account "${twin.alias}" already, and its tokens are as new or newer`,
    });
  return next;
}
