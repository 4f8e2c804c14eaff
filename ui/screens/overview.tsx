import './overview.css';

import type { AccountView } from '../../contract/account.ts';
import { useApp } from '../app-context.ts';
import { Lazy } from '../components/lazy.tsx';
import { AccountTable } from './account-table.tsx';
import { Feed } from './feed.tsx';
import { ForceControl } from './force-control.tsx';
import { Summary } from './summary.tsx';

/** Everything at a glance. */
export function Overview({ accounts }: { readonly accounts: readonly AccountView[] }) {
  const { settings } = useApp();
  return (
    <>
      <h1 class="hidden-text">Overview</h1>
      <Summary accounts={accounts} />
      <ForceControl accounts={accounts} />
      <div class="overview-columns">
        <AccountTable accounts={accounts} />
        <Feed />
      </div>
      {settings.view.value?.settings.antigravityEnabled === true && (
        <Lazy
          load={async () => (await import('../antigravity/antigravity-panel.tsx')).AntigravityPanel}
          props={{}}
          meanwhile={(state) => (
            <p class="mute">{state === 'loading' ? 'Loading…' : 'A panel could not be loaded. Reload the page.'}</p>
          )}
        />
      )}
    </>
  );
}
