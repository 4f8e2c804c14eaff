import type { Alias, EpochMs, Secret } from '../../contract/scalars.ts';

/** A lease that somebody holds. */
export interface HeldLease {
  readonly leaseId: string;
  readonly alias: Alias;
  readonly model: string | null;
  readonly requestId: string;
  readonly connectionId: string;
  readonly accessToken: Secret;
  readonly at: EpochMs;
}

/** Leases held at most; the oldest is forgotten first, which only costs its report. */
const LEASES_MAX = 20_000;

/** The leases not yet reported, and how reported ones ended. */
export interface Leases {
  add: (lease: HeldLease) => void;
  find: (leaseId: string) => HeldLease | undefined;
  /** Gives a lease a new token; answers whether somebody still holds it. */
  renew: (leaseId: string, accessToken: Secret) => boolean;
  /** Takes a lease out; `failed` counts it among the failed ones. */
  end: (leaseId: string, failed: boolean) => void;
  /** Ends all leases of a connection that is gone. */
  endConnection: (connectionId: string) => number;
  inFlight: (alias: Alias) => number;
  counts: () => { readonly inFlight: number; readonly served: number; readonly failed: number };
}

/** Creates an empty registry. */
export function createLeases(): Leases {
  const held = new Map<string, HeldLease>();
  const byAlias = new Map<Alias, number>();
  let served = 0;
  let failed = 0;
  const drop = (lease: HeldLease): void => {
    held.delete(lease.leaseId);
    const left = (byAlias.get(lease.alias) ?? 1) - 1;
    if (left > 0) byAlias.set(lease.alias, left);
    else byAlias.delete(lease.alias);
  };
  return {
    add: (lease) => {
      held.set(lease.leaseId, lease);
      byAlias.set(lease.alias, (byAlias.get(lease.alias) ?? 0) + 1);
      if (held.size > LEASES_MAX) {
        const [oldest] = held.values();
        if (oldest !== undefined) drop(oldest);
      }
    },
    find: (leaseId) => held.get(leaseId),
    renew: (leaseId, accessToken) => {
      const lease = held.get(leaseId);
      if (lease !== undefined) held.set(leaseId, { ...lease, accessToken });
      return lease !== undefined;
    },
    end: (leaseId, hasFailed) => {
      const lease = held.get(leaseId);
      if (lease === undefined) return;
      drop(lease);
      if (hasFailed) failed += 1;
      else served += 1;
    },
    endConnection: (connectionId) => {
      const gone = [...held.values()].filter((lease) => lease.connectionId === connectionId);
      gone.forEach(drop);
      return gone.length;
    },
    inFlight: (alias) => byAlias.get(alias) ?? 0,
    counts: () => ({ inFlight: held.size, served, failed }),
  };
}
