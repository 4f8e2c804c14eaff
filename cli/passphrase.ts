import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { BACKUP_PASSPHRASE_MIN } from '../contract/backup.ts';
import { ENV_PREFIX } from '../contract/env.ts';
import { isOmaError, OmaError } from '../contract/errors.ts';
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

type Given = Pick<TypedInput<typeof PASSPHRASE_FLAGS>, 'value'>;

/**
 * Finds the passphrase for a new backup, or asks for it twice, since a passphrase mistyped once is a backup lost.
 * Errors: USAGE when there is none or it is too short, CONFIG_INVALID when others can read the key file.
 */
export async function newPassphrase(context: Context, input: Given): Promise<Secret> {
  const given = await givenPassphrase(context, input);
  const passphrase = given ?? (await typedPassphrase(context));
  if (given === null && passphrase !== (await readSecretLine(context, 'Once more: ')))
    throw usage('The two passphrases differ', 'try again');
  if (passphrase.length < BACKUP_PASSPHRASE_MIN)
    throw usage('The passphrase is too short', `take at least ${String(BACKUP_PASSPHRASE_MIN)} characters`);
  return passphrase;
}

/**
 * Finds a passphrase: variable named, key file, OPENCODE_MULTI_AUTH_PASSPHRASE; null = nothing gives one.
 * Errors: USAGE when it is empty, CONFIG_INVALID when others can read the key file.
 */
export async function givenPassphrase(context: Context, input: Given): Promise<Secret | null> {
  const [variable, keyFile] = [input.value('passphrase-env'), input.value('key-file')];
  if (variable !== undefined) return filled(context.environment[variable], `The environment variable ${variable}`);
  if (keyFile !== undefined) return fromFile(resolve(context.cwd, keyFile));
  const common = context.environment[VARIABLE];
  return common === undefined || common === '' ? null : secretSchema.parse(common);
}

/** Does something with the passphrase of a backup, or without one where none is needed. */
export type Unlock = <T>(use: (passphrase: Secret | null) => Promise<T>) => Promise<T>;

/** Lends a passphrase; where none was given it is asked for as soon as it turns out to be needed, and once. Errors: USAGE when nobody is at the terminal, and what `use` throws. */
export function lendPassphrase(context: Context, given: Secret | null): Unlock {
  let known = given;
  return async (use) => {
    try {
      return await use(known);
    } catch (error) {
      if (known !== null || !isOmaError(error, 'STORE_PASSPHRASE_REQUIRED')) throw error;
      known = await typedPassphrase(context);
      return use(known);
    }
  };
}

async function typedPassphrase(context: Context): Promise<Secret> {
  return filled(await readSecretLine(context, 'Passphrase of the backup: '), 'The passphrase');
}

async function fromFile(file: string): Promise<Secret> {
  const text = await readText(file);
  if (text === null) throw usage('The key file does not exist', 'check --key-file');
  if (((await stat(file)).mode & OTHERS) !== 0)
    throw new OmaError('CONFIG_INVALID', 'Others can read the key file — make it private with chmod 600');
  return filled(text.split(/\r?\n/)[0], 'The first line of the key file');
}

function filled(text: string | undefined, what: string): Secret {
  if (text === undefined || text === '') throw usage(`${what} is empty`, 'put the passphrase there');
  return secretSchema.parse(text);
}
