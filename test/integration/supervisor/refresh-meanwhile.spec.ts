import { afterEach, describe, expect, it, vi } from 'vitest';

import { OmaError } from '../../../contract/errors.ts';
import { secretSchema } from '../../../contract/scalars.ts';
import type { RefreshAnswer } from '../../../contract/worker-operations.ts';
import { replaceCredentials } from '../../../supervisor/core/credentials.ts';
import type { Account } from '../../../supervisor/core/state.ts';
import { composeForTest, type Supervised } from '../../support/composed.ts';
import { accountOf, HOUR, NOON, tokenSet, withAccount } from '../../support/state.ts';

let oma: Supervised;
let answer: (answer: RefreshAnswer) => void;
/** What was put off, in order. */
let putOff: (() => void)[];

afterEach(() => oma.close());

const GRANTED: RefreshAnswer = { status: 'granted', tokens: tokenSet('a') };
const REQUEST = { requestId: 'r', sessionId: null, rootSessionId: null, model: null, attempt: 1, exclude: [] };

/** A supervisor with the account a, whose refreshes wait for `answer`. Shape: `leftMs` is the life that is left to its token. */
async function withAccountA(leftMs: number): Promise<void> {
  putOff = [];
  oma = await composeForTest({
    aliases: ['a'],
    worker: { 'token.refresh': () => new Promise((resolve) => (answer = resolve)) },
    time: {
      clock: { now: NOON },
      later: (_delayMs, callback) => {
        putOff.push(callback);
        return () => undefined;
      },
    },
  });
  const { credentials } = accountOf(oma.store.read(), 'a');
  await change((account) => ({ ...account, credentials: { ...credentials, expiresAt: NOON + leftMs } }));
}

function change(edit: (account: Account) => Account): Promise<void> {
  return oma.store.transact(
    'test',
    (state) => [withAccount(state, 'a', edit(accountOf(state, 'a'))), undefined],
    'before-reply',
  );
}

/** Begins a refresh and waits until it is sent. */
async function beginRefresh(): Promise<{ readonly renewal: Promise<Account> }> {
  const renewal = oma.composed.refresher.renew('a', accountOf(oma.store.read(), 'a').credentials.accessToken);
  renewal.catch(() => undefined);
  await sent();
  return { renewal };
}

const sent = (): Promise<void> =>
  vi.waitFor(() => expect(accountOf(oma.store.durable(), 'a').refreshIntent).not.toBeNull());

async function inFlight(): Promise<readonly [number, number]> {
  const { body: status } = await oma.request('GET', '/api/status');
  const { body: list } = await oma.request('GET', '/api/accounts');
  return [status.leases.inFlight, list.accounts[0].inFlight];
}

describe('while a refresh is on its way', () => {
  const newLogin = tokenSet('a', {
    accessToken: secretSchema.parse('access-login'),
    refreshToken: secretSchema.parse('refresh-login'),
  });

  it.each([
    ['grants', GRANTED],
    ['rejects', { status: 'rejected', code: 'refresh_token_invalidated', message: 'ended' } as const],
  ])('a login that was renewed stays, though the provider %s what was asked before it', async (_what, late) => {
    await withAccountA(HOUR);
    const { renewal } = await beginRefresh();
    await oma.store.transact(
      'test.reauth',
      (state, now) => replaceCredentials(state, { alias: 'a', tokens: newLogin }, now),
      'before-reply',
    );
    answer(late);
    expect((await renewal).credentials.accessToken).toBe('access-login');
    const { auth, credentials } = accountOf(oma.store.durable(), 'a');
    expect([auth.state, credentials.refreshToken]).toEqual(['ok', 'refresh-login']);
    expect(oma.events.map(({ type }) => type)).not.toContain('account-needs-login');
  });

  it('a lease keeps its one place among those in flight when its token is renewed', async () => {
    await withAccountA(HOUR);
    const { leaseId } = await oma.call('lease.acquire', REQUEST);
    const refreshed = oma.call('lease.refresh', { leaseId });
    await sent();
    answer(GRANTED);
    expect((await refreshed).accessToken).toBe('access-a-new');
    expect(await inFlight()).toEqual([1, 1]);
    await oma.call('lease.report', { leaseId, outcome: SUCCESS });
    expect(await inFlight()).toEqual([0, 0]);
  });

  it('a lease that was given up meanwhile does not come back', async () => {
    await withAccountA(HOUR);
    const { leaseId } = await oma.call('lease.acquire', REQUEST);
    const refreshed = oma.call('lease.refresh', { leaseId });
    await sent();
    await oma.call('lease.report', { leaseId, outcome: { ...SUCCESS, kind: 'aborted', phase: 'before-output' } });
    answer(GRANTED);
    await expect(refreshed).rejects.toMatchObject({ code: 'LEASE_NOT_FOUND' });
    expect(await inFlight()).toEqual([0, 0]);
  });

  it('whoever stops waiting for a lease leaves none behind, and counts as no use', async () => {
    await withAccountA(-HOUR);
    const waiting = new AbortController();
    const acquired = oma.dispatch('lease.acquire', REQUEST, {
      requestId: 'r',
      connectionId: 'c1',
      actor: 'plugin',
      signal: waiting.signal,
    });
    await sent();
    waiting.abort();
    answer(GRANTED);
    await expect(acquired).rejects.toBe(waiting.signal.reason);
    expect(await inFlight()).toEqual([0, 0]);
    expect(accountOf(oma.store.read(), 'a')).toMatchObject({
      credentials: { accessToken: 'access-a-new' },
      usage: { count: 0 },
    });
  });
});

describe('new tokens that the disk does not take', () => {
  async function refuseTokens(): Promise<{ restoreDisk: () => void }> {
    await withAccountA(HOUR);
    const { transact } = oma.store;
    const spy = vi
      .spyOn(oma.store, 'transact')
      .mockImplementation((reason, run, durability) =>
        reason === 'refresh.finish'
          ? Promise.reject(new OmaError('STORE_UNWRITABLE', 'The disk is full.'))
          : transact(reason, run, durability),
      );
    const { renewal } = await beginRefresh();
    answer(GRANTED);
    await expect(renewal).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    return { restoreDisk: () => spy.mockRestore() };
  }

  it('are stored at the end of the supervisor if the disk is back by then', async () => {
    const { restoreDisk } = await refuseTokens();
    restoreDisk();
    await oma.composed.refresher.finish();
    expect(accountOf(oma.store.durable(), 'a')).toMatchObject({
      credentials: { refreshToken: 'refresh-a-new' },
      refreshIntent: null,
    });
  });

  it('do no harm when their account is removed before they can be stored', async () => {
    const { restoreDisk } = await refuseTokens();
    restoreDisk();
    expect((await oma.request('DELETE', '/api/accounts/a')).status).toBe(200);
    expect(putOff).toHaveLength(1);
    for (const callback of putOff) expect(callback).not.toThrow();
    await oma.composed.refresher.finish();
    expect(oma.store.durable().accounts).toEqual([]);
  });
});

const SUCCESS = {
  kind: 'success',
  status: 200,
  retryAtMs: null,
  limitId: null,
  errorCode: null,
  phase: 'complete',
  firstByteMs: 50,
  durationMs: 100,
} as const;
