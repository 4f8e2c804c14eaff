import type { AntigravityView } from '../../contract/antigravity.ts';
import type { Diagnosis } from '../../contract/diagnosis.ts';
import { OmaError } from '../../contract/errors.ts';
import type { Hello } from '../../contract/handshake.ts';
import { areCompatible } from '../../contract/handshake.ts';
import type { CallContext, Handlers, Params } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';
import { explain } from '../core/decision.ts';
import {
  type AccountDeps,
  accountHistory,
  listAccounts,
  removeOneAccount,
  setAccountEnabled,
  switchAccount,
} from './accounts.ts';
import type { Audit } from './audit.ts';
import { backUp, restore } from './backups.ts';
import type { Context } from './context.ts';
import type { Decisions } from './decisions.ts';
import { endForce, forceAccount, getForce } from './force.ts';
import { importAccounts } from './imports.ts';
import { acquireLease, type LeaseDeps, refreshLease, reportLease } from './lease.ts';
import type { Logins } from './logins.ts';
import type { Notices } from './notices.ts';
import type { Probes } from './probes.ts';
import { changeSettings, forgetSettings, getSettings, usePreset } from './settings.ts';
import { getStatus, type StatusDeps } from './status.ts';

/** Everything the handlers are made of. */
export interface HandlerDeps {
  readonly context: Context;
  readonly accounts: AccountDeps;
  readonly leases: LeaseDeps;
  readonly logins: Logins;
  readonly probes: Probes;
  readonly notices: Pick<Notices, 'test'>;
  readonly decisions: Decisions;
  readonly audit: Audit;
  readonly status: StatusDeps;
  readonly hello: Hello;
  /** Remembers who is connected. */
  greet: (params: Params<Operations, 'session.hello'>, call: CallContext) => void;
  subscribe: (call: CallContext) => void;
  lastPlugin: () => Diagnosis['lastPluginHello'];
  launchUrl: () => string | null;
  checkStore: () => Promise<{ ok: boolean; file: string; problems: string[]; accounts: number; encrypted: boolean }>;
  stop: () => void;
}

/** Binds every operation of the table to what does it. */
export function createHandlers(deps: HandlerDeps): Handlers<Operations> {
  const { context, accounts, leases, logins, probes, decisions, audit, status } = deps;
  const steering = { context, audit };
  return {
    'session.hello': (params, call) => {
      refuseIncompatible(deps.hello, params);
      deps.greet(params, call);
      return { ...deps.hello, demo: context.addresses.demo };
    },
    'session.subscribe': (_params, call) => {
      deps.subscribe(call);
      return {};
    },
    'lease.acquire': (params, call) => acquireLease(leases, params, call),
    'lease.refresh': (params) => refreshLease(leases, params),
    'lease.report': (params) => reportLease(leases, params),
    'status.get': () => getStatus(status),
    'supervisor.stop': () => {
      deps.stop();
      return {};
    },
    'dashboard.launch': () => ({ url: deps.launchUrl() }),
    'account.list': () => listAccounts(accounts),
    'account.history': (params) => accountHistory(accounts, params),
    'account.add': ({ alias, method }, call) => logins.add(alias, method, call),
    'account.import': (params, call) => importAccounts(steering, params, call),
    'account.remove': (params, call) => removeOneAccount(accounts, params, call),
    'account.set-enabled': (params, call) => setAccountEnabled(accounts, params, call),
    'account.reauth': ({ alias, method }, call) => logins.reauth(alias, method, call),
    'account.switch': (params, call) => switchAccount(accounts, params, call),
    'login.get': ({ loginId }) => logins.get(loginId),
    'login.list': () => ({ logins: [...logins.list()] }),
    'login.wait': ({ loginId }) => logins.wait(loginId),
    'login.paste': ({ loginId, pasted }) => logins.paste(loginId, pasted),
    'login.cancel': ({ loginId }) => logins.cancel(loginId),
    'force.get': () => getForce(steering),
    'force.activate': (params, call) => forceAccount(steering, params, call),
    'force.clear': (_params, call) => endForce(steering, call),
    'settings.get': () => getSettings(steering),
    'settings.update': (params, call) => changeSettings(steering, params, call),
    'settings.reset': (_params, call) => forgetSettings(steering, call),
    'settings.preset': ({ preset }, call) => usePreset(steering, preset, call),
    'probe.start': ({ alias, aliases, withoutModel = false }, call) =>
      probes.start(
        { aliases: alias === undefined ? (aliases ?? null) : [alias, ...(aliases ?? [])], withoutModel },
        call,
      ),
    'probe.get': ({ probeId }) => probes.get(probeId),
    'decision.list': ({ limit, requestId }) => ({ decisions: [...decisions.list(limit, requestId)] }),
    'decision.explain': (params, call) => explainNext(context, params, call),
    'audit.list': ({ limit }) => ({ entries: [...audit.list(limit)] }),
    'notice.test': () => deps.notices.test(),
    'diagnosis.get': () => diagnose(deps),
    'antigravity.get': () => antigravity(context),
    'store.check': () => deps.checkStore(),
    'store.backup': (params, call) => backUp(steering, params, call),
    'store.restore': (params, call) => restore(steering, params, call),
  };
}

/** Why: while the feature is off its code is not even loaded, so it can touch nothing. */
async function antigravity(context: Context): Promise<AntigravityView> {
  if (!context.settings.effective().settings.antigravityEnabled)
    throw new OmaError('FEATURE_DISABLED', 'This feature is switched off. Switch it on in the settings.');
  const { getAntigravity } = await import('./antigravity.ts');
  return getAntigravity(context);
}

/** A worker that is down knows nothing of the clock, and nobody waits for it: everything else is worth telling at once. */
async function diagnose({ context, status, lastPlugin }: HandlerDeps): Promise<Diagnosis> {
  const isReady = status.facts.children().some(({ name, state }) => name === 'worker' && state === 'ready');
  const { clock } = isReady ? await context.worker['clock.read']({}).catch(() => ({ clock: null })) : { clock: null };
  return { clock, lastPluginHello: lastPlugin(), storeNotices: [...context.store.status().notices] };
}

function explainNext(
  { store, settings, now }: Context,
  { sessionId, model, strategy }: Params<Operations, 'decision.explain'>,
  call: CallContext,
): ReturnType<typeof explain> {
  const inForce = settings.effective().settings;
  const lease = {
    needs: { model: model ?? null, exclude: [] },
    sessionId: sessionId ?? null,
    settings: strategy === undefined ? inForce : { ...inForce, rotationStrategy: strategy },
  };
  return explain({ state: store.read(), lease, requestId: call.requestId, attempt: 1, endedForce: null, now: now() });
}

function refuseIncompatible(ours: Hello, theirs: Hello): void {
  if (areCompatible(ours, theirs)) return;
  throw new OmaError(
    'SUPERVISOR_INCOMPATIBLE',
    `The running supervisor is oma ${ours.version}, this is ${theirs.version}, and they do not understand each other. Run "oma down" and "oma up" with the newer one.`,
    {
      supervisor: ours.version,
      client: theirs.version,
    },
  );
}
