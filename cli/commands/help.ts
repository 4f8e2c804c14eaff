import { type Command, command } from '../command.ts';
import { commandHelp, environmentHelp, exitCodesHelp, groupHelp, overview } from '../help.ts';
import { nearest } from '../nearest.ts';
import { usage } from '../parse.ts';

/** Makes the command that explains the others. */
export function helpCommand(all: () => readonly Command[]): Command {
  return command({
    name: 'help',
    summary: 'Explains a command, the exit codes or the environment.',
    args: [{ name: '[TOPIC…]', summary: 'A command, a group such as `settings`, `exit-codes` or `environment`.' }],
    flags: {},
    run: (_context, input) => {
      const text = helpText(all(), input.args);
      return Promise.resolve({ json: { topic: input.args.join(' '), text }, text });
    },
  });
}

/**
 * Writes the page about a topic; the overview for none.
 * Errors: USAGE with the nearest topic.
 */
export function helpText(commands: readonly Command[], words: readonly string[]): string {
  const topic = words.join(' ');
  const found = commands.find(({ name }) => name === topic);
  if (topic === '') return overview(commands);
  if (topic === 'exit-codes') return exitCodesHelp(commands);
  if (topic === 'environment') return environmentHelp();
  if (found !== undefined) return commandHelp(found);
  const group = commands.filter(({ name }) => name.startsWith(`${topic} `));
  if (group.length > 0) return groupHelp(topic, group);
  const near = nearest(topic, ['exit-codes', 'environment', ...commands.map(({ name }) => name)]);
  throw usage(
    `There is no help about "${topic}"`,
    near === null ? '`oma help` lists what there is' : `did you mean "${near}"?`,
  );
}
