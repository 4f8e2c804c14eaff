import { computed, type ReadonlySignal } from '@preact/signals';

import type { AccountView } from '../../contract/account.ts';
import type { Api } from '../api.ts';
import { createMutations, type Mutation } from '../mutation.ts';
import { accountKey } from '../route.ts';
import { createResource, type Resource } from './resource.ts';

/** The accounts, and everything that may be done to one. */
export interface Accounts {
  readonly list: ReadonlySignal<readonly AccountView[] | null>;
  readonly error: Resource<unknown>['error'];
  readonly refresh: () => Promise<void>;
  /** Finds an account by its name in the address bar. */
  readonly find: (key: string) => AccountView | null;
  readonly enabling: (alias: string) => Mutation<{ enabled: boolean; reason: string }>;
  readonly switching: (alias: string) => Mutation<null>;
  readonly removing: (alias: string) => Mutation<null>;
}

/** Creates the accounts store. Shape: `changed` runs after a change, for views that depend on accounts. */
export function createAccounts(api: Api, changed: () => void): Accounts {
  const resource: Resource<readonly AccountView[]> = createResource<readonly AccountView[]>(async () => {
    const { accounts } = await api.call('account.list', {});
    return reuse(resource.value.peek() ?? [], accounts);
  });
  const replace = (account: AccountView): void => {
    const before = resource.value.peek() ?? [];
    resource.accept(before.map((known) => (known.alias === account.alias ? account : known)));
    void resource.refresh();
    changed();
  };
  const byKey = computed(
    () => new Map((resource.value.value ?? []).map((account) => [accountKey(account.alias), account])),
  );
  return {
    list: resource.value,
    error: resource.error,
    refresh: resource.refresh,
    find: (key) => byKey.value.get(key) ?? null,
    enabling: createMutations(async (alias, { enabled, reason }) => {
      const words = reason.trim();
      replace(await api.call('account.set-enabled', { alias, enabled, ...(words === '' ? {} : { reason: words }) }));
    }),
    switching: createMutations<null>(async (alias) => {
      replace(await api.call('account.switch', { alias }));
    }),
    removing: createMutations<null>(async (alias) => {
      await api.call('account.remove', { alias });
      resource.accept((resource.value.peek() ?? []).filter((account) => account.alias !== alias));
      changed();
    }),
  };
}

/** Keeps the objects of accounts that did not change. Why: their rows are then not drawn again; with 200 accounts that is nearly all of them. */
export function reuse(before: readonly AccountView[], after: readonly AccountView[]): readonly AccountView[] {
  const known = new Map(before.map((account) => [account.alias, { account, text: JSON.stringify(account) }]));
  return after.map((account) => {
    const old = known.get(account.alias);
    return old !== undefined && old.text === JSON.stringify(account) ? old.account : account;
  });
}
