import { confirm } from '../ask.ts';
import { type Command, command } from '../command.ts';

/** Puts a question before the command that the table of operations makes. */
export function remove(base: Command): Command {
  return command({
    ...base,
    summary: 'Removes an account and its credentials from the store.',
    flags: { yes: { summary: 'Does not ask.', short: 'y' } },
    run: async (context, input) => {
      const [alias = ''] = input.args;
      const agreed =
        input.has('yes') ||
        (await confirm(context, `Remove ${alias} and its credentials? A login that is only in oma is lost.`));
      if (!agreed) return { json: { removed: false }, text: 'Nothing was removed.' };
      return base.run(context, { ...input, has: () => false, value: () => undefined });
    },
  });
}
