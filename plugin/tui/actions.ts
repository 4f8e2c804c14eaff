import type { LoginView } from '../../contract/login.ts';
import { maskText } from '../../contract/mask.ts';
import type { Client } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';
import type { ProbeRunView } from '../../contract/probe.ts';
import type { EpochMs } from '../../contract/scalars.ts';
import type { Wait } from '../wait.ts';
import { whenText } from '../words.ts';
import type { Choice } from './menu.ts';
import type { Said } from './toasts.ts';

/** A choice that is done at once and then said to be done. */
export type Action =
  | Exclude<Choice, { readonly kind: 'account' | 'details' | 'disable' | 'add' | 'reauth' | 'show-login' | 'why' }>
  /** Shape: `reason` is what was typed, and may be blank. */
  | { readonly kind: 'disable'; readonly alias: string; readonly reason: string };

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
      await client['account.set-enabled']({ alias: action.alias, enabled: true });
      return done(`${maskText(action.alias)} is enabled.`);
    case 'disable': {
      const reason = action.reason.trim();
      await client['account.set-enabled']({
        alias: action.alias,
        enabled: false,
        ...(reason === '' ? {} : { reason }),
      });
      return done(`${maskText(action.alias)} is disabled.`);
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
  const open = await openLogin(client, alias);
  if (open === null) return { variant: 'info', message: `No login of ${maskText(alias)} is under way.` };
  await client['login.cancel']({ loginId: open.loginId });
  return done(`The login of ${maskText(alias)} is cancelled; nothing was changed.`);
}

/** The login of an account that is under way, or null. */
export async function openLogin(client: Client<Operations>, alias: string): Promise<LoginView | null> {
  const { logins } = await client['login.list']({});
  return logins.find((login) => login.alias === alias && login.state === 'in-progress') ?? null;
}

async function probe(alias: string | null, { client, now, wait }: ActionDeps): Promise<Said> {
  const giveUpAt = now() + LOOK_MAX_MS;
  let run = await client['probe.start']({ withoutModel: true, ...(alias === null ? {} : { alias }) });
  while (run.finishedAt === null && now() < giveUpAt) {
    await wait(LOOK_EVERY_MS, null);
    run = await client['probe.get']({ probeId: run.probeId });
  }
  if (run.finishedAt === null) return { variant: 'info', message: 'The probe is not over yet; it goes on by itself.' };
  return probeSaid(run);
}

function probeSaid({ items }: ProbeRunView): Said {
  const failed = items.filter(({ state }) => state !== 'success');
  const read = items.filter(({ state }) => state === 'success').map(({ alias }) => maskText(alias));
  const news = read.length === 0 ? 'No new limits, the old ones stay.' : `The limits of ${read.join(', ')} are new.`;
  if (failed.length === 0) return read.length === 0 ? { variant: 'info', message: news } : done(news);
  const reasons = failed.map(({ alias, message }) => `${maskText(alias)}: ${maskText(message)}`);
  return { variant: 'warning', message: [news, ...reasons].join('\n') };
}

function done(message: string): Said {
  return { variant: 'success', message };
}
