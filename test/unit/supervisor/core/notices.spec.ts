import { describe, expect, it } from 'vitest';

import { DEFAULT_SETTINGS } from '../../../../contract/settings.ts';
import { NO_MEMORY, type NoticeMemory, noticesOf } from '../../../../supervisor/core/notices.ts';
import type { State } from '../../../../supervisor/core/state.ts';
import { accountOf, HOUR, MINUTE, NOON, stateWith, withAccount } from '../../../support/state.ts';

/** An account with so much left of its weekly limit, seen at `at`. */
function left(state: State, alias: string, percent: number, at: number, resetsAt = NOON + 48 * HOUR): State {
  const { limits } = accountOf(state, alias);
  const window = {
    limitId: 'codex',
    limitName: null,
    durationMinutes: 10_080,
    usedPercent: 100 - percent,
    resetsAt,
    source: 'usage-endpoint' as const,
    observedAt: at,
  };
  return withAccount(state, alias, { limits: { ...limits, windows: [window], lastProbeAt: at } });
}

/** Lets a story pass step by step and collects the kinds told at each step. */
function story(steps: readonly (readonly [at: number, state: State])[], settings = DEFAULT_SETTINGS) {
  let memory: NoticeMemory = NO_MEMORY;
  return steps.map(([at, state]) => {
    const [next, notices] = noticesOf(memory, { state, settings }, at);
    memory = next;
    return notices.map(({ kind }) => kind);
  });
}

describe('messages to a person', () => {
  const two = stateWith('work', 'home');

  it('a window that goes below the threshold is told once, and again only above the margin', () => {
    const percents = [40, 29, 25, 31, 29, 35, 29, 36, 29];
    const told = story(
      percents.map((percent, index) => [NOON + index * MINUTE, left(two, 'work', percent, NOON + index * MINUTE)]),
    );
    expect(told.map((kinds) => kinds.length)).toEqual([0, 1, 0, 0, 0, 0, 0, 0, 1]);
    expect(told[1]).toEqual(['window-low']);
  });

  it('a window is told of again after its reset, and an unknown figure changes nothing', () => {
    const later = NOON + 3 * HOUR;
    const told = story([
      [NOON, left(two, 'work', 20, NOON, NOON + HOUR)],
      [NOON + 2 * HOUR, left(two, 'work', 20, NOON, NOON + HOUR)],
      [later, left(two, 'work', 10, later, later + HOUR)],
    ]);
    expect(told).toEqual([['window-low'], [], ['window-low']]);
  });

  it('an account that needs a login is told once until it has one', () => {
    const gone = withAccount(two, 'work', { auth: { state: 'needs-login', reason: 'revoked', since: NOON } });
    expect(
      story([
        [NOON, two],
        [NOON + 1, gone],
        [NOON + 2, gone],
        [NOON + 3, two],
        [NOON + 4, gone],
      ]),
    ).toEqual([[], ['needs-login'], [], [], ['needs-login']]);
  });

  it('a dry pool is told, and its recovery; a pool that is back within a minute is not dry', () => {
    const cooling = (ms: number): State =>
      ['work', 'home'].reduce(
        (state, alias) =>
          withAccount(state, alias, {
            health: { status: 'cooldown', until: NOON + ms, reason: 'rate-limited', cooldownMs: ms, successes: 0 },
          }),
        two,
      );
    expect(
      story([
        [NOON, two],
        [NOON + 1, cooling(30_000)],
        [NOON + 31_000, two],
      ]),
    ).toEqual([[], [], []]);
    expect(
      story([
        [NOON, two],
        [NOON + 1, cooling(HOUR)],
        [NOON + 2, cooling(HOUR)],
        [NOON + HOUR, two],
      ]),
    ).toEqual([[], ['pool-dry'], [], ['pool-recovered']]);
  });

  it('a force that has run out is told; one that was cleared is not', () => {
    const force = {
      forcedAlias: 'work',
      forcedUntil: NOON + HOUR,
      previousRotationStrategy: 'round-robin',
      forcedBy: 'cli',
    } as const;
    expect(
      story([
        [NOON, { ...two, force }],
        [NOON + HOUR, two],
        [NOON + HOUR + 1, two],
      ]),
    ).toEqual([[], ['force-expired'], []]);
    expect(
      story([
        [NOON, { ...two, force }],
        [NOON + MINUTE, two],
        [NOON + 2 * HOUR, two],
      ]),
    ).toEqual([[], [], []]);
  });

  it('only what was asked for is told, disabled accounts are not, and an e-mail is masked', () => {
    const settings = { ...DEFAULT_SETTINGS, notifyEvents: [] };
    expect(story([[NOON, left(two, 'work', 5, NOON)]], settings)).toEqual([[]]);
    const off = { enabled: false, disabledAt: NOON, disabledBy: 'cli', disableReason: null } as const;
    expect(story([[NOON, withAccount(left(two, 'work', 5, NOON), 'work', { availability: off })]])).toEqual([[]]);
    const state = left(stateWith('ann@example.test'), 'ann@example.test', 5, NOON);
    const [, [notice]] = noticesOf(NO_MEMORY, { state, settings: DEFAULT_SETTINGS }, NOON);
    expect([notice?.title, notice?.message]).toEqual([
      'a…@e… is running low',
      '5 % of the weekly limit of a…@e… is left; it resets at 2026-11-25T12:00:00.000Z.',
    ]);
  });
});
