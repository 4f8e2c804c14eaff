import { ENV, ENV_PREFIX } from '../contract/env.ts';
import { ERRORS } from '../contract/errors.ts';
import type { Command, Flags } from './command.ts';
import { EXIT } from './exit.ts';
import { exitsOf, exitsOfErrors } from './exits.ts';
import { arity, COMMON_FLAGS } from './parse.ts';
import { indent, table } from './render/table.ts';

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
    ...section(
      'Exit codes',
      exitsOf(command).map(({ exit, because }) => [String(exit), because.join(', ')]),
    ),
  ].join('\n');
}

/** Writes the page of all exit codes. */
export function exitCodesHelp(commands: readonly Command[]): string {
  const errors = exitsOfErrors(commands).flatMap(({ exit, because }) =>
    because.map((code, index) => [index === 0 ? String(exit) : '', code, ERRORS[code].meaning]),
  );
  return [
    'Exit codes of oma; `oma help COMMAND` says which of them a command may end with.',
    'With --json the error itself is printed on standard output as {"code", "message", "details"?, "requestId"}.',
    '',
    table([
      [String(EXIT.ok), '', 'done'],
      [String(EXIT.unwell), '', 'the command did its work, but what it looked at is not well (a failed probe)'],
      ...errors,
      [
        String(EXIT.interrupted),
        '',
        'Ctrl-C before it was done; what goes on until then, such as `oma logs -f`, ends with 0',
      ],
    ]),
    '',
    `A Node that is too old for oma ends every command with ${String(EXIT.tooOld)} before it begins.`,
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

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : ['', `${title}:`, indent(table(rows))];
}

function flagText(name: string, { short, value }: Flags[string]): string {
  return `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
}

function bareName(name: string): string {
  return arity({ name, summary: '' }).required ? name : name.replace(/^\[|\]$/g, '');
}
