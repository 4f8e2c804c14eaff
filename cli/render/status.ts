import { duration } from '../../contract/duration.ts';
import type { ForceView } from '../../contract/force.ts';
import type { Status } from '../../contract/status.ts';
import type { Paint } from './paint.ts';
import { plain } from './plain.ts';
import { table } from './table.ts';
import { age, until } from './time.ts';

/** How a view is to be shown. Units: `now` in epoch milliseconds. */
export interface ViewLook {
  readonly now: number;
  readonly paint: Paint;
}

/** Writes the status as a short page. */
export function statusText(status: Status, look: ViewLook): string {
  const { paint, now } = look;
  const running = `oma ${plain(status.version)} is running (pid ${String(status.pid)}, for ${duration(now - Date.parse(status.startedAt))})`;
  const rows = [
    ['Accounts', accountsOf(status, look)],
    ['Strategy', status.strategy],
    ...(status.configFileProblem === null
      ? []
      : [['Configuration', paint('yellow', `${plain(status.configFileProblem)} The last good one is in force.`)]]),
    ['Force', forceText(status.force, look)],
    [
      'Requests',
      `${String(status.leases.inFlight)} in flight, ${String(status.leases.served)} served, ${String(status.leases.failed)} failed`,
    ],
    [
      'Dashboard',
      status.dashboardUrl === null ? 'not served' : `${plain(status.dashboardUrl)}  (\`oma open\` opens it)`,
    ],
    ['Store', storeOf(status, look)],
    ['Socket', plain(status.socket)],
    ['Processes', status.children.map(childOf).join(', ')],
    ['Connected', clientsOf(status)],
    ...status.noticeFailures.map((failure) => ['Messages', failureText(failure, look)]),
    ...status.openRefreshes.map((open) => [
      'Open refresh',
      paint('yellow', `${open.alias}, sent ${age(open.since, now)} and never answered`),
    ]),
  ];
  const demo = status.demo ? [paint('yellow', 'This is the demo: simulated accounts, simulated answers.')] : [];
  return [
    paint('bold', running),
    ...demo,
    table(rows.map(([name = '', value = '']) => [paint('dim', name), value])),
  ].join('\n');
}

/** Writes the force in one line. */
export function forceText(force: ForceView, { now, paint }: ViewLook): string {
  if (!force.active || force.forcedAlias === null) return 'none';
  const end = force.forcedUntil === null ? '' : `, ends ${until(force.forcedUntil, now)}`;
  const by = force.forcedBy === null ? '' : `, set by ${plain(force.forcedBy)}`;
  return `${paint('cyan', force.forcedAlias)}${end}${by}; then ${force.previousRotationStrategy ?? force.rotationStrategy}`;
}

function accountsOf({ accounts }: Status, { now, paint }: ViewLook): string {
  if (accounts.total === 0) return 'none yet; `oma add ALIAS` adds one';
  const disabled = accounts.total - accounts.enabled;
  const parts = [
    paint(
      accounts.eligible > 0 ? 'green' : 'red',
      `${String(accounts.eligible)} of ${String(accounts.total)} can serve`,
    ),
    ...(disabled > 0 ? [`${String(disabled)} disabled`] : []),
    ...(accounts.needsLogin.length > 0 ? [paint('red', `to log in again: ${accounts.needsLogin.join(', ')}`)] : []),
    ...(accounts.eligible === 0 && accounts.earliestRecovery !== null
      ? [`the first is back ${until(accounts.earliestRecovery, now)}`]
      : []),
    ...(accounts.lastServed === null ? [] : [`last served: ${accounts.lastServed}`]),
  ];
  return parts.join(', ');
}

function failureText({ channel, at, message }: Status['noticeFailures'][number], { now, paint }: ViewLook): string {
  return paint('yellow', `${channel} failed ${age(at, now)}: ${plain(message)} \`oma notify test\` tries again.`);
}

function storeOf({ store }: Status, { now, paint }: ViewLook): string {
  const parts = [
    plain(store.file),
    ...(store.encrypted ? ['encrypted'] : []),
    store.lastWriteAt === null ? 'not written yet' : `written ${age(store.lastWriteAt, now)}`,
  ];
  const recovered = store.recovered === null ? [] : [paint('yellow', plain(store.recovered))];
  const failed = store.writeError === null ? [] : [paint('red', `cannot be written: ${plain(store.writeError)}`)];
  return [...parts, ...recovered, ...failed].join(', ');
}

function childOf(child: Status['children'][number]): string {
  const restarts = child.restarts === 0 ? '' : `, ${String(child.restarts)} restarts`;
  const exit = child.lastExit === null || child.state === 'ready' ? '' : `, ${plain(child.lastExit)}`;
  return `${child.name} ${child.state}${restarts}${exit}`;
}

function clientsOf({ clients }: Status): string {
  const names = clients.map(({ kind, host }) => (host === null ? kind : `${kind} in ${plain(host)}`));
  const counts = [...new Set(names)].map((name) => {
    const count = names.filter((other) => other === name).length;
    return count === 1 ? name : `${String(count)} × ${name}`;
  });
  return counts.length === 0 ? 'nobody' : counts.join(', ');
}
