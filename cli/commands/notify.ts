import { OPERATIONS } from '../../contract/operations.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit.ts';

/** Lets the command that the table of operations makes end badly where a message did not arrive. */
export function notifyTest(base: Command): Command {
  return {
    ...base,
    more: 'The channels are settings: notifyToast, notifyDesktop, notifyWebhookUrl, notifyNtfyUrl.',
    unwell: 'a channel that is on did not take the message',
    run: async (context, input) => {
      const answer = await base.run(context, input);
      if (answer === null) return null;
      const { channels } = OPERATIONS['notice.test'].result.parse(answer.json);
      return { ...answer, exit: channels.some(({ result }) => result === 'failed') ? EXIT.unwell : EXIT.ok };
    },
  };
}
