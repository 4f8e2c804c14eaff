import type { AccountView } from '../../contract/account.ts';
import { OmaError } from '../../contract/errors.ts';
import type { CallContext, Params, Result } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';
import type { Alias } from '../../contract/scalars.ts';
import { findAccount } from '../core/access.ts';
import { removeAccount, setEnabled } from '../core/accounts.ts';
import { tokenFreshness } from '../core/credentials.ts';
import type { Account } from '../core/state.ts';
import { isoTime } from '../core/time.ts';
import { accountView } from '../core/view.ts';
import type { Audit } from './audit.ts';
import type { CodexAuthFile } from './codex-auth-file.ts';
import type { Context } from './context.ts';
import { tellEnded } from './force.ts';
import type { Leases } from './leases.ts';
import type { Logins } from './logins.ts';
import type { Refresher } from './refresher.ts';

/** What the account operations share. */
export interface AccountDeps {
  readonly context: Context;
  readonly leases: Leases;
  readonly logins: Logins;
  readonly refresher: Refresher;
  readonly codexAuthFile: CodexAuthFile;
  readonly audit: Audit;
  /** Aliases with a toggle or removal under way. */
  readonly busy: Set<Alias>;
}

/** Lists every account as outsiders see it. */
export function listAccounts(deps: AccountDeps): Result<Operations, 'account.list'> {
  return { accounts: deps.context.store.read().accounts.map((account) => viewOf(deps, account)) };
}

/** Reads the history of limits of one account, oldest first. */
export function accountHistory(
  { context }: AccountDeps,
  { alias }: { readonly alias: Alias },
): Result<Operations, 'account.history'> {
  return { alias, entries: [...findAccount(context.store.read(), alias).limits.history] };
}

/** Moves the Enabled switch; a second move of the same switch meanwhile is refused. */
export async function setAccountEnabled(
  deps: AccountDeps,
  params: Params<Operations, 'account.set-enabled'>,
  call: CallContext,
): Promise<AccountView> {
  const { context, audit } = deps;
  const { alias, enabled, reason } = params;
  return exclusively(deps, alias, async () => {
    const forced = context.store.read().force?.forcedAlias === alias;
    const account = await context.store.transact(
      'account.set-enabled',
      (state, now) => setEnabled(state, { alias, enabled, actor: call.actor, reason: reason ?? null }, now),
      'before-reply',
    );
    audit.record(call, { action: 'account.set-enabled', target: alias, detail: { enabled, reason: reason ?? null } });
    if (forced && !enabled) tellEnded(context, { alias, because: 'disabled' });
    context.emit({ type: 'changed', at: isoTime(context.now()), topics: ['accounts', 'force', 'status'] });
    return viewOf(deps, account);
  });
}

/** Removes an account; a login of it under way is cancelled. */
export async function removeOneAccount(
  deps: AccountDeps,
  { alias }: { readonly alias: Alias },
  call: CallContext,
): Promise<Result<Operations, 'account.remove'>> {
  const { context, audit, logins } = deps;
  return exclusively(deps, alias, async () => {
    const forced = context.store.read().force?.forcedAlias === alias;
    await context.store.transact('account.remove', (state) => removeAccount(state, alias), 'before-reply');
    await logins.cancelOf(alias);
    audit.record(call, { action: 'account.remove', target: alias, detail: {} });
    if (forced) tellEnded(context, { alias, because: 'removed' });
    context.emit({ type: 'changed', at: isoTime(context.now()), topics: ['accounts', 'force', 'status'] });
    return { alias };
  });
}

/** Logs codex itself in as an account. */
export async function switchAccount(
  deps: AccountDeps,
  { alias }: { readonly alias: Alias },
  call: CallContext,
): Promise<AccountView> {
  const { context, refresher, codexAuthFile, audit } = deps;
  let account = findAccount(context.store.read(), alias);
  if (!account.availability.enabled)
    throw new OmaError('ACCOUNT_DISABLED', `"${alias}" is disabled. Enable it first with "oma enable ${alias}".`, {
      alias,
    });
  if (tokenFreshness(account.credentials, context.now()) !== 'fresh')
    account = await refresher.renew(alias, account.credentials.accessToken);
  await context.store.settled();
  await codexAuthFile.write(account);
  const switched = await context.store.transact(
    'account.switch',
    (state) => [{ ...state, activeAlias: alias }, findAccount(state, alias)],
    'before-reply',
  );
  audit.record(call, { action: 'account.switch', target: alias, detail: {} });
  context.emit({ type: 'changed', at: isoTime(context.now()), topics: ['accounts'] });
  return viewOf(deps, switched);
}

function viewOf({ context, leases, logins }: AccountDeps, account: Account): AccountView {
  const { settings } = context.settings.effective();
  return accountView(account, {
    state: context.store.read(),
    settings,
    inFlight: leases.inFlight(account.alias),
    reauth: logins.reauthState(account.alias),
    now: context.now(),
  });
}

async function exclusively<R>({ busy }: AccountDeps, alias: Alias, change: () => Promise<R>): Promise<R> {
  if (busy.has(alias))
    throw new OmaError('OPERATION_IN_PROGRESS', `Another change of "${alias}" is still running. Wait for it.`, {
      alias,
    });
  busy.add(alias);
  try {
    return await change();
  } finally {
    busy.delete(alias);
  }
}
