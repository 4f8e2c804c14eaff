import { randomUUID } from 'node:crypto';

import { isOmaError } from '../contract/errors.ts';
import type { Answer, Command } from './command.ts';
import { helpText } from './commands/help.ts';
import type { Context } from './context.ts';
import { asOmaError, errorBody, errorLine, EXIT, exitCodeOf } from './exit.ts';
import { findCommand, parseInput } from './parse.ts';

/** Runs one command line and tells the exit code; whatever goes wrong becomes one line or one JSON value. */
export async function run(context: Context, argv: readonly string[], commands: readonly Command[]): Promise<number> {
  try {
    const answer = await answerTo(context, argv, commands);
    if (answer === null) return EXIT.ok;
    context.stdout.write(`${wantsJson(argv) ? jsonText(context, answer.json) : answer.text}\n`);
    return answer.exit ?? EXIT.ok;
  } catch (error) {
    return fail(context, wantsJson(argv), error);
  }
}

async function answerTo(
  context: Context,
  argv: readonly string[],
  commands: readonly Command[],
): Promise<Answer | null> {
  const { command, argv: rest } = findCommand(argv, commands);
  const input = parseInput(command, rest);
  if (!input.help) return command.run(context, input);
  const text = helpText(commands, command.name.split(' '));
  return { json: { topic: command.name, text }, text };
}

function fail(context: Context, asJson: boolean, error: unknown): number {
  const isInterrupted = context.signal.aborted;
  // The interrupted wait itself is no news; what went wrong while ending is.
  if (isInterrupted && (!isOmaError(error) || error.code === 'CONNECTION_CLOSED')) return EXIT.interrupted;
  const failure = asOmaError(error);
  if (asJson) context.stdout.write(`${jsonText(context, errorBody(failure, `cli-${randomUUID()}`))}\n`);
  else context.stderr.write(`${isInterrupted && context.stderr.isTTY === true ? '\n' : ''}${errorLine(failure)}\n`);
  return isInterrupted ? EXIT.interrupted : exitCodeOf(failure);
}

function jsonText({ stdout }: Context, value: unknown): string {
  return JSON.stringify(value, null, stdout.isTTY === true ? 2 : 0);
}

// Read before the command line is understood, because that may be what fails.
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? argv.length : end).includes('--json');
}
