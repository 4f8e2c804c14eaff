import { resolve } from 'node:path';

import { isOmaError, OmaError } from '../../contract/errors.ts';
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
  for (const source of PLACES.options) {
    const result = await importFrom(session, { source }, wanted).catch((error: unknown) => {
      if (isOmaError(error, 'IMPORT_NOT_FOUND')) return null;
      throw error;
    });
    if (result !== null) results.push(result);
  }
  if (results.length > 0) return addUp(results, wanted.dryRun);
  throw new OmaError(
    'IMPORT_NOT_FOUND',
    `Neither ${PLACES.options.join(', nor ')} holds a login here — log in with \`oma add ALIAS\``,
  );
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
