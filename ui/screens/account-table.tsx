import './account-table.css';

import { type Signal, useComputed, useSignal } from '@preact/signals';

import type { AccountView } from '../../contract/account.ts';
import { useApp } from '../app-context.ts';
import { Button } from '../components/button.tsx';
import { Problem } from '../components/problem.tsx';
import { tightest } from '../store/history.ts';
import { AccountRow } from './account-row.tsx';

/** From this many accounts on, looking for one needs help. */
const TOOLS_FROM = 7;

type Order = 'rotation' | 'name' | 'left';
type Show = 'all' | 'ready' | 'blocked' | 'disabled';

/** All accounts: a table where there is room, cards where there is not. Why the roles: CSS that makes cards takes the table's own meaning away. */
export function AccountTable({ accounts }: { readonly accounts: readonly AccountView[] }) {
  const find = useSignal('');
  const order = useSignal<Order>('rotation');
  const show = useSignal<Show>('all');
  const shown = arrange(accounts, { find: find.value, order: order.value, show: show.value });
  return (
    <section class="panel accounts" aria-label="Accounts">
      <div class="accounts-head">
        <h2>Accounts</h2>
        {accounts.length >= TOOLS_FROM && <Tools find={find} order={order} show={show} />}
        <ProbeAll />
      </div>
      <table role="table" aria-label="Accounts" aria-rowcount={shown.length + 1}>
        <thead role="rowgroup">
          <tr role="row" class="account-head">
            {['Enabled', 'Account', 'State', 'Limits left', 'Trust', 'Actions'].map((name) => (
              <th key={name} role="columnheader" scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {shown.map((account) => (
            <AccountRow key={account.alias} account={account} />
          ))}
        </tbody>
      </table>
      {shown.length === 0 && <p class="accounts-none">No account fits.</p>}
    </section>
  );
}

interface ToolsProps {
  readonly find: Signal<string>;
  readonly order: Signal<Order>;
  readonly show: Signal<Show>;
}

const ORDERS: Readonly<Record<Order, string>> = { rotation: 'Rotation order', name: 'Name', left: 'Least left first' };
const SHOWS: Readonly<Record<Show, string>> = { all: 'All', ready: 'Ready', blocked: 'Blocked', disabled: 'Disabled' };
const isOrder = (text: string): text is Order => Object.hasOwn(ORDERS, text);
const isShow = (text: string): text is Show => Object.hasOwn(SHOWS, text);

function Tools({ find, order, show }: ToolsProps) {
  return (
    <div class="accounts-tools" role="search">
      <input
        type="search"
        aria-label="Find an account"
        placeholder="Find…"
        value={find}
        onInput={(event) => (find.value = event.currentTarget.value)}
      />
      <select
        aria-label="Show"
        value={show.value}
        onChange={({ currentTarget: { value } }) => {
          if (isShow(value)) show.value = value;
        }}
      >
        {Object.entries(SHOWS).map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
      <select
        aria-label="Order"
        value={order.value}
        onChange={({ currentTarget: { value } }) => {
          if (isOrder(value)) order.value = value;
        }}
      >
        {Object.entries(ORDERS).map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

function ProbeAll() {
  const { probes } = useApp();
  const isBusy = probes.all.phase.value === 'updating';
  const words = useComputed(() => {
    const at = probes.progress.value;
    return at === null ? 'Probe all' : `Probing ${at.done} of ${at.total}`;
  });
  const error = probes.all.error.value;
  return (
    <>
      <span class="accounts-probe">
        <Button icon="refresh" isBusy={isBusy} onClick={() => void probes.all.run(null)}>
          <span role="status">{words}</span>
        </Button>
      </span>
      {error !== null && <Problem error={error} onDismiss={probes.all.dismiss} />}
    </>
  );
}

/** The accounts that are asked for, in the order asked for. */
export function arrange(
  accounts: readonly AccountView[],
  { find, order, show }: { find: string; order: Order; show: Show },
): readonly AccountView[] {
  const words = find.trim().toLowerCase();
  const fits = accounts.filter(
    (account) =>
      isShown(account, show) &&
      [account.alias, account.email, account.planType].some((text) => text?.toLowerCase().includes(words) ?? false),
  );
  if (order === 'name') return fits.sort((a, b) => a.alias.localeCompare(b.alias));
  return order === 'left' ? fits.sort((a, b) => tightest(a) - tightest(b)) : fits;
}

function isShown({ enabled, eligible }: AccountView, show: Show): boolean {
  if (show === 'all') return true;
  if (show === 'disabled') return !enabled;
  return enabled && eligible === (show === 'ready');
}
