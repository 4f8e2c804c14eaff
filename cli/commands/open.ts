import { OmaError } from '../../contract/errors.ts';
import { openBrowser } from '../browser.ts';
import { command } from '../command.ts';
import { STARTING } from '../session.ts';
import { dashboardHint } from '../ssh.ts';
import { withSession } from '../with-session.ts';

/** Opens the dashboard. */
export const open = command({
  name: 'open',
  summary: 'Opens the dashboard in the browser and prints its launch address.',
  flags: { print: { summary: 'Only prints the address.' } },
  uses: ['dashboard.launch'],
  more: 'The address lets whoever has it into the dashboard: do not pass it on.',
  run: (context, input) =>
    withSession(context, STARTING, async ({ client }) => {
      const { url } = await client['dashboard.launch']({});
      if (url === null)
        throw new OmaError('PORT_UNAVAILABLE', 'This supervisor serves no dashboard — `oma logs` says why');
      const hint = input.json ? null : dashboardHint(context, url);
      if (hint !== null) context.stderr.write(`${hint}\n`);
      const opened = !input.has('print') && !input.json && (await openBrowser(context, url));
      return { json: { url, opened }, text: opened ? `The dashboard is open in your browser. If not: ${url}` : url };
    }),
});
