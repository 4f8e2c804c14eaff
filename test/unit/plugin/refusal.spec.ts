import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { blockerCodeSchema } from '../../../contract/account.ts';
import { type ErrorCode, ERRORS, OmaError } from '../../../contract/errors.ts';
import { outcomeKindSchema } from '../../../contract/failure.ts';
import { noEligibleOf, refusal, refusalAfter, refusalFor } from '../../../plugin/refusal.ts';
import { RETRY_WORDS, unretryable } from '../../../plugin/retry-words.ts';
import { noEligible } from '../../support/fake-leases.ts';

const NOON = new Date(2026, 10, 23, 12, 0, 0).getTime();
const iso = (ms: number) => new Date(ms).toISOString();
const MINUTE_MS = 60_000;

const alias = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/),
  fc.constantFrom(
    '429',
    'team500',
    '15-04-29',
    'rate_limit',
    'server_error',
    'a503b502',
    'timeout',
    'ECONNRESET',
    'overloaded',
    '5040524',
    'rate-limit-rate-limit',
  ),
);

const isRetried = (text: string) => RETRY_WORDS.some((words) => words.test(text));

async function bodyOf(response: Response) {
  const text = await response.text();
  return {
    status: response.status,
    text,
    ...(JSON.parse(text) as { error: { type: string; code: string; message: string } }).error,
  };
}

describe('unretryable', () => {
  it('leaves an innocent text alone', () => {
    expect(unretryable('work is back at 15:04:29 (in 12 min)')).toBe('work is back at 15:04:29 (in 12 min)');
  });

  it('keeps a guilty text readable', () => {
    const safe = unretryable('team500 met a rate limit, try again later');
    expect(safe.replaceAll('\u2060', '')).toBe('team500 met a rate limit, try again later');
    expect(isRetried(safe)).toBe(false);
  });

  it('makes any text safe', () => {
    const word = fc.constantFrom(
      '429',
      '500',
      'rate limit',
      'try again in',
      'fetch failed',
      'network error',
      'timeout',
      'x',
      ' ',
      'server_error',
      '524',
      '50',
      '3',
      'ECONNRESET',
      'request timed out',
    );
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 30 }).map((words) => words.join('')),
        (text) => !isRetried(unretryable(text)),
      ),
    );
  });

  it('gives up on a text that is nothing but such words, and stays safe', () => {
    const safe = unretryable('500 '.repeat(500));
    expect(isRetried(safe)).toBe(false);
    expect(safe).toContain('oma status');
  });
});

describe('refusalFor', () => {
  it('says who cannot serve, why, and who is back first', async () => {
    const error = noEligible([
      { alias: 'work', until: iso(NOON + 12 * MINUTE_MS), detail: 'rate-limited' },
      { alias: 'home', until: iso(NOON + 3 * 60 * MINUTE_MS), code: 'exhausted' },
      { alias: 'old', until: null, code: 'disabled', detail: 'not needed' },
      { alias: 'spare', until: null, code: 'needs-login' },
    ]);
    expect(await bodyOf(refusalFor(error, NOON))).toMatchObject({
      status: 400,
      type: 'oma',
      code: 'NO_ELIGIBLE_ACCOUNTS',
      message:
        'No account can serve this now: work is at its limit, back at 12:12 (in 12 min); home is at its limit, back at 15:00 (in 3 h 0 min); old is switched off; spare must be logged in again (`oma reauth spare`). work is back first.',
    });
  });

  it('says so when nobody comes back by itself', async () => {
    const { message } = await bodyOf(
      refusalFor(noEligible([{ alias: 'work', until: null, code: 'excluded', detail: 'REFRESH_REJECTED' }]), NOON),
    );
    expect(message).toBe(
      'No account can serve this now: work could not be used (The provider no longer accepts this login). None comes back by itself: see `oma list`.',
    );
  });

  it('tells a newcomer what to do', async () => {
    expect((await bodyOf(refusalFor(noEligible([]), NOON))).message).toBe(
      'oma has no account yet: run `oma add NAME`.',
    );
  });

  it('names eight accounts and counts the others', async () => {
    const many = Array.from({ length: 30 }, (_, index) => ({ alias: `a${index}`, until: null, code: 'disabled' }));
    const { message } = await bodyOf(refusalFor(noEligible(many), NOON));
    expect(message).toContain('a7 is switched off; and 22 more');
    expect(message).not.toContain('a8 ');
  });

  it('says how to start a supervisor that is not there', async () => {
    expect((await bodyOf(refusalFor(new OmaError('SUPERVISOR_NOT_RUNNING', 'nobody listens'), NOON))).message).toBe(
      'oma supervisor is not running: run `oma up`.',
    );
  });

  it('survives details of another form', () => {
    expect(noEligibleOf(new OmaError('NO_ELIGIBLE_ACCOUNTS', 'x', { accounts: 'none' }))?.accounts).toEqual([]);
    expect(noEligibleOf(new OmaError('INTERNAL', 'x'))).toBeNull();
    expect(noEligibleOf(new Error('x'))).toBeNull();
  });

  it('is never taken for a passing failure, whatever accounts are called and whenever they are back', async () => {
    const account = fc.record({
      alias,
      code: fc.constantFrom(...blockerCodeSchema.options),
      until: fc.option(fc.integer({ min: NOON, max: NOON + 35 * 1_440 * MINUTE_MS }).map(iso)),
      detail: fc.option(fc.constantFrom('rate-limited', 'server-error', 'network', '500', 'UPSTREAM_UNREACHABLE')),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(account, { maxLength: 12 }), async (accounts) => {
        const { text, message } = await bodyOf(refusalFor(noEligible(accounts), NOON));
        expect(isRetried(text) || isRetried(message)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('is never taken for a passing failure, whatever the supervisor says', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...(Object.keys(ERRORS) as ErrorCode[])),
        fc.oneof(fc.string(), fc.constantFrom(...Object.values(ERRORS).map(({ meaning }) => meaning))),
        async (code, message) => {
          const body = await bodyOf(refusalFor(new OmaError(code, message), NOON));
          expect(body.status).toBe(400);
          expect(isRetried(body.text) || isRetried(body.message)).toBe(false);
        },
      ),
    );
  });
});

describe('refusalAfter', () => {
  it('names every account that was tried and what became of it', async () => {
    const { message, code } = await bodyOf(
      refusalAfter(
        [
          { alias: 'work', kind: 'rate-limited', retryAtMs: NOON + 12 * MINUTE_MS },
          { alias: 'home', kind: 'challenged', retryAtMs: null },
        ],
        NOON,
      ),
    );
    expect(code).toBe('NO_ELIGIBLE_ACCOUNTS');
    expect(message).toBe(
      'oma tried 2 accounts in vain: work is at its limit, back at 12:12 (in 12 min); home was turned away by a gateway. See `oma status`.',
    );
  });

  it('is never taken for a passing failure', async () => {
    const tried = fc.record({
      alias,
      kind: fc.constantFrom(...outcomeKindSchema.options.filter((kind) => kind !== 'success')),
      retryAtMs: fc.option(fc.integer({ min: NOON, max: NOON + 35 * 1_440 * MINUTE_MS })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(tried, { minLength: 1, maxLength: 3 }), async (accounts) => {
        const { text, message } = await bodyOf(refusalAfter(accounts, NOON));
        expect(isRetried(text) || isRetried(message)).toBe(false);
      }),
    );
  });
});

describe('refusal', () => {
  it('has the shape whose message OpenCode shows', async () => {
    const response = refusal('INTERNAL', 'hello');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect([...response.headers.keys()]).toEqual(['content-type']);
    expect(await response.json()).toEqual({ error: { type: 'oma', code: 'INTERNAL', message: 'hello' } });
  });
});
