import { setTimeout as sleep } from 'node:timers/promises';

import { OmaError } from '../../contract/errors.ts';
import type { ProbeRunView } from '../../contract/probe.ts';
import { command } from '../command.ts';
import { type Context, lookOf } from '../context.ts';
import { EXIT } from '../exit.ts';
import { createProgress } from '../progress.ts';
import { probeProgress, probeSucceeded, probeText } from '../render/probe.ts';
import { type Session, STARTING } from '../session.ts';
import { withSession } from '../with-session.ts';

/** How often a running probe is looked at, in milliseconds. */
const LOOK_EVERY_MS = 300;

/** A run over many accounts may take this long, in milliseconds; then it goes on without us. */
const WAIT_MAX_MS = 60 * 60 * 1_000;

/** Asks for the limits of accounts now, and waits for the figures. */
export const probe = command({
  name: 'probe',
  summary: 'Reads the limits of accounts now; all enabled ones if none is named.',
  args: [{ name: '[ALIAS…]', summary: 'The accounts to probe.' }],
  flags: {},
  uses: ['probe.start', 'probe.get'],
  unwell: 'an account gave no figures; what was known of it stays as it was',
  more: 'A probe that runs codex spends a little of the quota (see `oma settings get probeSources`).',
  run: (context, input) =>
    withSession(context, STARTING, async (session) => {
      const aliases = [...new Set(input.args)];
      const started = await session.client['probe.start'](aliases.length === 0 ? {} : { aliases });
      const run = await follow(context, session, started);
      return { json: run, text: probeText(run, lookOf(context)), exit: probeSucceeded(run) ? EXIT.ok : EXIT.unwell };
    }),
});

async function follow(context: Context, { client }: Session, started: ProbeRunView): Promise<ProbeRunView> {
  const progress = createProgress(context.stderr);
  const giveUpAt = context.now() + WAIT_MAX_MS;
  let run = started;
  try {
    while (run.finishedAt === null) {
      if (context.now() > giveUpAt)
        throw new OmaError(
          'DEADLINE_EXCEEDED',
          'The probe is not over yet; it goes on by itself — `oma list` shows the figures later',
        );
      progress.say(probeProgress(run));
      await sleep(LOOK_EVERY_MS, undefined, { signal: context.signal });
      run = await client['probe.get']({ probeId: run.probeId });
    }
    return run;
  } finally {
    progress.end();
  }
}
