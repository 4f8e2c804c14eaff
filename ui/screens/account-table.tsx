import './account-table.css';

import { type Signal, useComputed, useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';

import type { AccountView } from '../../contract/account.ts';
import { useApp } from '../app-context.ts';
import { Button } from '../components/button.tsx';
import { Problem } from '../components/problem.tsx';
import { tightest } from '../store/history.ts';
import { AccountRow } from './account-row.tsx';

/** From this many accounts on, looking for one needs help. */
const TOOLS_FROM = 7;

const ROWS_AT_FIRST = 12;
const ROWS_A_FRAME = 16;

type Order = 'rotation' | 'name' | 'left';
type Show = 'all' | 'ready' | 'blocked' | 'disabled';

/** All accounts: a table where there is room, cards where there is not. Why the roles: CSS that makes cards takes the table's own meaning away. */
export function AccountTable({ accounts }: { readonly accounts: readonly AccountView[] }) {
  const find = useSignal('');
  const order = useSignal<Order>('rotation');
  const show = useSignal<Show>('all');
  const shown = arrange(accounts, { find: find.value, order: order.value, show: show.value });
  const drawn = useGrowing(shown.length);
  const rowOf = useRows();
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
        <tbody role="rowgroup">{shown.slice(0, drawn).map(rowOf)}</tbody>
      </table>
      {shown.length === 0 && <p class="accounts-none">No account fits.</p>}
    </section>
  );
}

/** The row of an account: the same one for the same view of it. Why: Preact does not draw again what is the same, and of 200 accounts nearly all are. */
function useRows(): (account: AccountView) => VNode {
  const made = useMemo(() => new WeakMap<AccountView, VNode>(), []);
  return (account) => {
    const row = made.get(account) ?? <AccountRow key={account.alias} account={account} />;
    made.set(account, row);
    return row;
  };
}

/** How many rows to draw: at first what fills a screen, the others in the frames after. Why: all of 200 at once keep the page from answering. */
function useGrowing(total: number): number {
  const drawn = useSignal(ROWS_AT_FIRST);
  useEffect(() => {
    if (drawn.value > total) drawn.value = Math.max(ROWS_AT_FIRST, total);
    if (drawn.value >= total) return;
    const frame = requestAnimationFrame(() => (drawn.value += ROWS_A_FRAME));
    return () => cancelAnimationFrame(frame);
  }, [drawn.value, total]);
  return drawn.value;
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
        <Button icon="refresh" label={words.value} isBusy={isBusy} onClick={() => void probes.all.run(null)}>
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
