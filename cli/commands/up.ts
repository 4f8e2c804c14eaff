import { resolve } from 'node:path';

import { OmaError } from '../../contract/errors.ts';
import { attend } from '../attend.ts';
import { type Answer, command } from '../command.ts';
import type { Context } from '../context.ts';
import { type Demo, importDemoAccounts, prepareDemo, startDetachedDemo, type Started } from '../demo.ts';
import { supervisorCommand } from '../open-session.ts';
import { usage } from '../parse.ts';
import { withProgress } from '../progress.ts';
import { runningText, startedText } from '../render/started.ts';
import { connectIfRunning, stopAndWait } from '../running.ts';
import type { Session } from '../session.ts';
import { dashboardHint } from '../ssh.ts';

const PORT_MAX = 65_535;

/** What the flags ask for. */
interface Wish {
  readonly isDemo: boolean;
  readonly isDetached: boolean;
  /** Arguments of the supervisor's program. */
  readonly args: readonly string[];
}

/** Starts the supervisor with its dashboard. */
export const up = command({
  name: 'up',
  summary: 'Starts the supervisor and its dashboard, and stops it on Ctrl-C; --detach leaves it running.',
  flags: {
    detach: { summary: 'Returns when it is ready; `oma down` stops it.', short: 'd' },
    port: { summary: 'Port of the dashboard (default 3434; if busy, the next free one).', value: 'N', short: 'p' },
    host: {
      summary: 'Address of the dashboard: 127.0.0.1, ::1 or localhost; nothing else is accepted.',
      value: 'HOST',
    },
    config: { summary: 'A JSON file with settings, read again whenever it changes.', value: 'FILE' },
    demo: {
      summary:
        'Shows oma with four simulated accounts on a simulated provider; needs no account and nothing leaves this machine.',
    },
  },
  uses: ['dashboard.launch', 'supervisor.stop', 'account.import'],
  fails: ['SUPERVISOR_RUNNING'],
  more: 'The dashboard shows the accounts, their limits, every choice and its reason, and switches accounts on and off.\nIts launch address lets whoever has it in: do not pass it on. `oma open` opens it later.\n\nExamples:\n  oma up --demo\n  oma up --detach --port 9999',
  run: async (context, input) => {
    const port = portOf(input.value('port'));
    const [host, config] = [input.value('host'), input.value('config')];
    const flags = { port, host, config: config === undefined ? undefined : resolve(context.cwd, config) };
    const args = Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
    const wish = { isDemo: input.has('demo'), isDetached: input.has('detach'), args };
    const running = await connectIfRunning(context);
    if (running !== null) return describeRunning(context, running, wish);
    if (wish.isDemo && wish.isDetached)
      return answer(
        context,
        await withProgress(context.stderr, 'Starting the demo', startDetachedDemo(context, args)),
        wish,
      );
    const demo = wish.isDemo
      ? await withProgress(context.stderr, 'Starting the simulated provider', prepareDemo(context, args))
      : null;
    try {
      return await startAndAttend(context, wish, { demo, isJson: input.json });
    } finally {
      await demo?.provider.close();
    }
  },
});

async function startAndAttend(
  context: Context,
  wish: Wish,
  { demo, isJson }: { demo: Demo | null; isJson: boolean },
): Promise<Answer | null> {
  const session = await context.connect({
    start: demo?.command ?? supervisorCommand(context, wish.args),
    closeOnAbort: false,
  });
  try {
    refuseOtherKind(session, wish.isDemo);
    if (demo !== null) await fill(context, session, demo);
    const ready = answer(context, await startedOf(session, true), wish);
    if (wish.isDetached) return ready;
    context.stdout.write(`${isJson ? JSON.stringify(ready.json) : ready.text}\n`);
    await attend(context, session, demo);
    return null;
  } finally {
    session.close();
  }
}

// A demo without accounts shows nothing, so it does not stay.
async function fill(context: Context, session: Session, { provider }: Demo): Promise<void> {
  try {
    await importDemoAccounts(context, session, provider);
  } catch (error) {
    await stopAndWait(context, session);
    throw error;
  }
}

async function describeRunning(context: Context, session: Session, { isDemo, args }: Wish): Promise<Answer> {
  try {
    refuseOtherKind(session, isDemo);
    const started = await startedOf(session, false);
    const look = { hint: hintFor(context, started), paint: context.paint };
    return { json: started, text: runningText(started, args.length > 0, look) };
  } finally {
    session.close();
  }
}

function refuseOtherKind({ hello }: Session, isDemo: boolean): void {
  if (hello.demo === isDemo) return;
  const [runs, wanted] = isDemo
    ? ['A supervisor with your own accounts', 'the demo']
    : ['The demo', 'the supervisor with your own accounts'];
  throw new OmaError(
    'SUPERVISOR_RUNNING',
    `${runs} is running (pid ${String(hello.pid)}) — stop it with \`oma down\`, then start ${wanted}`,
    { pid: hello.pid, demo: hello.demo },
  );
}

async function startedOf({ client, hello }: Session, started: boolean): Promise<Started> {
  const { url } = await client['dashboard.launch']({});
  return { started, demo: hello.demo, pid: hello.pid, launchUrl: url };
}

function answer(context: Context, started: Started, { isDetached }: Wish): Answer {
  const look = { isDetached, hint: hintFor(context, started), oma: commandName(context), paint: context.paint };
  return { json: started, text: startedText(started, look) };
}

function hintFor(context: Context, { launchUrl }: Started): string | null {
  return launchUrl === null ? null : dashboardHint(context, launchUrl);
}

// Whoever came by npx has no `oma` on the path yet.
function commandName({ environment }: Context): string {
  return environment['npm_command'] === 'exec' ? 'npx oma' : 'oma';
}

function portOf(text: string | undefined): string | undefined {
  if (text === undefined || (/^\d{1,5}$/.test(text) && Number(text) <= PORT_MAX)) return text;
  throw usage(`--port takes a number up to ${String(PORT_MAX)}, not "${text}"`, 'write --port=3434');
}
