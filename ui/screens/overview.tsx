import './overview.css';

import type { AccountView } from '../../contract/account.ts';
import { AccountTable } from './account-table.tsx';
import { ForceControl } from './force-control.tsx';
import { Feed } from './feed.tsx';
import { Summary } from './summary.tsx';

/** Everything at a glance. */
export function Overview({ accounts }: { readonly accounts: readonly AccountView[] }) {
  return (
    <>
      <h1 class="hidden-text">Overview</h1>
      <Summary accounts={accounts} />
      <ForceControl accounts={accounts} />
      <div class="overview-columns">
        <AccountTable accounts={accounts} />
        <Feed />
      </div>
    </>
  );
}
