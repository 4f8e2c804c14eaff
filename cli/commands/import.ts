import { resolve } from 'node:path';

import { type ErrorCode, isOmaError, OmaError } from '../../contract/errors.ts';
import { importSourceSchema, OPERATIONS } from '../../contract/operations.ts';
import { command } from '../command.ts';
import type { Context } from '../context.ts';
import { usage } from '../parse.ts';
import { addUp, type ImportResult, importText, maskImport } from '../render/import.ts';
import { type Session, STARTING } from '../session.ts';
import { withSession } from '../with-session.ts';
import { checkParams } from './operation.ts';

const PLACES = importSourceSchema.exclude(['file']);
type Place = (typeof PLACES.options)[number];

/** Errors that say something about one place; the others may still hold logins. */
const OF_ONE_PLACE: ReadonlySet<ErrorCode> = new Set([
  'IMPORT_NOT_FOUND',
  'IMPORT_INVALID',
  'STORE_TOO_NEW',
  'STORE_PASSPHRASE_REQUIRED',
  'STORE_PASSPHRASE_WRONG',
]);

interface Wanted {
  readonly alias: string | undefined;
  readonly passphrase: string | undefined;
  readonly dryRun: boolean;
}

/** Brings logins that other tools hold into the store. */
export const importCommand = command({
  name: 'import',
  summary: 'Imports logins that another tool or a file holds.',
  args: [
    {
      name: '[SOURCE]',
      summary:
        '`codex`, `upstream` (opencode-multi-auth-codex), `oc-codex-multi-auth`, `opencode`, or the path of a file; without it every one of these places is looked at.',
      words: PLACES.options,
    },
  ],
  flags: {
    alias: { summary: 'Name of the imported account.', value: 'ALIAS' },
    'dry-run': { summary: 'Shows what would happen and changes nothing.' },
    'passphrase-env': {
      summary: 'Name of the environment variable that holds the passphrase of an encrypted file.',
      value: 'NAME',
    },
    mask: { summary: 'Hides e-mails.' },
  },
  uses: ['account.import'],
  more: 'A login has one owner: after the import let oma refresh it, and do not log in with the old tool again.\nA file named like a place is written with its directory, such as ./codex.',
  run: (context, input) => {
    const [source] = input.args;
    const wanted = {
      alias: input.value('alias'),
      passphrase: passphraseOf(context, input.value('passphrase-env')),
      dryRun: input.has('dry-run'),
    };
    if (source === undefined && wanted.alias !== undefined)
      throw usage('--alias names one account', 'say which source: `oma import codex --alias NAME`');
    return withSession(context, STARTING, async (session) => {
      const found = await (source === undefined
        ? importEverywhere(session, wanted)
        : importFrom(session, placeOf(context, source), wanted));
      const result = input.has('mask') ? maskImport(found) : found;
      return { json: result, text: importText(result, context.paint) };
    });
  },
});

type From = { readonly source: Place } | { readonly source: 'file'; readonly path: string };

function importFrom({ client }: Session, from: From, { alias, passphrase, dryRun }: Wanted): Promise<ImportResult> {
  const optional = { ...(alias === undefined ? {} : { alias }), ...(passphrase === undefined ? {} : { passphrase }) };
  return client['account.import'](checkParams(OPERATIONS['account.import'].params, { ...from, ...optional, dryRun }));
}

async function importEverywhere(session: Session, wanted: Wanted): Promise<ImportResult> {
  const results: ImportResult[] = [];
  const refusals: OmaError[] = [];
  for (const source of PLACES.options) {
    try {
      results.push(await importFrom(session, { source }, wanted));
    } catch (error) {
      if (!isOmaError(error) || !OF_ONE_PLACE.has(error.code)) throw error;
      if (error.code === 'IMPORT_NOT_FOUND') continue;
      refusals.push(error);
      results.push(leftOut(source, error.message, wanted.dryRun));
    }
  }
  const [refusal] = refusals;
  if (results.length > refusals.length) return addUp(results, wanted.dryRun);
  throw (
    refusal ??
    new OmaError(
      'IMPORT_NOT_FOUND',
      `Neither ${PLACES.options.join(', nor ')} holds a login here — log in with \`oma add ALIAS\``,
    )
  );
}

function leftOut(name: Place, because: string, dryRun: boolean): ImportResult {
  return { dryRun, imported: [], updated: [], skipped: [{ name, because }], warnings: [] };
}

function placeOf(context: Context, source: string): From {
  const place = PLACES.safeParse(source);
  return place.success ? { source: place.data } : { source: 'file', path: resolve(context.cwd, source) };
}

function passphraseOf({ environment }: Context, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const value = environment[name];
  if (value === undefined || value === '')
    throw usage(
      `The environment variable ${name} is not set`,
      'put the passphrase there and name it with --passphrase-env',
    );
  return value;
}
