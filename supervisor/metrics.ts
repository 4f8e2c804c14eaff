import type { AccountView } from '../contract/account.ts';
import type { Status } from '../contract/status.ts';
import { FIRST_BYTE_CLASSES_S, type Tallied } from './operations/tally.ts';

/** What the metrics are made from. */
export interface Measured {
  readonly status: Status;
  readonly accounts: readonly AccountView[];
  readonly tallied: Tallied;
  readonly now: number;
}

/** Says everything in Prometheus' text format; the alias is the only label that names an account. */
export function metricsText({ status, accounts, tallied, now }: Measured): string {
  return [...statusMetrics(status, now), ...accountMetrics(accounts), ...talliedMetrics(tallied)].join('');
}

function statusMetrics(status: Status, now: number): readonly string[] {
  return [
    gauge('oma_build_info', 'Version and build of the supervisor; always 1.', [
      [`version="${escaped(status.version)}",build="${escaped(status.buildId)}"`, 1],
    ]),
    gauge('oma_up', 'The supervisor answers.', [['', 1]]),
    gauge('oma_uptime_seconds', 'Seconds since the start.', [['', (now - Date.parse(status.startedAt)) / 1_000]]),
    gauge('oma_accounts', 'Accounts in the store.', [['', status.accounts.total]]),
    gauge('oma_accounts_enabled', 'Accounts whose switch is on.', [['', status.accounts.enabled]]),
    gauge('oma_accounts_eligible', 'Accounts that can serve now.', [['', status.accounts.eligible]]),
    gauge('oma_accounts_needing_login', 'Accounts that a person must log in again.', [
      ['', status.accounts.needsLogin.length],
    ]),
    gauge('oma_leases_in_flight', 'Leases not yet reported.', [['', status.leases.inFlight]]),
    counter('oma_leases_served_total', 'Leases that ended well.', [['', status.leases.served]]),
    counter('oma_leases_failed_total', 'Leases that ended in a failure upstream.', [['', status.leases.failed]]),
    gauge('oma_force_active', 'An account is forced.', [['', Number(status.force.active)]]),
    gauge('oma_open_refreshes', 'Refreshes that were sent and never answered.', [['', status.openRefreshes.length]]),
    gauge('oma_store_write_failing', 'The store cannot be written.', [['', Number(status.store.writeError !== null)]]),
    counter(
      'oma_child_restarts_total',
      'Restarts of a helper process.',
      status.children.map(({ name, restarts }) => [`child="${name}"`, restarts]),
    ),
    gauge(
      'oma_child_ready',
      'A helper process works.',
      status.children.map(({ name, state }) => [`child="${name}"`, Number(state === 'ready')]),
    ),
  ];
}

function accountMetrics(accounts: readonly AccountView[]): readonly string[] {
  return [
    gauge(
      'oma_account_eligible',
      'The account can serve now.',
      accounts.map((account) => [labelOf(account), Number(account.eligible)]),
    ),
    counter(
      'oma_account_uses_total',
      'Leases of the account.',
      accounts.map((account) => [labelOf(account), account.usageCount]),
    ),
    gauge(
      'oma_account_remaining_percent',
      'Known remaining share of a window; absent = unknown.',
      accounts.flatMap(windowsOf),
    ),
  ];
}

function talliedMetrics({ outcomes, refreshes, probes, firstByte }: Tallied): readonly string[] {
  return [
    counter(
      'oma_requests_total',
      'Requests that were reported, by what became of them.',
      [...outcomes].map(([outcome, count]) => [`outcome="${outcome}"`, count]),
    ),
    counter(
      'oma_refreshes_total',
      "Refreshes, by the provider's answer.",
      [...refreshes].map(([result, count]) => [`result="${result}"`, count]),
    ),
    counter(
      'oma_probes_total',
      'Probes that are over; only complete ones change limits.',
      [...probes.values()].map(({ source, result, count }) => [`source="${source}",result="${result}"`, count]),
    ),
    metric({ name: 'oma_first_byte_seconds', type: 'histogram', help: 'Time to the first byte of an answer.' }, [
      ...FIRST_BYTE_CLASSES_S.map((end, index): Sample => [
        `le="${String(end)}"`,
        firstByte.within[index] ?? 0,
        '_bucket',
      ]),
      ['le="+Inf"', firstByte.count, '_bucket'],
      ['', firstByte.sumS, '_sum'],
      ['', firstByte.count, '_count'],
    ]),
  ];
}

type Sample = readonly [labels: string, value: number, suffix?: string];

function windowsOf(account: AccountView): readonly Sample[] {
  return account.windows.flatMap(({ kind, limitId, remainingPercent }) =>
    remainingPercent === null
      ? []
      : [[`${labelOf(account)},window="${kind}",meter="${escaped(limitId)}"`, remainingPercent] as const],
  );
}

function labelOf({ alias }: AccountView): string {
  return `alias="${escaped(alias)}"`;
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

function gauge(name: string, help: string, samples: readonly Sample[]): string {
  return metric({ name, type: 'gauge', help }, samples);
}

function counter(name: string, help: string, samples: readonly Sample[]): string {
  return metric({ name, type: 'counter', help }, samples);
}

function metric(
  { name, type, help }: { readonly name: string; readonly type: string; readonly help: string },
  samples: readonly Sample[],
): string {
  const lines = samples.map(
    ([labels, value, suffix = '']) => `${name}${suffix}${labels === '' ? '' : `{${labels}}`} ${String(value)}\n`,
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}
