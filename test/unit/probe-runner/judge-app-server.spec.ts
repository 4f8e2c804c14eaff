import { describe, expect, it } from 'vitest';

import type { ProbeFailureCode } from '../../../contract/limits.ts';
import { judgeLimits, judgeServerError } from '../../../probe-runner/judge-app-server.ts';
import { RECORDED_ACCOUNT, recordings } from '../../support/recorded-codex.ts';

const AT = Date.UTC(2026, 10, 23, 12);
const WINDOW = { usedPercent: 12, windowDurationMins: 300, resetsAt: 1_795_438_937 };
const SNAPSHOT = { limitId: 'codex', limitName: null, primary: WINDOW, secondary: null, planType: 'plus' };

describe('an answer of the app-server', () => {
  it('[C.L1.1] is believed in every recorded conversation that answered, with all meters', () => {
    const verdicts = recordings().flatMap(({ version, scenario, files }) => {
      const answer = answerOf(files['rpc.jsonl']);
      if (answer?.result === undefined) return [];
      const verdict = judgeLimits({ result: answer.result, accountId: RECORDED_ACCOUNT, observedAtMs: AT });
      return [
        [
          `${version}/${scenario}`,
          verdict.kind === 'complete'
            ? verdict.windows.map(({ limitId, durationMinutes, usedPercent }) => [
                limitId,
                durationMinutes,
                usedPercent,
              ])
            : verdict,
        ],
      ];
    });
    const both = [
      ['codex', 300, 12],
      ['codex', 10_080, 34],
    ];
    expect(Object.fromEntries(verdicts)).toEqual({
      '0.120.0/app-server--ok-external-file': both,
      '0.155.1/app-server--ok-external-file': both,
      '0.169.0/app-server--account-read-first': both,
      '0.169.0/app-server--exclude-reset-credits': both,
      '0.169.0/app-server--exhausted': [
        ['codex', 300, 100],
        ['codex', 10_080, 61],
      ],
      '0.169.0/app-server--multi-limit': [
        ['codex_bengalfox', 300, 3],
        ['codex_bengalfox', 10_080, 1],
        ['codex', 300, 41],
        ['codex', 10_080, 77],
      ],
      '0.169.0/app-server--ok-external-file': both,
      '0.169.0/app-server--ok-login-tokens': both,
      '0.169.0/app-server--ok-managed-file': both,
      '0.60.1/app-server--ok-external-file': {
        kind: 'no_data',
        observedAtMs: AT,
        message: 'codex app-server named no window of the main meter.',
        sessionFile: null,
      },
    });
  });

  it.each<readonly [string, ProbeFailureCode]>([
    ['usage-401-external', 'UNAUTHORIZED'],
    ['usage-402', 'WORKSPACE_DEACTIVATED'],
    ['usage-403-cloudflare', 'UPSTREAM_ERROR'],
    ['usage-500', 'UPSTREAM_ERROR'],
  ])('[S.7.3] that is the recorded refusal %s means %s', (scenario, code) => {
    const recording = recordings().find(
      (one) => one.version === '0.169.0' && one.scenario === `app-server--${scenario}`,
    );
    const message = answerOf(recording?.files['rpc.jsonl'])?.error?.message ?? '';
    expect(message).not.toBe('');
    expect(judgeServerError(message)).toMatchObject({ kind: 'failed', code });
  });

  it('tells the plan of the main meter', () => {
    expect(judgeLimits({ result: { rateLimits: SNAPSHOT, accountId: 'a' }, accountId: 'a', observedAtMs: AT })).toEqual(
      {
        kind: 'complete',
        observedAtMs: AT,
        planType: 'plus',
        windows: [
          { limitId: 'codex', limitName: null, durationMinutes: 300, usedPercent: 12, resetsAtMs: 1_795_438_937_000 },
        ],
        sessionFile: null,
      },
    );
  });

  it('[S.7.4] without a window of the main meter is no data, not zero', () => {
    const empty = { ...SNAPSHOT, primary: null };
    expect(judgeLimits({ result: { rateLimits: empty }, accountId: 'a', observedAtMs: AT })).toMatchObject({
      kind: 'no_data',
    });
    const foreign = {
      rateLimits: SNAPSHOT,
      rateLimitsByLimitId: { codex_bengalfox: { ...SNAPSHOT, limitId: 'codex_bengalfox' } },
    };
    expect(judgeLimits({ result: foreign, accountId: 'a', observedAtMs: AT })).toMatchObject({ kind: 'no_data' });
    const nameless = { rateLimits: { ...SNAPSHOT, primary: { ...WINDOW, windowDurationMins: null } } };
    expect(judgeLimits({ result: nameless, accountId: 'a', observedAtMs: AT })).toMatchObject({ kind: 'no_data' });
  });

  it.each([
    ['nothing', undefined],
    ['text', 'ok'],
    ['an empty object', {}],
    ['a percentage as text', { rateLimits: { ...SNAPSHOT, primary: { ...WINDOW, usedPercent: '12' } } }],
    ['a percentage below zero', { rateLimits: { ...SNAPSHOT, primary: { ...WINDOW, usedPercent: -1 } } }],
    ['a window of no length', { rateLimits: { ...SNAPSHOT, primary: { ...WINDOW, windowDurationMins: 0 } } }],
    ['a reset in milliseconds', { rateLimits: { ...SNAPSHOT, primary: { ...WINDOW, resetsAt: 1_795_438_937_000 } } }],
    ['the same window twice', { rateLimits: { ...SNAPSHOT, secondary: WINDOW } }],
  ])('is not believed when it is %s', (_, result) => {
    expect(judgeLimits({ result, accountId: 'a', observedAtMs: AT })).toMatchObject({
      kind: 'failed',
      code: 'UNKNOWN_SHAPE',
    });
  });

  it('is not believed when it is about another account', () => {
    expect(
      judgeLimits({ result: { rateLimits: SNAPSHOT, accountId: 'b' }, accountId: 'a', observedAtMs: AT }),
    ).toMatchObject({ kind: 'failed', code: 'INCOMPLETE' });
  });

  it('that the backend could not be reached is told as such', () => {
    expect(
      judgeServerError(
        'failed to fetch codex rate limits: error sending request for url (http://127.0.0.1:9/wham/usage)',
      ),
    ).toMatchObject({ code: 'UNREACHABLE' });
    expect(judgeServerError('codex account authentication required to read rate limits')).toMatchObject({
      code: 'UPSTREAM_ERROR',
    });
  });
});

interface Answer {
  readonly id?: number;
  readonly dir?: string;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** The last answer of the server is that to the question. */
function answerOf(rpc: string | undefined): Answer | undefined {
  return (rpc ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Answer)
    .findLast((line) => line.dir === 'server->client' && line.id !== undefined);
}
