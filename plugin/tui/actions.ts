import { maskText } from '../../contract/mask.ts';
import type { Client } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';
import type { ProbeRunView } from '../../contract/probe.ts';
import type { EpochMs } from '../../contract/scalars.ts';
import type { Wait } from '../wait.ts';
import { whenText } from '../words.ts';
import type { Tone } from './host.ts';
import type { Choice } from './menu.ts';

/** A choice that is done at once and then said to be done. */
export type Action = Exclude<Choice, { readonly kind: 'account' | 'reauth' | 'why' }>;

/** What is said when it is done. */
export interface Said {
  readonly variant: Tone;
  readonly message: string;
}

export interface ActionDeps {
  readonly client: Client<Operations>;
  readonly now: () => EpochMs;
  readonly wait: Wait;
}

/** How often a running probe is looked at, in milliseconds. */
const LOOK_EVERY_MS = 500;
/** After so long a probe goes on without anybody looking, in milliseconds. */
const LOOK_MAX_MS = 10 * 60_000;

/** Does what was chosen. Errors: OmaError, with a message for people. */
export async function perform(action: Action, deps: ActionDeps): Promise<Said> {
  const { client, now } = deps;
  switch (action.kind) {
    case 'force': {
      const { forcedUntil } = await client['force.activate']({ alias: action.alias });
      const end = forcedUntil === null ? '' : `; it ends ${whenText(Date.parse(forcedUntil), now())}`;
      return done(`${maskText(action.alias)} is forced${end}.`);
    }
    case 'end-force': {
      const { rotationStrategy } = await client['force.clear']({});
      return done(`The force is over; accounts rotate by ${rotationStrategy}.`);
    }
    case 'enable':
    case 'disable': {
      const enabled = action.kind === 'enable';
      await client['account.set-enabled']({ alias: action.alias, enabled });
      return done(`${maskText(action.alias)} is ${enabled ? 'enabled' : 'disabled'}.`);
    }
    case 'switch':
      await client['account.switch']({ alias: action.alias });
      return done(`The codex program is logged in as ${maskText(action.alias)} now.`);
    case 'cancel-login':
      return cancelLogin(action.alias, deps);
    case 'probe':
      return probe(action.alias, deps);
  }
}

async function cancelLogin(alias: string, { client }: ActionDeps): Promise<Said> {
  const { logins } = await client['login.list']({});
  const open = logins.find((login) => login.alias === alias && login.state === 'in-progress');
  if (open === undefined) return { variant: 'info', message: `No login of ${maskText(alias)} is under way.` };
  await client['login.cancel']({ loginId: open.loginId });
  return done(`The login of ${maskText(alias)} is cancelled; nothing was changed.`);
}

async function probe(alias: string | null, { client, now, wait }: ActionDeps): Promise<Said> {
  const giveUpAt = now() + LOOK_MAX_MS;
  let run = await client['probe.start'](alias === null ? {} : { alias });
  while (run.finishedAt === null && now() < giveUpAt) {
    await wait(LOOK_EVERY_MS, null);
    run = await client['probe.get']({ probeId: run.probeId });
  }
  if (run.finishedAt === null) return { variant: 'info', message: 'The probe is not over yet; it goes on by itself.' };
  return probeSaid(run);
}

function probeSaid({ items }: ProbeRunView): Said {
  const failed = items.filter(({ state }) => state !== 'success');
  if (failed.length === 0)
    return done(`The limits of ${items.map((item) => maskText(item.alias)).join(', ')} are new.`);
  const reasons = failed.map((item) => `${maskText(item.alias)}: ${item.message}`).join('\n');
  return { variant: 'warning', message: `No new limits, the old ones stay.\n${reasons}` };
}

function done(message: string): Said {
  return { variant: 'success', message };
}
