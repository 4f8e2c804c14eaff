import type { AccountView } from '../../contract/account.ts';
import { useApp } from '../app-context.ts';
import { Problem } from '../components/problem.tsx';
import { LoginPanel } from './login-panel.tsx';

/** What went wrong with this account's controls, and its sign-in while one is under way. */
export function AccountMessages({ account }: { readonly account: AccountView }) {
  const { accounts, force, logins, probes } = useApp();
  const { alias, limitError } = account;
  const login = logins.of(alias, 'reauth');
  const failures = [
    accounts.enabling(alias),
    accounts.switching(alias),
    accounts.removing(alias),
    logins.reauthing(alias),
    probes.one(alias),
    ...(force.wanted.value?.row === alias ? [force.change] : []),
  ];
  const item = probes.item(alias);
  return (
    <>
      {failures.map(
        ({ error, dismiss }, index) =>
          error.value !== null && <Problem key={index} error={error.value} onDismiss={dismiss} />,
      )}
      {item?.state === 'running' && (
        <p class="mute" role="status">
          {item.message === '' ? 'Probing…' : item.message}
        </p>
      )}
      {item?.state === 'error' && limitError !== null && (
        <p class="account-sub" role="status">
          The probe failed: {item.message}
        </p>
      )}
      {login !== null && <LoginPanel login={login} />}
    </>
  );
}
