import type { AccountView } from '../../contract/account.ts';
import { useApp } from '../app-context.ts';
import { Switch } from '../components/switch.tsx';
import { controlState } from '../mutation.ts';

/** The only way to take an account out of rotation and back. */
export function EnabledSwitch({ account, reason = '' }: { readonly account: AccountView; readonly reason?: string }) {
  const { alias, enabled } = account;
  const { run, phase } = useApp().accounts.enabling(alias);
  return (
    <Switch
      label={`${alias} enabled`}
      isOn={enabled}
      state={controlState(enabled, phase.value)}
      onToggle={(wanted) => void run({ enabled: wanted, reason: wanted ? '' : reason })}
    />
  );
}
