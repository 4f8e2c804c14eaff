import { OmaError } from '../../contract/errors.ts';
import type { Alias } from '../../contract/scalars.ts';
import { blockersOf, earliestRecovery } from '../core/eligibility.ts';
import type { LeaseInput } from '../core/lease.ts';
import { isoTime, isoTimeOrNull } from '../core/time.ts';
import type { Context } from './context.ts';

/** Makes the refusal that names each account, what blocks it, and who is back first. Shape: `unusable` are accounts whose token could not be renewed, with why. */
export function noEligible(
  { store, now, settings }: Context,
  input: LeaseInput,
  unusable: ReadonlyMap<Alias, string>,
): OmaError {
  const state = store.read();
  const at = now();
  const { settings: inForce } = settings.effective();
  const accounts = state.accounts.map((account) => ({
    alias: account.alias,
    blockers: blockersOf(account, { needs: input.needs, settings: inForce, now: at }).map(
      ({ code, until, detail }) => ({
        code,
        until: isoTimeOrNull(until),
        detail: unusable.get(account.alias) ?? detail,
      }),
    ),
  }));
  const first = earliestRecovery(state, { needs: { ...input.needs, exclude: [] }, settings: inForce, now: at });
  const details = {
    accounts,
    earliestRecovery: isoTimeOrNull(first?.at ?? null),
    earliestRecoveryMs: first?.at ?? null,
    earliestAlias: first?.alias ?? null,
  };
  return new OmaError('NO_ELIGIBLE_ACCOUNTS', refusalText(accounts, first), details);
}

function refusalText(
  accounts: readonly { readonly alias: Alias; readonly blockers: readonly { readonly code: string }[] }[],
  first: { readonly alias: Alias; readonly at: number } | null,
): string {
  if (accounts.length === 0) return 'There is no account yet. Add one with "oma add ALIAS".';
  const named = accounts.map(
    ({ alias, blockers }) => `${alias}: ${blockers.map(({ code }) => code).join(', ') || 'tried'}`,
  );
  const back =
    first === null
      ? 'None comes back by itself: see "oma list".'
      : `"${first.alias}" is back first, at ${isoTime(first.at)}.`;
  return `No account can serve this request now (${named.join('; ')}). ${back}`;
}
