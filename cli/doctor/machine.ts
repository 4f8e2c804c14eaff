import { createServer } from 'node:net';

import { type BrowserPlan, planBrowser } from '../browser.ts';
import type { Context } from '../context.ts';
import { forwardCommand, LOGIN_PORT } from '../ssh.ts';
import { type Finding, finding, fine } from './finding.ts';

/** The provider sends a browser login back to one of these and to no other. */
const LOGIN_PORTS: readonly number[] = [LOGIN_PORT, 1457];

/** Looks at the machine: the ports of a browser login, and where the browser would open. */
export async function examineMachine(
  { environment, platform }: Pick<Context, 'environment' | 'platform'>,
  dashboardPort: number,
): Promise<readonly Finding[]> {
  return [await examinePorts(LOGIN_PORTS), ...browserHints(planBrowser(environment, platform), dashboardPort)];
}

/** Tells whether a browser login can come back to one of these ports. */
export async function examinePorts(ports: readonly number[]): Promise<Finding> {
  const busy: number[] = [];
  for (const port of ports) if (await isBusy(port)) busy.push(port);
  if (busy.length === 0) return fine('login-ports', `Ports ${ports.join(' and ')} are free for a browser login.`);
  const isStuck = busy.length === ports.length;
  return finding(isStuck ? 'warning' : 'note', {
    id: 'login-ports',
    what: `${isStuck ? 'Ports' : 'Port'} ${busy.join(' and ')} ${isStuck ? 'are' : 'is'} in use: a login under way, or another program, such as a codex that logs in.`,
    advice: isStuck
      ? 'A browser login cannot finish: end that program, or use `oma add ALIAS --device`.'
      : 'A browser login takes the other port.',
  });
}

function browserHints(plan: BrowserPlan, dashboardPort: number): readonly Finding[] {
  if (plan.kind === 'open') return [];
  const hints = {
    ssh: [
      'This is a session over SSH: a browser here would open where nobody sits.',
      `\`oma add ALIAS --device\` needs none. Or run, where your browser is: \`${forwardCommand(dashboardPort, LOGIN_PORT)}\`; then \`oma add ALIAS\`, or \`oma open --print\` for the dashboard.`,
    ],
    wsl: [
      'This is WSL: the browser is on the side of Windows.',
      '`oma add ALIAS --device` always works; the dashboard opens in Windows under the same address, which `oma open --print` shows.',
    ],
    'no-display': ['There is no display here.', '`oma add ALIAS --device` and `oma open --print` need none.'],
  } as const;
  const [what, advice] = hints[plan.because];
  return [finding('note', { id: plan.because, what, advice })];
}

function isBusy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(false)));
  });
}
