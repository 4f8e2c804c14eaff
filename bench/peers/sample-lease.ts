import type { LeaseRequest } from '../../contract/lease.ts';

/** An answer of the size of a real one. */
export const LEASE = {
  leaseId: 'lease-0123456789abcdef0123456789abcdef',
  attemptsMax: 3,
  movedFrom: null,
  movedBecause: null,
  alias: 'seat-1',
  accessToken: 'a'.repeat(2_000),
  tokenExpiresAtMs: 1_795_900_000_000,
  accountId: 'ws-seat-1',
  residency: null,
  baseUrl: 'http://127.0.0.1:9',
};

/** A request as the plugin sends it. Shape: null = one without a session, which rotates. */
export function leaseRequest(number: number, session: string | null): LeaseRequest {
  return {
    requestId: `0198c5a1-7d8e-7c3f-9a52-${String(number).padStart(12, '0')}`,
    sessionId: session,
    rootSessionId: session,
    model: 'gpt-5.5',
    attempt: 1,
    exclude: [],
  };
}
