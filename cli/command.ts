import type { ErrorCode } from '../contract/errors.ts';
import type { OperationName } from '../contract/operations.ts';
import type { Context } from './context.ts';

/** One flag of a command. Shape: with `value`, a placeholder for the help, it takes a value; without, it is a switch. */
export interface Flag {
  readonly summary: string;
  readonly value?: string;
  readonly short?: string;
}
export type Flags = Readonly<Record<string, Flag>>;

/** One positional argument. Shape: `NAME` is required, `[NAME]` may be left out, `NAME…` and `[NAME…]` take all that follow. */
export interface Arg {
  readonly name: string;
  readonly summary: string;
  /** The words it takes, for completion; absent = anything, such as the path of a file. */
  readonly words?: readonly string[];
}

/** What the command line said, checked against the command's own arguments and flags. */
export interface Input {
  readonly args: readonly string[];
  readonly json: boolean;
  has: (flag: string) => boolean;
  value: (flag: string) => string | undefined;
}

/** What a command answers. Shape: `json` is printed with --json and `text` without; both are ready to print, never a secret. */
export interface Answer {
  readonly json: unknown;
  readonly text: string;
  readonly exit?: number;
}

/**
 * A command is a value: everything that help, parser and dispatcher need to know about it.
 * Shape: `uses` names the operations it calls; null as an answer means that it has printed by itself.
 * Its exit codes follow from `uses`, `startsNothing`, `fails` and `unwell` (exits.ts), and help, docs and man page from these.
 */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly args?: readonly Arg[];
  readonly flags?: Flags;
  readonly uses?: readonly OperationName[];
  /** It asks a supervisor that runs, and starts none. */
  readonly startsNothing?: true;
  /** Errors of its own, beside those of its operations, of the connection and of the start. */
  readonly fails?: readonly ErrorCode[];
  /** What exit code 1 tells; absent: it never ends so. */
  readonly unwell?: string;
  readonly more?: string;
  run: (context: Context, input: Input) => Promise<Answer | null>;
}

/** A command whose flag names the compiler knows. */
interface TypedCommand<F extends Flags> extends Omit<Command, 'run' | 'flags'> {
  readonly flags: F;
  run: (context: Context, input: TypedInput<F>) => Promise<Answer | null>;
}

/** The input of a command whose flag names the compiler knows. */
export interface TypedInput<F extends Flags> extends Omit<Input, 'has' | 'value'> {
  has: (flag: SwitchOf<F>) => boolean;
  value: (flag: ValuedOf<F>) => string | undefined;
}

type ValuedOf<F extends Flags> = { [K in keyof F]: F[K] extends { value: string } ? K : never }[keyof F & string];
type SwitchOf<F extends Flags> = Exclude<keyof F & string, ValuedOf<F>>;

/** Makes a command; asking for a flag that it does not declare is a compile error. */
export function command<const F extends Flags>(value: TypedCommand<F>): Command {
  return value;
}
