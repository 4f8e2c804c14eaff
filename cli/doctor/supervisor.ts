import type { AccountView } from '../../contract/account.ts';
import type { Diagnosis } from '../../contract/diagnosis.ts';
import type { Status } from '../../contract/status.ts';
import { type Finding, finding, fine } from './finding.ts';
import { judgeNotices } from './notices.ts';

/** What a running supervisor tells. */
export interface Told {
  readonly status: Status;
  readonly accounts: readonly AccountView[];
  readonly diagnosis: Diagnosis;
}

/** What it is looked at against. Shape: `buildId` is that of this command. */
export interface Looking {
  readonly now: number;
  readonly buildId: string;
}

/** Clocks this far apart confuse the age of tokens, in milliseconds. */
const SKEW_WARNING_MS = 60_000;
const SKEW_PROBLEM_MS = 5 * 60_000;
/** A token this long past its end was not renewed although it should have been, in milliseconds. */
const OVERDUE_MS = 10 * 60_000;

/** Judges what a running supervisor tells; pure. */
export function judgeSupervisor({ status, accounts, diagnosis }: Told, looking: Looking): readonly Finding[] {
  return [
    ...judgeProcesses(status, looking),
    judgeHello(status, diagnosis),
    ...judgeClock(diagnosis),
    ...judgePool(status),
    ...accounts.flatMap((account) => judgeAccount(account, looking.now)),
    ...status.openRefreshes.map(({ alias, since }) =>
      finding('warning', {
        id: 'open-refresh',
        what: `A refresh of "${alias}" was sent at ${since} and its answer never came: its login may be spent.`,
        advice: `The next refresh tells. If it asks for a login: \`oma reauth ${alias}\`.`,
      }),
    ),
    ...judgeNotices(status),
    ...diagnosis.storeNotices.map((notice) => finding('note', { id: 'store-notice', what: notice, advice: null })),
  ];
}

function judgeProcesses(status: Status, { buildId }: Looking): Finding[] {
  const { pid, version, children, store, demo, configFileProblem } = status;
  const found = [fine('supervisor', `The supervisor runs (pid ${String(pid)}, oma ${version}).`)];
  if (demo)
    found.push(
      finding('note', {
        id: 'demo',
        what: 'It is the demo, with simulated accounts.',
        advice: '`oma down` ends it; `oma up` works with your own.',
      }),
    );
  if (status.buildId !== buildId)
    found.push(
      finding('warning', {
        id: 'other-build',
        what: 'The running supervisor is of another build than this command.',
        advice: '`oma down`, then `oma up --detach`.',
      }),
    );
  for (const { name, state, restarts, lastExit } of children)
    // One that is started for the first time is not ill.
    if (state !== 'ready' && lastExit !== null)
      found.push(
        finding('warning', {
          id: 'child',
          what: `The ${name} is ${state} (${String(restarts)} restarts, last end: ${lastExit}).`,
          advice: 'The supervisor starts it again; `oma logs` says why it ended.',
        }),
      );
  if (configFileProblem !== null)
    found.push(
      finding('warning', {
        id: 'config-file',
        what: `${configFileProblem} The last good one is in force.`,
        advice: 'Correct the file; it is read again as soon as it changes.',
      }),
    );
  if (store.writeError !== null)
    found.push(
      finding('problem', {
        id: 'store-write',
        what: `The store cannot be written: ${store.writeError}`,
        advice: 'Free some space or mend the permissions; changes since then are in memory only.',
      }),
    );
  return found;
}

function judgeHello({ clients, startedAt }: Status, { lastPluginHello }: Diagnosis): Finding {
  const connected = clients.filter(({ kind }) => kind === 'plugin');
  if (connected.length > 0)
    return fine(
      'plugin-hello',
      `The plugin is connected: ${connected.map(({ host, pid }) => `${host ?? 'unknown'} (pid ${String(pid)})`).join(', ')}.`,
    );
  if (lastPluginHello !== null)
    return fine(
      'plugin-hello',
      `The plugin said hello last at ${lastPluginHello.at} (${lastPluginHello.host ?? 'unknown'}).`,
    );
  return finding('note', {
    id: 'plugin-hello',
    what: `No plugin has said hello since the supervisor started at ${startedAt}.`,
    advice:
      'It does with the first request: opencode run "hello" --model openai/gpt-5.5. If this stays, OpenCode does not load the plugin, about which it says nothing.',
  });
}

function judgeClock({ clock }: Diagnosis): readonly Finding[] {
  if (clock === null) return [];
  const skewMs = Math.abs(clock.skewMs);
  if (skewMs < SKEW_WARNING_MS) return [fine('clock', 'The clock agrees with the provider’s.')];
  return [
    finding(skewMs < SKEW_PROBLEM_MS ? 'warning' : 'problem', {
      id: 'clock',
      what: `The clock of this machine is ${String(Math.round(skewMs / 1_000))} s ${clock.skewMs > 0 ? 'ahead of' : 'behind'} the provider’s, so tokens seem older or younger than they are.`,
      advice: 'Let the system set its clock from the network (timedatectl set-ntp true; in WSL: wsl --shutdown).',
    }),
  ];
}

function judgePool({ accounts: { total, eligible, earliestRecovery } }: Status): readonly Finding[] {
  if (total === 0 || eligible > 0) return [];
  return [
    finding('warning', {
      id: 'pool-dry',
      what: `No account can serve now, so OpenCode gets no answer${earliestRecovery === null ? '' : `; the first is back at ${earliestRecovery}`}.`,
      advice: '`oma list` says of each account what is in its way.',
    }),
  ];
}

function judgeAccount({ alias, enabled, auth, authReason, tokenExpiresAt }: AccountView, now: number): Finding[] {
  if (!enabled) return [];
  if (auth === 'needs-login')
    return [
      finding('warning', {
        id: 'needs-login',
        what: `"${alias}" must be logged in again: ${authReason ?? 'its login is no longer accepted'}`,
        advice: `\`oma reauth ${alias}\``,
      }),
    ];
  const leftMs = Date.parse(tokenExpiresAt) - now;
  if (auth !== 'expiring') return [];
  const isOverdue = leftMs < -OVERDUE_MS;
  return [
    finding(isOverdue ? 'warning' : 'note', {
      id: 'token-expiring',
      what: `The access token of "${alias}" ${leftMs < 0 ? 'ended' : 'ends'} at ${tokenExpiresAt}.`,
      advice: isOverdue
        ? 'It should have been renewed long ago: `oma logs` says what is in the way.'
        : 'oma renews it by itself.',
    }),
  ];
}
