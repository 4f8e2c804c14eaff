import type { ForceView } from '../../contract/force.ts';
import type { CallContext } from '../../contract/operation.ts';
import type { Alias } from '../../contract/scalars.ts';
import { activateForce, clearForce, type EndedForce, reconcileForce } from '../core/force.ts';
import { isoTime } from '../core/time.ts';
import { forceView } from '../core/view.ts';
import type { Audit } from './audit.ts';
import type { Context } from './context.ts';

/** What the force operations share. */
export interface ForceDeps {
  readonly context: Context;
  readonly audit: Audit;
}

/** Shows the force as it stands now. */
export function getForce({ context }: ForceDeps): ForceView {
  return forceView(context.store.read(), context.settings.effective().settings, context.now());
}

/** Pins one account. */
export async function forceAccount(
  deps: ForceDeps,
  { alias }: { readonly alias: Alias },
  call: CallContext,
): Promise<ForceView> {
  const { context, audit } = deps;
  const { settings } = context.settings.effective();
  const before = context.store.read().force?.forcedAlias ?? null;
  const force = await context.store.transact(
    'force.activate',
    (state, now) => activateForce(reconcileForce(state, settings, now)[0], { alias, actor: call.actor, settings }, now),
    'before-reply',
  );
  audit.record(call, {
    action: 'force.activate',
    target: alias,
    detail: { until: isoTime(force.forcedUntil), before },
  });
  if (before !== null && before !== alias) tellEnded(context, { alias: before, because: 'replaced' });
  context.emit({ type: 'changed', at: isoTime(context.now()), topics: ['force', 'accounts', 'status'] });
  return getForce(deps);
}

/** Ends the force on request. */
export async function endForce(deps: ForceDeps, call: CallContext): Promise<ForceView> {
  const { context, audit } = deps;
  const ended = await context.store.transact('force.clear', (state) => clearForce(state), 'before-reply');
  audit.record(call, { action: 'force.clear', target: ended.alias, detail: {} });
  tellEnded(context, ended);
  return getForce(deps);
}

/** Ends a force that may no longer stand, without waiting for a request to notice. */
export async function expireForce({ context }: ForceDeps): Promise<void> {
  const { settings } = context.settings.effective();
  if (reconcileForce(context.store.read(), settings, context.now())[1] === null) return;
  const ended = await context.store.transact(
    'force.expire',
    (state, now) => reconcileForce(state, settings, now),
    'before-reply',
  );
  if (ended !== null) tellEnded(context, ended);
}

/** Logs and announces the end of a force. */
export function tellEnded(context: Context, { alias, because }: EndedForce): void {
  context.log.info({ alias, because }, 'force ended');
  context.emit({ type: 'force-ended', at: isoTime(context.now()), alias, because });
  context.emit({ type: 'changed', at: isoTime(context.now()), topics: ['force', 'accounts', 'status'] });
}
