import { computed, type ReadonlySignal } from '@preact/signals';

import type { LoginMethod, LoginView } from '../../contract/login.ts';
import type { Api } from '../api.ts';
import { createMutation, createMutations, type Mutation } from '../mutation.ts';
import { createResource } from './resource.ts';

/** Logins under way or lately over. */
export interface Logins {
  readonly list: ReadonlySignal<readonly LoginView[]>;
  readonly refresh: () => Promise<void>;
  /** The last login of an alias for a purpose. */
  readonly of: (alias: string, purpose: LoginView['purpose']) => LoginView | null;
  readonly adding: Mutation<{ alias: string; method: LoginMethod }>;
  readonly reauthing: (alias: string) => Mutation<LoginMethod>;
  readonly pasting: (loginId: string) => Mutation<string>;
  readonly cancelling: (loginId: string) => Mutation<null>;
}

/** Creates the logins store. */
export function createLogins(api: Api): Logins {
  const resource = createResource<readonly LoginView[]>(async () => (await api.call('login.list', {})).logins);
  const take = (login: LoginView): void => {
    const others = (resource.value.peek() ?? []).filter(({ loginId }) => loginId !== login.loginId);
    resource.accept([...others, login]);
    void resource.refresh();
  };
  return {
    list: computed(() => resource.value.value ?? []),
    refresh: resource.refresh,
    of: (alias, purpose) =>
      (resource.value.value ?? []).findLast((login) => login.alias === alias && login.purpose === purpose) ?? null,
    adding: createMutation(async (question) => take(await api.call('account.add', question))),
    reauthing: createMutations<LoginMethod>(async (alias, method) => {
      await endRunning(api, resource.value.peek() ?? [], alias);
      take(await api.call('account.reauth', { alias, method }));
    }),
    pasting: createMutations<string>(async (loginId, pasted) =>
      take(await api.call('login.paste', { loginId, pasted })),
    ),
    cancelling: createMutations<null>(async (loginId) => take(await api.call('login.cancel', { loginId }))),
  };
}

/** Choosing another method means the login under way is not wanted any more. */
async function endRunning(api: Api, logins: readonly LoginView[], alias: string): Promise<void> {
  const running = logins.find((login) => login.alias === alias && login.state === 'in-progress');
  if (running !== undefined) await api.call('login.cancel', { loginId: running.loginId });
}
