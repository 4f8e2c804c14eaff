import type { Status } from '../../contract/status.ts';
import { earliestRecovery, NO_NEEDS, standing } from '../core/eligibility.ts';
import { isoTime, isoTimeOrNull } from '../core/time.ts';
import { forceView } from '../core/view.ts';
import type { Context } from './context.ts';
import type { Leases } from './leases.ts';
import type { Notices } from './notices.ts';

/** Facts about the running process that only the composition root knows. */
export interface ProcessFacts {
  readonly version: string;
  readonly buildId: string;
  readonly pid: number;
  readonly startedAt: number;
  readonly socket: string;
  dashboardUrl: () => string | null;
  children: () => Status['children'];
  clients: () => Status['clients'];
}

/** What the status is made of. */
export interface StatusDeps {
  readonly context: Context;
  readonly leases: Leases;
  readonly notices: Pick<Notices, 'failures'>;
  readonly facts: ProcessFacts;
}

/** Shows everything at a glance. */
export function getStatus({ context, leases, notices, facts }: StatusDeps): Status {
  const state = context.store.read();
  const now = context.now();
  const { settings } = context.settings.effective();
  const question = { needs: NO_NEEDS, settings, now };
  const store = context.store.status();
  const enabled = state.accounts.filter((account) => account.availability.enabled);
  const lastServed = state.accounts.reduce<{ alias: string; at: number } | null>(
    (last, { alias, usage }) =>
      usage.lastUsedAt !== null && usage.lastUsedAt > (last?.at ?? 0) ? { alias, at: usage.lastUsedAt } : last,
    null,
  );
  return {
    version: facts.version,
    buildId: facts.buildId,
    pid: facts.pid,
    startedAt: isoTime(facts.startedAt),
    demo: context.addresses.demo,
    socket: facts.socket,
    dashboardUrl: facts.dashboardUrl(),
    store: {
      file: store.file,
      encrypted: store.encrypted,
      recovered: store.recovered,
      lastWriteAt: isoTimeOrNull(store.lastWriteAt),
      writeError: store.writeError,
    },
    strategy: settings.rotationStrategy,
    configFileProblem: context.settings.fileProblem(),
    force: forceView(state, settings, now),
    accounts: {
      total: state.accounts.length,
      enabled: enabled.length,
      eligible: enabled.filter((account) => standing(account, question) !== 'blocked').length,
      needsLogin: enabled.filter((account) => account.auth.state === 'needs-login').map((account) => account.alias),
      lastServed: lastServed?.alias ?? null,
      earliestRecovery: isoTimeOrNull(earliestRecovery(state, question)?.at ?? null),
    },
    openRefreshes: state.accounts.flatMap(({ alias, refreshIntent }) =>
      refreshIntent?.unanswered === true ? [{ alias, since: isoTime(refreshIntent.sentAt) }] : [],
    ),
    noticeFailures: [...notices.failures()],
    leases: leases.counts(),
    children: facts.children(),
    clients: facts.clients(),
  };
}
