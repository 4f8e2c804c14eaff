import { commandTable } from '../../cli/commands/table.ts';
import { exitsOf } from '../../cli/exits.ts';
import { findCommand } from '../../cli/parse.ts';

const COMMANDS = commandTable();
/** What a command line ends with that names no command. */
const USAGE_EXIT = 2;

/**
 * Holds what a command ended with against what its help says; every test that runs `oma` does so.
 * Shape: null is a command that was killed. Errors: the code is none of those in the help.
 */
export function assertDocumented(argv: readonly string[], code: number | null): void {
  if (code === null || documentedExits(argv).includes(code)) return;
  throw new Error(`\`oma ${argv.join(' ')}\` ended with ${String(code)}, which its help does not list`);
}

function documentedExits(argv: readonly string[]): readonly number[] {
  try {
    return exitsOf(findCommand(argv, COMMANDS).command).map(({ exit }) => exit);
  } catch {
    return [USAGE_EXIT];
  }
}
