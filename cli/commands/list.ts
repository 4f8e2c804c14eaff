import { command } from '../command.ts';
import { lookOf } from '../context.ts';
import { accountsText, maskAccount } from '../render/accounts.ts';
import { STARTING } from '../session.ts';
import { withSession } from '../with-session.ts';

/** Shows every account: how it stands, what is left of its limits, and what blocks it. */
export const list = command({
  name: 'list',
  summary: 'Lists the accounts: how each stands, what is left of its limits, and what blocks it.',
  flags: { mask: { summary: 'Hides e-mails, for screenshots.' } },
  uses: ['account.list'],
  run: (context, input) =>
    withSession(context, STARTING, async ({ client }) => {
      const { accounts } = await client['account.list']({});
      const shown = input.has('mask') ? accounts.map(maskAccount) : accounts;
      return { json: { accounts: shown }, text: accountsText(shown, lookOf(context), context.stdout.columns) };
    }),
});
