import { OmaError } from '../../contract/errors.ts';
import type { Outcome } from '../../contract/failure.ts';
import type { Lease, LeaseRequest } from '../../contract/lease.ts';
import { secretSchema } from '../../contract/scalars.ts';
import type { LeaseSource } from '../../plugin/supervisor.ts';

/** An account that a test supervisor hands out. */
export interface FakeAccount {
  readonly alias: string;
  /** ISO time of a cooldown; absent = eligible. */
  readonly until?: string;
}

export interface FakeLeases extends LeaseSource {
  readonly asked: readonly LeaseRequest[];
  readonly refreshed: readonly string[];
  readonly reports: readonly { readonly leaseId: string; readonly outcome: Outcome }[];
  /** The kinds reported, in order, each with its account: `work:success`. */
  readonly told: () => readonly string[];
}

export interface FakeLeasesOptions {
  readonly accounts: readonly FakeAccount[];
  /** Answers a refresh; default: a new token. */
  readonly refresh?: (lease: Lease) => Lease;
  /** Changes a lease before it is handed out. */
  readonly change?: (lease: Lease, request: LeaseRequest) => Lease;
  /** Instead of the accounts given, from the so-manieth acquire on. */
  readonly accountsAt?: (call: number) => readonly FakeAccount[];
}

export const FAR_FUTURE_MS = 4_000_000_000_000;

/** A lease as a supervisor would hand it out. */
export function leaseFor(alias: string, fields: Partial<Lease> = {}): Lease {
  return {
    leaseId: `lease-${alias}`,
    alias,
    accessToken: secretSchema.parse(`token-${alias}`),
    tokenExpiresAtMs: FAR_FUTURE_MS,
    accountId: `account-${alias}`,
    residency: null,
    baseUrl: 'http://127.0.0.1:9/backend-api',
    attemptsMax: 3,
    movedFrom: null,
    movedBecause: null,
    ...fields,
  };
}

/** The refusal of a supervisor that has nobody; `until` null = the account does not come back by itself. */
export function noEligible(
  accounts: readonly { alias: string; code?: string; until: string | null; detail?: string | null }[],
): OmaError {
  const back = accounts
    .filter(({ until }) => until !== null)
    .sort((a, b) => Date.parse(a.until ?? '') - Date.parse(b.until ?? ''))[0];
  return new OmaError('NO_ELIGIBLE_ACCOUNTS', 'No account can serve this request now.', {
    accounts: accounts.map(({ alias, code = 'cooldown', until, detail = null }) => ({
      alias,
      blockers: [{ code, until, detail }],
    })),
    earliestRecovery: back?.until ?? null,
    earliestRecoveryMs: back === undefined ? null : Date.parse(back.until ?? ''),
    earliestAlias: back?.alias ?? null,
  });
}

/** Hands out the first account that is neither excluded nor cooling down, and remembers everything. */
export function fakeLeases(options: FakeLeasesOptions): FakeLeases {
  const asked: LeaseRequest[] = [];
  const refreshed: string[] = [];
  const reports: { leaseId: string; outcome: Outcome }[] = [];
  const leases = new Map<string, Lease>();
  return {
    asked,
    refreshed,
    reports,
    told: () => reports.map(({ leaseId, outcome }) => `${leases.get(leaseId)?.alias ?? leaseId}:${outcome.kind}`),
    acquire(request, signal) {
      signal?.throwIfAborted();
      const accounts = options.accountsAt?.(asked.length) ?? options.accounts;
      asked.push(request);
      const eligible = accounts.filter(({ alias, until }) => until === undefined && !request.exclude.includes(alias));
      const chosen = eligible[0];
      if (chosen === undefined)
        return Promise.reject(
          noEligible(
            accounts.map(({ alias, until }) => ({
              alias,
              until: until ?? null,
              ...(until === undefined ? { code: 'excluded' } : {}),
            })),
          ),
        );
      const plain = leaseFor(chosen.alias, {
        leaseId: `lease-${asked.length}`,
        attemptsMax: Math.min(3, eligible.length),
      });
      const lease = options.change?.(plain, request) ?? plain;
      leases.set(lease.leaseId, lease);
      return Promise.resolve(lease);
    },
    refresh(leaseId, signal) {
      signal?.throwIfAborted();
      refreshed.push(leaseId);
      const lease = leases.get(leaseId);
      if (lease === undefined) return Promise.reject(new OmaError('LEASE_NOT_FOUND', 'This lease is unknown.'));
      return Promise.resolve(lease).then(
        (old) => options.refresh?.(old) ?? { ...old, accessToken: secretSchema.parse(`${old.accessToken}-new`) },
      );
    },
    report: (leaseId, outcome) => void reports.push({ leaseId, outcome }),
  };
}
