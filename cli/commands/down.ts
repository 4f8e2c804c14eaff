import { command } from '../command.ts';
import { connectIfRunning, stopAndWait } from '../running.ts';

/** Stops the supervisor. */
export const down = command({
  name: 'down',
  summary: 'Stops the supervisor in order.',
  flags: {},
  uses: ['supervisor.stop'],
  startsNothing: true,
  more: 'OpenCode starts it again when it next needs an account, unless OPENCODE_MULTI_AUTH_AUTOSTART=0.',
  run: async (context) => {
    const session = await connectIfRunning(context);
    if (session === null) return { json: { stopped: false, pid: null }, text: 'No supervisor is running.' };
    const { pid } = session.hello;
    await stopAndWait(context, session);
    return { json: { stopped: true, pid }, text: `The supervisor (pid ${String(pid)}) has stopped.` };
  },
});
