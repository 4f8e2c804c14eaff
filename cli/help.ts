import { ENV, ENV_PREFIX } from '../contract/env.ts';
import { type ErrorCode, ERRORS } from '../contract/errors.ts';
import { OPERATIONS } from '../contract/operations.ts';
import type { Command, Flags } from './command.ts';
import { byExitCode, ERROR_CODES, EXIT } from './exit.ts';
import { arity, COMMON_FLAGS } from './parse.ts';
import { indent, table } from './render/table.ts';

/** Errors that any command which talks to the supervisor may end with. */
const CONNECTION_ERRORS = [
  'SUPERVISOR_NOT_RUNNING',
  'SUPERVISOR_START_FAILED',
  'SUPERVISOR_INCOMPATIBLE',
  'CONNECTION_CLOSED',
  'DEADLINE_EXCEEDED',
  'SOCKET_FOREIGN',
  'SOCKET_PATH_TOO_LONG',
  'CONFIG_INVALID',
] as const satisfies readonly ErrorCode[];

/** Writes the first page: what oma is and every command. */
export function overview(commands: readonly Command[]): string {
  return [
    'oma lets OpenCode use several of your own ChatGPT/Codex accounts as if they were one.',
    '',
    'Usage: oma COMMAND [ARGUMENTS] [FLAGS]',
    '',
    'Commands:',
    indent(table(commands.map(({ name, summary }) => [name, summary]))),
    '',
    'Every command takes --help and --json. More:',
    indent(
      table([
        ['oma help COMMAND', 'one command, or a group such as `settings`'],
        ['oma help exit-codes', 'what the exit codes mean'],
        ['oma help environment', 'the variables oma reads'],
      ]),
    ),
    '',
    'New here? `oma up --demo` shows everything with simulated accounts.',
  ].join('\n');
}

/** Writes the page of a group of commands, such as `settings`. */
export function groupHelp(group: string, commands: readonly Command[]): string {
  return [
    `oma ${group}:`,
    indent(table(commands.map((command) => [usageLine(command), command.summary]))),
    '',
    `\`oma help ${group} …\` explains one of them.`,
  ].join('\n');
}

/** Writes the page of one command. */
export function commandHelp(command: Command): string {
  const flags: Flags = { ...command.flags, ...COMMON_FLAGS };
  return [
    `oma ${command.name}: ${command.summary}`,
    '',
    `Usage: ${usageLine(command)}`,
    ...section(
      'Arguments',
      (command.args ?? []).map(({ name, summary }) => [bareName(name), summary]),
    ),
    ...section(
      'Flags',
      Object.entries(flags).map(([name, flag]) => [flagText(name, flag), flag.summary]),
    ),
    ...(command.more === undefined ? [] : ['', command.more.trim()]),
    ...section('Exit codes', [['0', 'done'], ...exitRows(codesOf(command))]),
  ].join('\n');
}

/** Writes the page of all exit codes. */
export function exitCodesHelp(): string {
  const all = byExitCode(ERROR_CODES).flatMap(({ exit, codes }) =>
    codes.map((code, index) => [index === 0 ? String(exit) : '', code, ERRORS[code].meaning]),
  );
  return [
    'Exit codes of oma. With --json the error itself is printed on standard output as {"code", "message", "details"?, "requestId"}.',
    '',
    table([
      [String(EXIT.ok), '', 'done'],
      [String(EXIT.unwell), '', 'the command did its work, but what it looked at is not well (a failed probe)'],
      ...all,
      [String(EXIT.interrupted), '', 'ended by Ctrl-C'],
    ]),
  ].join('\n');
}

/** Writes the page of environment variables. */
export function environmentHelp(): string {
  const rows = Object.entries(ENV).map(([name, { defaultText, meaning }]) => [
    ENV_PREFIX + name,
    meaning,
    `default: ${defaultText}`,
  ]);
  return ['Environment variables of oma:', '', table(rows)].join('\n');
}

/** Writes how a command is called. */
export function usageLine(command: Command): string {
  const args = (command.args ?? []).map(({ name }) => ` ${name}`).join('');
  const flags = Object.entries(command.flags ?? {}).map(
    ([name, { value }]) => ` [--${name}${value === undefined ? '' : ` ${value}`}]`,
  );
  return `oma ${command.name}${args}${flags.join('')}`;
}

function codesOf({ uses }: Command): ErrorCode[] {
  const listed = (uses ?? []).flatMap((name): readonly ErrorCode[] => OPERATIONS[name].errors);
  const connection: readonly ErrorCode[] = uses === undefined ? [] : CONNECTION_ERRORS;
  return [...new Set<ErrorCode>(['USAGE', ...listed, ...connection])];
}

function exitRows(codes: readonly ErrorCode[]): string[][] {
  return byExitCode(codes).map(({ exit, codes: names }) => [String(exit), names.join(', ')]);
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : ['', `${title}:`, indent(table(rows))];
}

function flagText(name: string, { short, value }: Flags[string]): string {
  return `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
}

function bareName(name: string): string {
  return arity({ name, summary: '' }).required ? name : name.replace(/^\[|\]$/g, '');
}
