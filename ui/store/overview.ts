import type { AccountView } from '../../contract/account.ts';
import type { Status } from '../../contract/status.ts';
import type { Tone } from '../words.ts';

/** The state of the pool in a headline. */
export interface PoolHealth {
  readonly tone: Tone;
  readonly headline: string;
  readonly detail: string;
}

/** Something only a person can put right, or should know. Shape: the accounts it is true of; none when it concerns oma itself. */
export interface Need {
  readonly tone: Tone;
  readonly text: string;
  readonly aliases: readonly string[];
}

/** Says how the pool is. */
export function poolHealth(accounts: readonly AccountView[]): PoolHealth {
  const enabled = accounts.filter((account) => account.enabled);
  const ready = enabled.filter((account) => account.eligible);
  const good = ready.filter(({ level }) => level !== 'critical');
  const off = accounts.length - enabled.length;
  const headline = `${ready.length} of ${enabled.length} ready`;
  const rest = off === 0 ? '' : `, ${off} disabled`;
  if (ready.length === 0)
    return { tone: 'bad', headline: 'Nobody can serve', detail: `${enabled.length} enabled${rest}` };
  if (good.length === 0) return { tone: 'warn', headline, detail: `all of them nearly empty${rest}` };
  if (ready.length < enabled.length)
    return { tone: 'warn', headline, detail: `${enabled.length - ready.length} blocked${rest}` };
  return { tone: 'ok', headline, detail: off === 0 ? 'every account can serve' : `${off} disabled` };
}

/** Lists what needs a person, the worst first; what is the same of several accounts is said once. */
export function needs(accounts: readonly AccountView[], status: Status | null): readonly Need[] {
  const enabled = accounts.filter((account) => account.enabled);
  const all = [
    ...statusNeeds(status),
    ...(accounts.length === 0 ? [] : poolNeeds(enabled)),
    ...enabled.flatMap(accountNeeds),
  ];
  return [...Map.groupBy(all, ({ text }) => text).values()]
    .flatMap(([first, ...more]) =>
      first === undefined ? [] : [{ ...first, aliases: [first, ...more].flatMap(({ aliases }) => aliases) }],
    )
    .sort((a, b) => rank(a) - rank(b));
}

function undelivered(failures: Status['noticeFailures']): string {
  const channels = failures.map(({ channel }) => channel).join(', ');
  return `Messages do not arrive (${channels}). A test message, among the settings, says why.`;
}

function statusNeeds(status: Status | null): readonly Need[] {
  if (status === null) return [];
  const { store, children, openRefreshes, configFileProblem, noticeFailures } = status;
  const down = children.filter(({ state }) => state === 'waiting' || state === 'exited');
  return [
    ...(store.writeError === null ? [] : [general('bad', `Changes cannot be written: ${store.writeError}`)]),
    ...(store.recovered === null ? [] : [general('warn', `The store was restored at start: ${store.recovered}`)]),
    ...(configFileProblem === null ? [] : [general('warn', `${configFileProblem} The last good one is in force.`)]),
    ...down.map(({ name }) => general('warn', `The ${name} is down; oma starts it again.`)),
    ...(noticeFailures.length === 0 ? [] : [general('warn', undelivered(noticeFailures))]),
    ...openRefreshes.map(({ alias }) =>
      about(alias, 'warn', 'A token refresh was never answered. Sign in again if it fails.'),
    ),
  ];
}

/** A pool that waits for its limits needs nobody, but who looks at it should know what would help. */
function poolNeeds(enabled: readonly AccountView[]): readonly Need[] {
  if (enabled.length === 0) return [general('bad', 'Every account is disabled. Enable one.')];
  const isWaiting = enabled.every(({ eligible, auth }) => !eligible && auth !== 'needs-login');
  return isWaiting ? [general('bad', 'Wait for the first account to be back, or add one to go on sooner.')] : [];
}

function accountNeeds(account: AccountView): readonly Need[] {
  const { alias, auth, authReason, level, eligible, limitsConfidence } = account;
  if (auth === 'needs-login')
    return [about(alias, 'bad', `Sign in again${authReason === null ? '' : `: ${authReason}`}`)];
  if (eligible && level === 'critical')
    return [about(alias, 'warn', 'Nearly empty; used only when nothing better is left.')];
  if (limitsConfidence === 'error')
    return [about(alias, 'mute', 'The last probe failed; its figures are the ones before.')];
  return [];
}

function general(tone: Tone, text: string): Need {
  return { tone, text, aliases: [] };
}

function about(alias: string, tone: Tone, text: string): Need {
  return { tone, text, aliases: [alias] };
}

function rank({ tone }: Need): number {
  return ['bad', 'warn', 'info', 'ok', 'mute'].indexOf(tone);
}
