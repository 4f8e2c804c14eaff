import { resolve } from 'node:path';

import type { Params } from '../../contract/operation.ts';
import { importPlaceSchema, OPERATIONS, type Operations } from '../../contract/operations.ts';
import { command } from '../command.ts';
import type { Context } from '../context.ts';
import { usage } from '../parse.ts';
import { type ImportResult, importText, maskImport } from '../render/import.ts';
import { type Session, STARTING } from '../session.ts';
import { withSession } from '../with-session.ts';
import { checkParams } from './operation.ts';

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
      words: importPlaceSchema.options,
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
  more: 'Only logins are imported; settings, limits and a force stay in the file. `oma restore` puts a backup of oma back whole.\nA login has one owner: after the import let oma refresh it, and do not log in with the old tool again.\nA file named like a place is written with its directory, such as ./codex.',
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
      const found = await importFrom(session, fromOf(context, source), wanted);
      const result = input.has('mask') ? maskImport(found) : found;
      return { json: result, text: importText(result, context.paint) };
    });
  },
});

type From = Pick<Params<Operations, 'account.import'>, 'source' | 'path'>;

function importFrom({ client }: Session, from: From, { alias, passphrase, dryRun }: Wanted): Promise<ImportResult> {
  const optional = { ...(alias === undefined ? {} : { alias }), ...(passphrase === undefined ? {} : { passphrase }) };
  return client['account.import'](checkParams(OPERATIONS['account.import'].params, { ...from, ...optional, dryRun }));
}

function fromOf(context: Context, source: string | undefined): From {
  if (source === undefined) return { source: 'everywhere' };
  const place = importPlaceSchema.safeParse(source);
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
