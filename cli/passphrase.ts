import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { BACKUP_PASSPHRASE_MIN } from '../contract/backup.ts';
import { ENV_PREFIX } from '../contract/env.ts';
import { OmaError } from '../contract/errors.ts';
import { type Secret, secretSchema } from '../contract/scalars.ts';
import { readSecretLine } from './ask.ts';
import type { Flags, TypedInput } from './command.ts';
import type { Context } from './context.ts';
import { usage } from './parse.ts';
import { readText } from './text-file.ts';

/** Where a passphrase may come from besides the terminal; never the command line itself, which others can read. */
export const PASSPHRASE_FLAGS = {
  'passphrase-env': { summary: 'Name of the environment variable that holds the passphrase.', value: 'NAME' },
  'key-file': { summary: 'A file that only you can read (0600), whose first line is the passphrase.', value: 'FILE' },
} as const satisfies Flags;

const OTHERS = 0o077;
const VARIABLE = `${ENV_PREFIX}PASSPHRASE`;

/**
 * Finds the passphrase of a backup: variable named, key file, OPENCODE_MULTI_AUTH_PASSPHRASE, or asked for on a terminal.
 * Shape: `isNew` asks twice, since a passphrase mistyped once is a backup lost.
 * Errors: USAGE when there is none or it is too short, CONFIG_INVALID when others can read the key file.
 */
export async function backupPassphrase(
  context: Context,
  input: Pick<TypedInput<typeof PASSPHRASE_FLAGS>, 'value'>,
  isNew: boolean,
): Promise<Secret> {
  const [variable, keyFile] = [input.value('passphrase-env'), input.value('key-file')];
  if (variable !== undefined) return checked(context.environment[variable], `The environment variable ${variable}`);
  if (keyFile !== undefined) return fromFile(resolve(context.cwd, keyFile));
  const common = context.environment[VARIABLE];
  if (common !== undefined && common !== '') return checked(common, VARIABLE);
  const typed = await readSecretLine(context, 'Passphrase of the backup: ');
  if (isNew && typed !== (await readSecretLine(context, 'Once more: ')))
    throw usage('The two passphrases differ', 'try again');
  return checked(typed, 'The passphrase');
}

async function fromFile(file: string): Promise<Secret> {
  const text = await readText(file);
  if (text === null) throw usage('The key file does not exist', 'check --key-file');
  if (((await stat(file)).mode & OTHERS) !== 0)
    throw new OmaError('CONFIG_INVALID', 'Others can read the key file — make it private with chmod 600');
  return checked(text.split(/\r?\n/)[0], 'The first line of the key file');
}

function checked(text: string | undefined, what: string): Secret {
  if (text === undefined || text === '') throw usage(`${what} is empty`, 'put the passphrase there');
  if (text.length < BACKUP_PASSPHRASE_MIN)
    throw usage(`${what} is too short`, `take at least ${String(BACKUP_PASSPHRASE_MIN)} characters`);
  return secretSchema.parse(text);
}
