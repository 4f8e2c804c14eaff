import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { HistoryEntry } from '../../../../contract/limits.ts';
import { setEnabled } from '../../../../supervisor/core/accounts.ts';
import { activateForce } from '../../../../supervisor/core/force.ts';
import type { Limits, State, Window } from '../../../../supervisor/core/state.ts';
import { checkInvariants } from '../../../../supervisor/store/invariants.ts';
import { createEncoder, decodeStore, type Extras, NO_EXTRAS } from '../../../../supervisor/store/schema.ts';
import { anyState } from '../../../support/arbitrary-state.ts';
import { NOON, settingsWith, stateWith, withAccount } from '../../../support/state.ts';

type Json = Record<string, unknown>;

function fileOf(state: State, extras: Extras = NO_EXTRAS): Json {
  return JSON.parse(createEncoder(extras)(state)) as Json;
}

function accountIn(file: Json, index = 0): Json {
  return (file.accounts as Json[])[index] ?? {};
}

function credentialsIn(file: Json, index = 0): Json {
  return accountIn(file, index).credentials as Json;
}

/** The file of a state with one change made by hand. */
function edited(state: State, edit: (file: Json) => void): Json {
  const file = fileOf(state);
  edit(file);
  return file;
}

function problemsOf(raw: unknown): readonly string[] {
  const decoded = decodeStore(raw);
  return decoded.ok ? [] : decoded.problems;
}

describe('the file format', () => {
  it('reads back every state exactly as it was written', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        expect(checkInvariants(state)).toEqual([]);
        const decoded = decodeStore(JSON.parse(createEncoder(NO_EXTRAS)(state)));
        expect(decoded).toEqual({ ok: true, state, extras: NO_EXTRAS });
      }),
      { numRuns: 200 },
    );
  });

  it('keeps the order of accounts whose aliases look like numbers', () => {
    const state = stateWith('10', '9', 'b', '1');
    const decoded = decodeStore(fileOf(state));
    expect(decoded.ok && decoded.state.accounts.map(({ alias }) => alias)).toEqual(['10', '9', 'b', '1']);
  });

  it('is no store to the former plugin, which shares its path: it finds no token where it looks', () => {
    const account = accountIn(fileOf(stateWith('work')));
    expect(account).toMatchObject({
      alias: 'work',
      credentials: { accessToken: 'access-work', refreshToken: 'refresh-work' },
    });
    expect(['accessToken', 'refreshToken', 'expiresAt'].filter((name) => name in account)).toEqual([]);
  });

  it('writes one line for each account, so that people can read and compare it', () => {
    const lines = createEncoder(NO_EXTRAS)(stateWith('work', 'home')).split('\n');
    expect(lines.filter((line) => line.startsWith('{"alias":'))).toHaveLength(2);
  });

  it('[S.5.1] carries its format and version 2', () => {
    expect(fileOf(stateWith())).toMatchObject({ format: 'oma', version: 2 });
  });

  it('[S.5.2] has enabled, disabledAt, disabledBy and disableReason for each account', () => {
    const [state] = setEnabled(
      stateWith('work', 'home'),
      { alias: 'work', enabled: false, actor: 'cli', reason: 'on holiday' },
      NOON,
    );
    const file = fileOf(state);
    expect(accountIn(file, 0)).toMatchObject({
      alias: 'work',
      enabled: false,
      disabledAt: NOON,
      disabledBy: 'cli',
      disableReason: 'on holiday',
    });
    expect(accountIn(file, 1)).toMatchObject({
      alias: 'home',
      enabled: true,
      disabledAt: null,
      disabledBy: null,
      disableReason: null,
    });
  });

  it('[S.5.3] has rateLimits, rateLimitHistory, limitStatus, limitError, lastLimitProbeAt and lastLimitErrorAt for each account', () => {
    const window: Window = {
      limitId: 'codex',
      limitName: null,
      durationMinutes: 300,
      usedPercent: 40,
      resetsAt: NOON + 9,
      source: 'codex-exec',
      observedAt: NOON,
    };
    const entry: HistoryEntry = {
      at: NOON,
      source: 'codex-exec',
      windows: [{ limitId: 'codex', durationMinutes: 300, usedPercent: 40, resetsAtMs: NOON + 9 }],
    };
    const limits: Limits = {
      windows: [window],
      history: [entry],
      status: 'error',
      error: 'cut off',
      lastProbeAt: NOON,
      lastErrorAt: NOON + 1,
      diagnostics: null,
      probeModel: 'm',
    };
    const account = accountIn(fileOf(withAccount(stateWith('work'), 'work', { limits })));
    expect(account).toMatchObject({
      rateLimits: { windows: [window] },
      rateLimitHistory: [entry],
      limitStatus: 'error',
      limitError: 'cut off',
      lastLimitProbeAt: NOON,
      lastLimitErrorAt: NOON + 1,
    });
  });

  it('[S.5.4] has forcedAlias, forcedUntil, previousRotationStrategy and forcedBy, null when nothing is forced', () => {
    const names = ['forcedAlias', 'forcedUntil', 'previousRotationStrategy', 'forcedBy'];
    const idle = fileOf(stateWith('work'));
    expect(names.map((name) => idle[name])).toEqual([null, null, null, null]);
    const [forced] = activateForce(
      stateWith('work'),
      { alias: 'work', actor: 'cli', settings: settingsWith({ rotationStrategy: 'least-used' }) },
      NOON,
    );
    expect(names.map((name) => fileOf(forced)[name])).toEqual(['work', NOON + 24 * 3_600_000, 'least-used', 'cli']);
  });

  it('[D.L1.6] accepts the fields of a disabled account', () => {
    const state = withAccount(stateWith('work'), 'work', {
      availability: { enabled: false, disabledAt: NOON, disabledBy: 'dashboard', disableReason: null },
    });
    const decoded = decodeStore(fileOf(state));
    expect(decoded.ok && decoded.state.accounts[0]?.availability).toEqual({
      enabled: false,
      disabledAt: NOON,
      disabledBy: 'dashboard',
      disableReason: null,
    });
  });
});

describe('[B.L2.1] [H.T.9] a malformed file', () => {
  const state = stateWith('work', 'home');
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['is not an object', [], /^the file: /],
    ['is null', null, /^the file: /],
    ['is of another program', edited(state, (file) => (file.format = 'other')), /^format: /],
    ['has no version', edited(state, (file) => delete file.version), /^version: /],
    ['has no accounts', edited(state, (file) => delete file.accounts), /^accounts: /],
    [
      'has an account without tokens',
      edited(state, (file) => delete credentialsIn(file).accessToken),
      /^accounts\.0\.credentials\.accessToken: /,
    ],
    [
      'has a token that is not text',
      edited(state, (file) => (credentialsIn(file, 1).refreshToken = 7)),
      /^accounts\.1\.credentials\.refreshToken: /,
    ],
    [
      'has a token that is empty',
      edited(state, (file) => (credentialsIn(file).accessToken = '')),
      /^accounts\.0\.credentials\.accessToken: /,
    ],
    [
      'has a token without end',
      edited(state, (file) => (credentialsIn(file).accessToken = 'x'.repeat(65_537))),
      /^accounts\.0\.credentials\.accessToken: /,
    ],
    ['has an alias that is none', edited(state, (file) => (accountIn(file).alias = 'a b')), /^accounts\.0\.alias: /],
    [
      'has an instant that Date cannot show',
      edited(state, (file) => (credentialsIn(file).expiresAt = 9e15)),
      /^accounts\.0\.credentials\.expiresAt: /,
    ],
    [
      'has a fraction for a count',
      edited(state, (file) => (accountIn(file).usageCount = 1.5)),
      /^accounts\.0\.usageCount: /,
    ],
    [
      'calls an enabled account disabled by somebody',
      edited(state, (file) => (accountIn(file).disabledBy = 'me')),
      /^accounts\.0\.enabled: /,
    ],
    [
      'disables an account without saying when',
      edited(state, (file) => (accountIn(file).enabled = false)),
      /^accounts\.0\.enabled: /,
    ],
    [
      'needs a login without a reason',
      edited(state, (file) => (accountIn(file).authState = 'needs-login')),
      /^accounts\.0\.authState: /,
    ],
    ['has half a force', edited(state, (file) => (file.forcedAlias = 'work')), /^forcedAlias: /],
    [
      'has an unknown strategy',
      edited(state, (file) => ((file.settings as Json).rotationStrategy = 'favourite')),
      /^settings\.rotationStrategy: /,
    ],
    [
      'has a weight of 0',
      edited(state, (file) => ((file.settings as Json).accountWeights = { work: 0 })),
      /^settings\.accountWeights\.work: /,
    ],
    [
      'has thresholds the wrong way round',
      edited(state, (file) => Object.assign(file.settings as Json, { criticalThreshold: 30, lowThreshold: 30 })),
      /^settings\.criticalThreshold: /,
    ],
    [
      'has an unknown field inside a window',
      edited(state, (file) => (accountIn(file).rateLimits = { windows: [], odd: 1 })),
      /^accounts\.0\.rateLimits: /,
    ],
    [
      'binds a session twice',
      edited(state, (file) => (file.bindings = [1, 2].map(() => ({ session: 's', alias: 'work', usedAt: 1 })))),
      /^bindings: /,
    ],
    [
      'has 101 entries of history',
      edited(
        state,
        (file) =>
          (accountIn(file).rateLimitHistory = Array.from({ length: 101 }, () => ({
            at: 1,
            source: 'codex-exec',
            windows: [],
          }))),
      ),
      /^accounts\.0\.rateLimitHistory: /,
    ],
  ];

  it.each(cases)('that %s is refused, and the field is named', (_, raw, problem) => {
    expect(problemsOf(raw)[0]).toMatch(problem);
  });

  it('is refused without a word about what the field holds', () => {
    const raw = edited(state, (file) => (credentialsIn(file).accessToken = ['top-secret-token']));
    expect(problemsOf(raw).join()).not.toContain('top-secret-token');
  });

  it('names at most 20 problems, however many there are', () => {
    const raw = edited(stateWith(...Array.from({ length: 30 }, (_, index) => `a${String(index)}`)), (file) => {
      for (const account of file.accounts as Json[]) account.usageCount = -1;
    });
    expect(problemsOf(raw)).toHaveLength(20);
  });
});

describe('unknown fields', () => {
  const raw = edited(stateWith('work', 'home'), (file) => {
    file.comment = 'mine';
    (file.settings as Json).laterSetting = [1];
    accountIn(file, 1).notes = 'the one for weekends';
  });

  it('survive at the top, in the settings and in an account', () => {
    const decoded = decodeStore(raw);
    if (!decoded.ok) throw new Error(decoded.problems.join());
    expect(fileOf(decoded.state, decoded.extras)).toEqual(raw);
  });

  it('stay with their account when others come and go', () => {
    const decoded = decodeStore(raw);
    if (!decoded.ok) throw new Error(decoded.problems.join());
    const { state, extras } = decoded;
    const without = { ...state, accounts: state.accounts.slice(1), rotation: { ...state.rotation, credits: [0] } };
    expect(accountIn(fileOf(without, extras))).toMatchObject({ alias: 'home', notes: 'the one for weekends' });
  });

  it('never pass to another seat that got the same alias', () => {
    const decoded = decodeStore(raw);
    if (!decoded.ok) throw new Error(decoded.problems.join());
    const other = withAccount(decoded.state, 'home', { seat: { accountId: 'ws-other', userId: 'somebody' } });
    expect(accountIn(fileOf(other, decoded.extras), 1)).not.toHaveProperty('notes');
  });

  it('called __proto__ change nothing but themselves', () => {
    const text = createEncoder(NO_EXTRAS)(stateWith('work')).replace(
      '"format"',
      '"__proto__": {"polluted": true},\n"format"',
    );
    const decoded = decodeStore(JSON.parse(text));
    if (!decoded.ok) throw new Error(decoded.problems.join());
    expect(createEncoder(decoded.extras)(decoded.state)).toContain('"__proto__": {"polluted":true}');
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('the encoder', () => {
  it('writes the text of an unchanged account once, and of a changed one anew', () => {
    const encode = createEncoder(NO_EXTRAS);
    const state = stateWith('work', 'home');
    const first = encode(state);
    const changed = withAccount(state, 'home', { email: 'new@example.test' });
    expect(encode(changed)).toBe(first.replace('"home@example.test"', '"new@example.test"'));
    expect(encode(state)).toBe(first);
  });
});
