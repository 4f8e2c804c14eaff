import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { AccountView } from '../../../contract/account.ts';
import type { OutcomeKind } from '../../../contract/failure.ts';
import type { Lease } from '../../../contract/lease.ts';
import { composeForTest, type Supervised } from '../../support/composed.ts';
import { MINUTE, NOON, outcome } from '../../support/state.ts';

let oma: Supervised;

beforeEach(async () => {
  oma = await composeForTest({ aliases: ['a', 'b'] });
});
afterEach(() => oma.close());

const lease = (...exclude: readonly string[]): Promise<Lease> =>
  oma.call('lease.acquire', {
    ...{ requestId: 'r', sessionId: null, rootSessionId: null, model: null, attempt: 1 },
    exclude,
  }) as Promise<Lease>;

/** A request of `a` that ends so. */
async function ends(kind: OutcomeKind): Promise<void> {
  const { leaseId, alias } = await lease('b');
  expect(alias).toBe('a');
  await oma.call('lease.report', { leaseId, outcome: outcome(kind) });
}

/** How `a` stands for whoever looks from outside. */
async function shown(): Promise<readonly unknown[]> {
  const { accounts } = (await oma.request('GET', '/api/accounts')).body as { accounts: readonly AccountView[] };
  const { health, eligible, cooldownUntil } = accounts.find(({ alias }) => alias === 'a') as AccountView;
  return [health, eligible, cooldownUntil === null ? null : Date.parse(cooldownUntil) - oma.clock.now];
}

describe('the health of an account', () => {
  it('[B.L4.3] goes from healthy over cooldown and probation back, each step for the reports of leases, in the store and for whoever looks', async () => {
    expect(await shown()).toEqual(['healthy', true, null]);
    await ends('rate-limited');
    expect(await shown()).toEqual(['cooldown', false, 5 * MINUTE]);
    expect([(await lease()).alias, (await lease()).alias]).toEqual(['b', 'b']);
    await expect(lease('b')).rejects.toMatchObject({ code: 'NO_ELIGIBLE_ACCOUNTS' });

    oma.clock.now += 5 * MINUTE;
    expect(await shown()).toEqual(['probation', true, null]);
    await ends('rate-limited');
    expect(await shown()).toEqual(['cooldown', false, 10 * MINUTE]);

    oma = await oma.restart();
    expect(oma.clock.now).toBe(NOON + 5 * MINUTE);
    expect(await shown()).toEqual(['cooldown', false, 10 * MINUTE]);

    oma.clock.now += 10 * MINUTE;
    await ends('success');
    expect(await shown()).toEqual(['probation', true, null]);
    await ends('success');
    expect(await shown()).toEqual(['healthy', true, null]);
    await ends('rate-limited');
    expect(await shown()).toEqual(['cooldown', false, 5 * MINUTE]);
  });
});
