import { describe, expect, it } from 'vitest';

import type { LeaseRequest } from '../../../contract/lease.ts';
import { createRecentLeases, SESSIONS_MAX, TOKEN_MARGIN_MS } from '../../../plugin/recent-leases.ts';
import { leaseFor } from '../../support/fake-leases.ts';

const NOW = 1_800_000_000_000;
const request = (sessionId: string | null, fields: Partial<LeaseRequest> = {}): LeaseRequest => ({
  requestId: 'r',
  sessionId,
  rootSessionId: null,
  model: null,
  attempt: 1,
  exclude: [],
  ...fields,
});

describe('createRecentLeases', () => {
  it("prefers the session's own lease, else the youngest", () => {
    const leases = createRecentLeases();
    leases.remember(request('s1'), leaseFor('work'));
    leases.remember(request('s2'), leaseFor('home'));
    expect(leases.find(request('s1'), NOW)?.alias).toBe('work');
    expect(leases.find(request('s3'), NOW)?.alias).toBe('home');
    expect(leases.find(request(null), NOW)?.alias).toBe('home');
  });

  it("gives a subagent its root session's lease", () => {
    const leases = createRecentLeases();
    leases.remember(request('root'), leaseFor('work'));
    leases.remember(request('other'), leaseFor('home'));
    expect(leases.find(request('child', { rootSessionId: 'root' }), NOW)?.alias).toBe('work');
  });

  it('gives no account that this request has tried', () => {
    const leases = createRecentLeases();
    leases.remember(request('s1'), leaseFor('work'));
    leases.remember(request('s2'), leaseFor('home'));
    expect(leases.find(request('s1', { exclude: ['work'] }), NOW)?.alias).toBe('home');
    expect(leases.find(request('s1', { exclude: ['work', 'home'] }), NOW)).toBeNull();
  });

  it('gives no token that is about to end', () => {
    const leases = createRecentLeases();
    leases.remember(request('s1'), leaseFor('work', { tokenExpiresAtMs: NOW + TOKEN_MARGIN_MS }));
    expect(leases.find(request('s1'), NOW - 1)?.alias).toBe('work');
    expect(leases.find(request('s1'), NOW)).toBeNull();
  });

  it('replaces a renewed token and drops a lease that failed', () => {
    const leases = createRecentLeases();
    leases.remember(request('s1'), leaseFor('work'));
    leases.renew(leaseFor('work', { accountId: 'renewed' }));
    expect(leases.find(request('s1'), NOW)?.accountId).toBe('renewed');
    leases.forget('lease-work');
    expect(leases.find(request('s1'), NOW)).toBeNull();
  });

  it('does not tell of an old move again', () => {
    const leases = createRecentLeases();
    leases.remember(request('s1'), leaseFor('work', { movedFrom: 'home', movedBecause: 'cooldown' }));
    expect(leases.find(request('s1'), NOW)).toMatchObject({ movedFrom: null, movedBecause: null });
  });

  it('remembers a bounded number of sessions', () => {
    const leases = createRecentLeases();
    leases.remember(request('first'), leaseFor('first'));
    for (let index = 0; index < SESSIONS_MAX; index += 1) leases.remember(request(`s${index}`), leaseFor(`a${index}`));
    expect(leases.find(request('first'), NOW)?.alias).toBe(`a${SESSIONS_MAX - 1}`);
  });
});
