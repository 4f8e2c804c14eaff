import { parseArgs, type ParseArgsConfig } from 'node:util';

import { OmaError } from '../contract/errors.ts';
import type { Arg, Command, Flags, Input } from './command.ts';
import { nearest } from './nearest.ts';

/** Flags that every command takes. */
export const COMMON_FLAGS = {
  json: { summary: 'Prints the result, or the error, as one JSON value on standard output.' },
  help: { summary: 'Shows this help.', short: 'h' },
} as const satisfies Flags;

/** A command and the words after it. */
export interface Found {
  readonly command: Command;
  readonly argv: readonly string[];
}

type Token = ReturnType<typeof tokenize>[number];

/**
 * Finds the command that the words name; names have one word or two.
 * Errors: USAGE with the nearest name.
 */
export function findCommand(argv: readonly string[], commands: readonly Command[]): Found {
  const words = asCommand(argv);
  const [first = '', second] = words;
  const nested = commands.find(({ name }) => name === `${first} ${second ?? ''}`);
  if (nested !== undefined) return { command: nested, argv: words.slice(2) };
  const plain = commands.find(({ name }) => name === first);
  if (plain !== undefined) return { command: plain, argv: words.slice(1) };
  if (first.startsWith('-'))
    throw usage(
      `"${first}" stands before the command`,
      'write the command first, then its flags; `oma help` lists the commands',
    );
  const names = commands.map(({ name }) => name);
  const isGroup = names.some((name) => name.startsWith(`${first} `));
  if (isGroup && (second === '--help' || second === '-h')) return findCommand(['help', first], commands);
  throw notFound({ first, second }, names);
}

/**
 * Checks the words after a command against its arguments and flags.
 * Errors: USAGE naming the word and what to write instead.
 */
export function parseInput(command: Command, argv: readonly string[]): Input & { readonly help: boolean } {
  const flags: Flags = { ...command.flags, ...COMMON_FLAGS };
  const values = new Map<string, string | true>();
  const args: string[] = [];
  for (const token of tokenize(argv, flags)) {
    if (token.kind === 'positional') args.push(token.value);
    if (token.kind === 'option') values.set(token.name, readFlag(token, { command, flags }));
  }
  const help = values.has('help');
  if (!help) checkArgs(command, args);
  return {
    args,
    help,
    json: values.has('json'),
    has: (flag) => values.has(flag),
    value: (flag) => textOf(values.get(flag)),
  };
}

/** Makes the error for a command line that cannot be understood. */
export function usage(what: string, instead: string): OmaError {
  return new OmaError('USAGE', `${what} — ${instead}`);
}

/** Tells how an argument may appear. */
export function arity({ name }: Arg): { readonly required: boolean; readonly many: boolean } {
  return { required: !name.startsWith('['), many: name.includes('…') };
}

// What people write instead of `oma help …` and `oma version`.
function asCommand(argv: readonly string[]): readonly string[] {
  const [first] = argv;
  if (first === undefined) return ['help'];
  if (first === '--help' || first === '-h') return argv.with(0, 'help');
  return first === '--version' || first === '-V' ? argv.with(0, 'version') : argv;
}

function notFound(
  { first, second }: { first: string; second: string | undefined },
  names: readonly string[],
): OmaError {
  const group = names.filter((name) => name.startsWith(`${first} `)).map((name) => name.slice(first.length + 1));
  if (group.length === 0)
    return unknownWord(`"${first}" is not a command`, first, { among: names.map(firstWord), topic: '' });
  if (second === undefined || second.startsWith('-'))
    return usage(`\`oma ${first}\` needs one of: ${group.join(', ')}`, `\`oma help ${first}\` explains them`);
  return unknownWord(`"${first} ${second}" is not a command`, second, { among: group, topic: ` ${first}` });
}

function unknownWord(
  what: string,
  word: string,
  { among, topic }: { among: readonly string[]; topic: string },
): OmaError {
  const near = nearest(word, among);
  return usage(what, near === null ? `\`oma help${topic}\` lists what there is` : `did you mean "${near}"?`);
}

function tokenize(argv: readonly string[], flags: Flags) {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, { value, short }] of Object.entries(flags)) {
    options[name] = { type: value === undefined ? 'boolean' : 'string', ...(short === undefined ? {} : { short }) };
  }
  // Not strict: parseArgs would refuse with messages of its own, and we name the nearest flag.
  return parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

function readFlag(
  token: Extract<Token, { kind: 'option' }>,
  { command, flags }: { command: Command; flags: Flags },
): string | true {
  const { name, rawName, value } = token;
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (flag === undefined) {
    const near = nearest(name, Object.keys(flags));
    throw usage(
      `\`oma ${command.name}\` has no flag ${rawName}`,
      near === null ? `\`oma help ${command.name}\` lists its flags` : `did you mean --${near}?`,
    );
  }
  if (flag.value === undefined) {
    if (value !== undefined) throw usage(`${rawName} takes no value`, `write just ${rawName}`);
    return true;
  }
  if (value === undefined || value === '' || (!token.inlineValue && value.startsWith('-'))) {
    throw usage(`${rawName} needs a value`, `write --${name}=${flag.value}`);
  }
  return value;
}

function checkArgs(command: Command, args: readonly string[]): void {
  const wanted = command.args ?? [];
  const missing = wanted.slice(args.length).find((arg) => arity(arg).required);
  if (missing !== undefined)
    throw usage(`\`oma ${command.name}\` needs ${missing.name}`, `\`oma help ${command.name}\` shows how to write it`);
  const isOpen = wanted.some((arg) => arity(arg).many);
  const surplus = args[wanted.length];
  if (!isOpen && surplus !== undefined) {
    throw usage(
      `\`oma ${command.name}\` does not take "${surplus}"`,
      `\`oma help ${command.name}\` shows what it takes`,
    );
  }
}

function firstWord(name: string): string {
  return name.split(' ')[0] ?? name;
}

function textOf(value: string | true | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
