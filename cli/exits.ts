import { type ErrorCode, ERRORS } from '../contract/errors.ts';
import { OPERATIONS } from '../contract/operations.ts';
import type { Command } from './command.ts';
import { ERROR_CODES, EXIT } from './exit.ts';

/** One exit code and what it tells. Shape: `because` is the codes of the errors that end so, or a few words where no error does. */
interface Exit {
  readonly exit: number;
  readonly because: readonly string[];
}
interface ErrorExit extends Exit {
  readonly because: readonly ErrorCode[];
}

/** What may end any command. */
const ALWAYS = ['USAGE', 'INTERNAL'] as const satisfies readonly ErrorCode[];

/** What may end a command that talks to the supervisor. */
const CONNECTING = [
  'INVALID_PARAMS',
  'SUPERVISOR_NOT_RUNNING',
  'SUPERVISOR_INCOMPATIBLE',
  'CONNECTION_CLOSED',
  'DEADLINE_EXCEEDED',
  'FRAME_TOO_LARGE',
  'SOCKET_FOREIGN',
  'SOCKET_PATH_TOO_LONG',
  'CONFIG_INVALID',
] as const satisfies readonly ErrorCode[];

/** What may keep a supervisor from starting, as it reports it. */
const STARTING = [
  'SUPERVISOR_START_FAILED',
  'NON_LOOPBACK_HOST',
  'PORT_UNAVAILABLE',
  'STORE_DAMAGED',
  'STORE_TOO_NEW',
  'STORE_UNREADABLE',
  'STORE_UNWRITABLE',
  'STORE_PASSPHRASE_REQUIRED',
  'STORE_PASSPHRASE_WRONG',
] as const satisfies readonly ErrorCode[];

/** Tells every exit code that a command may end with, lowest first. */
export function exitsOf(command: Command): readonly Exit[] {
  const unwell = command.unwell === undefined ? [] : [{ exit: EXIT.unwell, because: [command.unwell] }];
  return [
    { exit: EXIT.ok, because: ['done'] },
    ...unwell,
    ...byExit(errorsOf(command)),
    { exit: EXIT.interrupted, because: ['Ctrl-C before it was done'] },
  ];
}

/** Tells the errors that some command may end with by their exit codes, lowest first. */
export function exitsOfErrors(commands: readonly Command[]): readonly ErrorExit[] {
  const possible = new Set(commands.flatMap(errorsOf));
  return byExit(ERROR_CODES.filter((code) => possible.has(code)));
}

function errorsOf({ uses, startsNothing, fails = [] }: Command): readonly ErrorCode[] {
  const operations = (uses ?? []).flatMap((name): readonly ErrorCode[] => OPERATIONS[name].errors);
  const connecting = uses === undefined ? [] : CONNECTING;
  const starting = uses === undefined || startsNothing === true ? [] : STARTING;
  return [...new Set([...ALWAYS, ...operations, ...fails, ...connecting, ...starting])];
}

function byExit(codes: readonly ErrorCode[]): readonly ErrorExit[] {
  const exits = [...new Set(codes.map((code) => ERRORS[code].exit))].sort((a, b) => a - b);
  return exits.map((exit) => ({ exit, because: codes.filter((code) => ERRORS[code].exit === exit) }));
}
