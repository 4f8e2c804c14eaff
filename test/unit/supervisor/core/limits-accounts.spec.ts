import { describe, expect, it } from 'vitest';

import { secretSchema } from '../../../../contract/scalars.ts';
import { DEFAULT_SETTINGS } from '../../../../contract/settings.ts';
import {
  acceptProbe,
  applyReport,
  markProbe,
  probeModels,
  settle,
  settleAll,
} from '../../../../supervisor/core/limits.ts';
import { type Account, EMPTY_STATE, HEALTHY, type State, UNKNOWN_LIMITS } from '../../../../supervisor/core/state.ts';
import { complete, failed, HOUR, noData, NOW } from '../../../support/probe-reports.ts';

describe('which account a report is about', () => {
  it('changes the probed account only, and takes over its plan', () => {
    const state = withAccounts(account('a'), account('b'));
    const [after, status] = acceptProbe(
      state,
      { alias: 'a', seat: seatOf('a'), report: complete({ planType: 'pro' }) },
      NOW,
    );

    expect(status).toBe('success');
    expect(after.accounts[0]).toMatchObject({
      alias: 'a',
      planType: 'pro',
      limits: { status: 'success', lastProbeAt: NOW },
    });
    expect(after.accounts[1]).toBe(state.accounts[1]);
  });

  it('keeps the plan when the report does not name one', () => {
    const [after] = acceptProbe(
      withAccounts({ ...account('a'), planType: 'plus' }),
      { alias: 'a', seat: seatOf('a'), report: complete({ planType: null }) },
      NOW,
    );
    expect(after.accounts[0]?.planType).toBe('plus');
  });

  it('ignores a report about an account that is gone, or about another seat that had the alias', () => {
    const state = withAccounts(account('a'));
    expect(acceptProbe(state, { alias: 'gone', seat: seatOf('gone'), report: complete({}) }, NOW)).toEqual([
      state,
      null,
    ]);
    expect(acceptProbe(state, { alias: 'a', seat: seatOf('somebody-else'), report: complete({}) }, NOW)).toEqual([
      state,
      null,
    ]);
  });

  it('[C.L2.1] a failed probe leaves the state of every account as it was, but for the error of the probed one', () => {
    const [known] = acceptProbe(
      withAccounts(account('a'), account('b')),
      { alias: 'a', seat: seatOf('a'), report: complete({}) },
      NOW,
    );
    const [after, status] = acceptProbe(known, { alias: 'a', seat: seatOf('a'), report: failed('cut') }, NOW + 1);
    const before = known.accounts[0];

    expect(status).toBe('error');
    expect(after).toEqual({
      ...known,
      accounts: [
        { ...before, limits: { ...before?.limits, status: 'error', error: 'cut', lastErrorAt: NOW + 1 } },
        known.accounts[1],
      ],
    });
  });
});

describe('marks of a probe under way', () => {
  it('marks queued and running without touching what is known', () => {
    const state = withAccounts({ ...account('a'), limits: applyReport(UNKNOWN_LIMITS, complete({}), NOW) });
    const known = state.accounts[0]?.limits;
    expect(markProbe(state, 'a', 'queued').accounts[0]?.limits).toEqual({ ...known, status: 'queued' });
    expect(markProbe(markProbe(state, 'a', 'queued'), 'a', 'running').accounts[0]?.limits).toEqual({
      ...known,
      status: 'running',
    });
    expect(() => markProbe(state, 'nobody', 'queued')).toThrow(expect.objectContaining({ code: 'ACCOUNT_NOT_FOUND' }));
  });

  it('settles a mark that a crash left into the last thing known', () => {
    const success = applyReport(UNKNOWN_LIMITS, complete({}), NOW);
    const error = applyReport(success, failed('cut'), NOW + 1);
    expect(settle({ ...UNKNOWN_LIMITS, status: 'running' })).toEqual(UNKNOWN_LIMITS);
    expect(settle({ ...success, status: 'queued' })).toEqual(success);
    expect(settle({ ...error, status: 'running' })).toEqual(error);
    expect(settle(applyReport(success, noData({}), NOW)).status).toBe('no_data');
  });

  it('settles every account at start and returns the same state when there is nothing to settle', () => {
    const clean = withAccounts(account('a'), account('b'));
    expect(settleAll(clean)).toBe(clean);
    const left = markProbe(clean, 'b', 'running');
    const settled = settleAll(left);
    expect(settled).toEqual(clean);
    expect(settled.accounts[0]).toBe(clean.accounts[0]);
  });

  it('[C.L1.5] the model that worked comes first, then the configured order; a model no longer configured does not come back', () => {
    const models = ['gpt-5.3-codex', 'gpt-5.5', 'gpt-5.4'];
    const learnt = applyReport(UNKNOWN_LIMITS, complete({ model: 'gpt-5.4' }), NOW);
    expect(probeModels(UNKNOWN_LIMITS, DEFAULT_SETTINGS.probeModels)[0]).toBe('gpt-5.3-codex');
    expect(probeModels(learnt, models)).toEqual(['gpt-5.4', 'gpt-5.3-codex', 'gpt-5.5']);
    expect(probeModels(learnt, ['gpt-6-sol'])).toEqual(['gpt-6-sol']);
  });

  it('only an exec probe teaches a model', () => {
    const learnt = applyReport(UNKNOWN_LIMITS, complete({ model: 'gpt-5.4' }), NOW);
    expect(
      applyReport(learnt, complete({ source: 'codex-app-server', model: null, observedAtMs: NOW + 1 }), NOW + 1)
        .probeModel,
    ).toBe('gpt-5.4');
    expect(applyReport(learnt, failed('x'), NOW + 1).probeModel).toBe('gpt-5.4');
  });
});

function seatOf(name: string): Account['seat'] {
  return { accountId: `acct-${name}`, userId: `user-${name}` };
}

function account(alias: string): Account {
  const token = secretSchema.parse('fake');
  return {
    alias,
    seat: seatOf(alias),
    email: null,
    planType: null,
    addedAt: NOW,
    source: 'login',
    credentials: { accessToken: token, refreshToken: token, idToken: null, expiresAt: NOW + HOUR, lastRefreshAt: NOW },
    auth: { state: 'ok' },
    refreshIntent: null,
    availability: { enabled: true },
    health: HEALTHY,
    modelCooldowns: [],
    usage: { count: 0, lastUsedAt: null },
    limits: UNKNOWN_LIMITS,
  };
}

function withAccounts(...accounts: Account[]): State {
  return { ...EMPTY_STATE, accounts };
}
