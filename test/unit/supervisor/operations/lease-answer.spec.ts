import { expect, it } from 'vitest';

import { leaseSchema } from '../../../../contract/lease.ts';
import { secretSchema } from '../../../../contract/scalars.ts';
import { createTokenReader, LeaseAnswer } from '../../../../supervisor/operations/lease-answer.ts';
import { NOON } from '../../../support/state.ts';

it('a lease crosses the wire with the same fields and the same token, whatever has to be escaped in it', () => {
  const accessToken = secretSchema.parse('a"b\\c\u2028é😀\n');
  const credentials = { accessToken, refreshToken: accessToken, idToken: null, expiresAt: NOON, lastRefreshAt: NOON };
  const { residency, tokenJson } = createTokenReader()(credentials);
  const lease = {
    leaseId: 'lease-1',
    alias: 'a',
    accessToken,
    tokenExpiresAtMs: NOON,
    accountId: 'ws-a',
    residency,
    baseUrl: 'http://127.0.0.1:9',
    attemptsMax: 3,
    movedFrom: null,
    movedBecause: null,
  };
  const answer = new LeaseAnswer(lease, tokenJson);
  expect(JSON.stringify(answer)).toBe(JSON.stringify(lease));
  expect(leaseSchema.parse(JSON.parse(JSON.stringify({ result: answer })).result)).toEqual(lease);
  expect(answer.accessToken).toBe(accessToken);
});
