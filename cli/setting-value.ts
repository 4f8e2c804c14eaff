import * as z from 'zod';

import { OmaError } from '../contract/errors.ts';
import { aliasSchema } from '../contract/scalars.ts';
import { type SettingName, settingsSchema } from '../contract/settings.ts';
import { nearest } from './nearest.ts';
import { usage } from './parse.ts';

/** Every setting, in the order of the contract. */
export const SETTING_NAMES: readonly SettingName[] = settingsSchema.keyof().options;

const YES = new Set(['true', 'on', 'yes', '1']);
const NO = new Set(['false', 'off', 'no', '0']);
/** Stands for a list or table without entries. */
const EMPTY = 'none';

const kindSchema = z.object({ type: z.enum(['string', 'number', 'integer', 'boolean', 'array', 'object']) });

/**
 * Finds the setting of this name; `rotation-strategy` is as good as `rotationStrategy`.
 * Errors: USAGE with the nearest name.
 */
export function settingName(typed: string): SettingName {
  const bare = bareOf(typed);
  const found = SETTING_NAMES.find((name) => bareOf(name) === bare);
  if (found !== undefined) return found;
  const near = nearest(typed, SETTING_NAMES);
  throw usage(
    `There is no setting "${typed}"`,
    near === null ? '`oma settings get` lists them' : `did you mean ${near}?`,
  );
}

/**
 * Reads the words after a setting's name as the kind of value it takes.
 * Shape: a list is written as words or with commas, a table as `name=number`, and `none` empties either.
 * Errors: USAGE when the words are not of that kind; bounds are the supervisor's business.
 */
export function settingValue(name: SettingName, words: readonly string[]): unknown {
  const { type } = kindSchema.parse(z.toJSONSchema(settingsSchema.shape[name]));
  if (type === 'array') return listOf(words);
  if (type === 'object') return Object.fromEntries(listOf(words).map((word) => pairOf(name, word)));
  const [word = '', surplus] = words;
  if (surplus !== undefined) throw usage(`${name} takes one value`, `leave "${surplus}" out`);
  if (type === 'boolean') return booleanOf(name, word);
  if (type !== 'string') return numberOf(name, word);
  return word === EMPTY && mayBeEmpty(name) ? '' : word;
}

/** `none` is a value of its own for some settings, such as the effort of a probe. */
function mayBeEmpty(name: SettingName): boolean {
  return settingsSchema.shape[name].safeParse('').success;
}

/** Says what a setting is for. */
export function settingMeaning(name: SettingName): string {
  return settingsSchema.shape[name].description ?? '';
}

function bareOf(name: string): string {
  return name.replace(/[-_.]/g, '').toLowerCase();
}

function listOf(words: readonly string[]): string[] {
  if (words.length === 1 && words[0] === EMPTY) return [];
  return words
    .flatMap((word) => word.split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function pairOf(name: SettingName, word: string): [string, number] {
  const cut = word.lastIndexOf('=');
  // zod drops a key such as __proto__ without a word, so the alias is checked here.
  if (!aliasSchema.safeParse(word.slice(0, Math.max(0, cut))).success)
    throw usage(`"${word}" is no part of ${name}`, 'write ALIAS=WEIGHT, such as work=0.5');
  return [word.slice(0, cut), numberOf(name, word.slice(cut + 1))];
}

function booleanOf(name: SettingName, word: string): boolean {
  const lower = word.toLowerCase();
  if (YES.has(lower)) return true;
  if (NO.has(lower)) return false;
  throw new OmaError('INVALID_SETTINGS', `${name} is on or off, not "${word}" — write true or false`, { field: name });
}

function numberOf(name: SettingName, word: string): number {
  const number = word.trim() === '' ? Number.NaN : Number(word);
  if (Number.isFinite(number)) return number;
  throw new OmaError('INVALID_SETTINGS', `${name} takes a number, not "${word}" — write one such as 10`, {
    field: name,
  });
}
