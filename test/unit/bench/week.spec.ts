import { describe, expect, it } from 'vitest';

import { aliasAt, settingsWith, stateOf } from '../../../bench/harness/accounts.ts';
import { type Ask, demandOf } from '../../../bench/week/demand.ts';
import { costOf, createProvider } from '../../../bench/week/provider.ts';
import { simulateWeek, type Week, type WeekWorld } from '../../../bench/week/simulate.ts';

const START = Date.UTC(2026, 10, 23);
const HOUR = 3_600_000;
const ASK: Ask = { at: START, session: 's', inputTokens: 10_240, outputTokens: 100 };

function plan(index: number, fiveHourCost: number): Parameters<typeof createProvider>[0][number] {
  return { alias: aliasAt(index), fiveHourCost, weeklyUsedPercent: 0, weeklyResetsAtMs: START + 24 * HOUR };
}

function play(asks: readonly Ask[], costs: readonly number[], change: Partial<WeekWorld> = {}): Week {
  const provider = createProvider(costs.map((cost, index) => plan(index, cost)));
  return simulateWeek(stateOf(costs.length, START), asks, {
    provider,
    settings: settingsWith({}),
    order: null,
    ...change,
  });
}

describe('the simulated week', () => {
  it('is the same for the same seed, ascends in time and grows its contexts', () => {
    const input = { seed: 1, startAt: START, sessionsPerDay: 5 };
    const asks = demandOf(input);
    expect(demandOf(input)).toEqual(asks);
    expect(demandOf({ ...input, seed: 2 })).not.toEqual(asks);
    expect(asks.map(({ at }) => at)).toEqual(asks.map(({ at }) => at).sort((a, b) => a - b));
    const one = asks.filter(({ session }) => session === asks[0]?.session).map(({ inputTokens }) => inputTokens);
    expect(one).toEqual(one.toSorted((a, b) => a - b));
  });

  it('reads a prompt from the cache only where the same account has read it', () => {
    const asks = [ASK, { ...ASK, at: START + 1_000 }];
    expect(play(asks, [1e9, 1e9]).cachedTokens).toBe(10_240);
    expect(play(asks, [1e9, 1e9], { settings: settingsWith({ sessionAffinity: false }) }).cachedTokens).toBe(0);
    expect(costOf(ASK, 10_240)).toBe(1_024 + 600);
  });

  it('moves on when an account is full, and refuses once all are, until a window is empty again', () => {
    const many = Array.from({ length: 6 }, (_, index) => ({ ...ASK, session: `s${String(index)}` }));
    const later = [{ ...ASK, session: 'later', at: START + 6 * HOUR }];
    const week = play([...many, ...later], [20_000, 20_000]);
    expect(week).toMatchObject({ asked: 7, refused: 2, moved: 1 });
    expect(week.tokensBeforeDry).toBe(4 * 10_340);
    expect(week.tokens).toBe(5 * 10_340);
  });

  it('serves in an order that is tried out', () => {
    const asks = Array.from({ length: 4 }, (_, index) => ({ ...ASK, session: `s${String(index)}` }));
    const settings = settingsWith({ rotationStrategy: 'least-used' });
    const order: WeekWorld['order'] = ({ alias }) => (alias === aliasAt(1) ? 0 : 1);
    // The first account could serve one request only; in this order it is never asked.
    expect(play(asks, [1, 1e9], { settings, order }).moved).toBe(0);
    expect(play(asks, [1, 1e9], { settings }).moved).toBe(1);
  });
});
