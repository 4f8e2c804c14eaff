import { type Command, command } from '../command.ts';
import { lookOf } from '../context.ts';
import { usage } from '../parse.ts';
import { forceText } from '../render/status.ts';
import { STARTING } from '../session.ts';
import { withSession } from '../with-session.ts';

/** Adds clearing and looking to the command that the table of operations makes. */
export function force(base: Command): Command {
  return command({
    ...base,
    summary: 'Pins one account for 24 h; without an alias shows what is pinned.',
    args: [{ name: '[ALIAS]', summary: 'The account to pin.' }],
    flags: { clear: { summary: 'Ends the force and returns to the strategy from before.' } },
    uses: ['force.activate', 'force.clear', 'force.get'],
    more: 'A force ends by itself after 24 h, and when its account is disabled, removed or can no longer serve.',
    run: (context, input) => {
      const [alias] = input.args;
      if (alias !== undefined && input.has('clear'))
        throw usage('--clear takes no alias', 'write `oma force --clear`, or `oma force ALIAS` to pin another');
      if (alias !== undefined) return base.run(context, { ...input, has: () => false, value: () => undefined });
      return withSession(context, STARTING, async ({ client }) => {
        const view = await (input.has('clear') ? client['force.clear']({}) : client['force.get']({}));
        return { json: view, text: `Forced: ${forceText(view, lookOf(context))}` };
      });
    },
  });
}
