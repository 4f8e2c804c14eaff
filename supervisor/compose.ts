import type { AccountView } from '../contract/account.ts';
import type { Hello } from '../contract/handshake.ts';
import type { Handlers } from '../contract/operation.ts';
import type { Operations } from '../contract/operations.ts';
import type { Status } from '../contract/status.ts';
import type { Clients } from './clients.ts';
import type { Account } from './core/state.ts';
import type { EventBus } from './event-bus.ts';
import { listAccounts } from './operations/accounts.ts';
import { createAudit } from './operations/audit.ts';
import { codexAuthFileAt } from './operations/codex-auth-file.ts';
import { type CodexAuthSync, createCodexAuthSync } from './operations/codex-auth-sync.ts';
import type { Context } from './operations/context.ts';
import { createDecisions, type Decisions } from './operations/decisions.ts';
import { expireForce, type ForceDeps, tellEnded } from './operations/force.ts';
import { createHandlers, type HandlerDeps } from './operations/handlers.ts';
import { createTokenReader } from './operations/lease-answer.ts';
import { createLeases, type Leases } from './operations/leases.ts';
import { createLogins } from './operations/logins.ts';
import { createNotices, type NoticeDeps, type Notices } from './operations/notices.ts';
import { createProbes, type Probes } from './operations/probes.ts';
import { createRefresher, type Refresher } from './operations/refresher.ts';
import { getStatus, type ProcessFacts } from './operations/status.ts';
import type { Tallied } from './operations/tally.ts';
import type { Subscribers } from './subscribers.ts';
import { createSubscribers } from './subscribers.ts';

/** What the operations are put together from. */
export interface ComposeOptions {
  readonly context: Context;
  readonly hello: Hello;
  readonly clients: Clients;
  readonly bus: EventBus;
  readonly facts: ProcessFacts;
  launchUrl: () => string | null;
  readonly checkStore: HandlerDeps['checkStore'];
  readonly onDesktop: NoticeDeps['onDesktop'];
  stop: () => void;
}

/** The operations, and the parts of them that doors and loops use directly. */
export interface Composed {
  readonly handlers: Handlers<Operations>;
  readonly leases: Leases;
  readonly refresher: Refresher;
  readonly probes: Probes;
  readonly notices: Notices;
  readonly decisions: Decisions;
  readonly codexSync: CodexAuthSync;
  readonly force: ForceDeps;
  readonly subscribers: Subscribers;
  status: () => Status;
  accounts: () => readonly AccountView[];
  tallied: () => Tallied;
}

/** Puts the operations together. */
export function composeOperations(options: ComposeOptions): Composed {
  const { context, hello, clients, facts } = options;
  const leases = createLeases();
  const decisions = createDecisions(context);
  const audit = createAudit(context);
  const codexAuthFile = codexAuthFileAt(context.addresses.codexAuthFile);
  const codexSync = createCodexAuthSync(context, codexAuthFile);
  const renewed = (account: Account): void => {
    context.emit({ type: 'changed', at: new Date(context.now()).toISOString(), topics: ['accounts'] });
    codexSync.follow(account).catch((error: unknown) => {
      context.log.warn({ alias: account.alias, cause: String(error) }, "codex's login file could not follow");
    });
  };
  const refresher = createRefresher(context, { adopt: (alias) => codexSync.adopt(alias), renewed });
  const logins = createLogins(context, { audit, renewed });
  const probes = createProbes({ context, refresher });
  const subscribers = createSubscribers(options.bus);
  const accounts = { context, leases, logins, refresher, codexAuthFile, audit, busy: new Set<string>() };
  const notices = createNotices(noticeDeps(options));
  const status = { context, leases, notices, facts };
  const force = { context, audit };
  watchForce(force, decisions, options.bus);
  const leasing = { context, leases, refresher, decisions, readToken: createTokenReader() };
  const handlers = createHandlers({
    context,
    accounts,
    leases: { ...leasing, onForceEnded: (ended) => tellEnded(context, ended) },
    logins,
    probes,
    notices,
    decisions,
    audit,
    status,
    hello,
    greet: ({ kind, pid, version, host }, { connectionId }) => {
      clients.greet(connectionId, { kind, pid, version, host, since: new Date(context.now()).toISOString() });
    },
    subscribe: ({ connectionId }) => subscribers.add(connectionId),
    lastPlugin: () => clients.lastPlugin(),
    launchUrl: options.launchUrl,
    checkStore: options.checkStore,
    stop: options.stop,
  });
  return {
    handlers,
    leases,
    refresher,
    probes,
    notices,
    decisions,
    codexSync,
    force,
    subscribers,
    status: () => getStatus(status),
    accounts: () => listAccounts(accounts).accounts,
    tallied: () => context.tally.read(),
  };
}

function noticeDeps({ context, onDesktop, facts }: ComposeOptions): NoticeDeps {
  return { context, onDesktop, openCodes: () => facts.clients().filter(({ kind }) => kind === 'tui').length };
}

/** Whatever changes may cost a force its account; it ends then and not at the next request, and the next decision says why. */
function watchForce(force: ForceDeps, decisions: Decisions, { subscribe }: EventBus): void {
  subscribe((event) => {
    if (event.type === 'force-ended') decisions.forceEnded(event);
    if (event.type !== 'changed' && event.type !== 'account-needs-login') return;
    // Events may be told in the middle of a change of the store; it is over by then.
    queueMicrotask(() => {
      expireForce(force).catch((error: unknown) => {
        force.context.log.warn({ cause: String(error) }, 'a force could not be ended now');
      });
    });
  });
}
