import type { Lease, LeaseRequest } from '../contract/lease.ts';
import type { EpochMs } from '../contract/scalars.ts';

/** Sessions whose last lease is remembered, at most; the one longest unused goes first. */
export const SESSIONS_MAX = 64;
/** A token that ends within this time is not used again, in milliseconds. */
export const TOKEN_MARGIN_MS = 30_000;

/** The last lease of each session, kept in memory for the moments without a supervisor. */
export interface RecentLeases {
  readonly remember: (request: LeaseRequest, lease: Lease) => void;
  /** Puts a renewed lease in the place of the one it renews. */
  readonly renew: (lease: Lease) => void;
  readonly forget: (leaseId: string) => void;
  /** A lease that could still be used: of the same session, else the youngest. */
  readonly find: (request: LeaseRequest, now: EpochMs) => Lease | null;
}

/** Makes an empty memory. */
export function createRecentLeases(): RecentLeases {
  const leases = new Map<string, Lease>();
  return {
    remember(request, lease) {
      const key = keyOf(request);
      leases.delete(key);
      leases.set(key, lease);
      const [oldest] = leases.keys();
      if (leases.size > SESSIONS_MAX && oldest !== undefined) leases.delete(oldest);
    },
    renew(lease) {
      for (const [key, known] of leases) if (known.leaseId === lease.leaseId) leases.set(key, lease);
    },
    forget(leaseId) {
      for (const [key, known] of leases) if (known.leaseId === leaseId) leases.delete(key);
    },
    find(request, now) {
      const own = leases.get(keyOf(request));
      const candidates = [...(own === undefined ? [] : [own]), ...[...leases.values()].reverse()];
      const found = candidates.find(
        (lease) => lease.tokenExpiresAtMs > now + TOKEN_MARGIN_MS && !request.exclude.includes(lease.alias),
      );
      return found === undefined ? null : { ...found, movedFrom: null, movedBecause: null };
    },
  };
}

function keyOf({ rootSessionId, sessionId }: LeaseRequest): string {
  return rootSessionId ?? sessionId ?? '';
}
