import { describe, expect, it } from 'vitest';

import { bothWindows, type Seat, type SeatInput, seatSchema } from '../../../../cli/simulator/seat.ts';
import {
  consume,
  currentWindow,
  exhaustedWindow,
  limitHeaders,
  usageBody,
  windowsForModel,
} from '../../../../cli/simulator/windows.ts';
import { newWorld } from '../../../../cli/simulator/world.ts';

const NOW = 1_800_000_000_000;
const HOUR_MS = 3_600_000;
const SPARK = 'gpt-5.3-codex-spark';

function seat(input: Partial<SeatInput> = {}): Seat {
  const base = {
    alias: 'a',
    email: 'a@example.test',
    accountId: 'ws',
    userId: 'u',
    windows: bothWindows({ fiveHour: 97, weekly: 10 }),
  };
  const [made] = newWorld({ salt: 'a', seats: [seatSchema.parse({ ...base, ...input })] }, NOW).seats;
  if (made === undefined) throw new Error('no seat');
  return made;
}

function twoMeters(): Seat {
  const spark = {
    limitId: 'codex_bengalfox',
    limitName: 'GPT-5.3-Codex-Spark',
    models: [SPARK],
    slot: 'primary' as const,
    durationMinutes: 300,
    usedPercent: 100,
  };
  return seat({ windows: [...bothWindows({ fiveHour: 41, weekly: 77 }), spark] });
}

describe('usage windows', () => {
  it('fill with every accepted request and stop at 100 %', () => {
    const once = consume(seat(), 'gpt-5.5', NOW);
    expect(once.windows.map((window) => window.usedPercent)).toEqual([99, 10.5]);
    expect(exhaustedWindow(once, 'gpt-5.5', NOW)).toBeNull();
    const twice = consume(once, 'gpt-5.5', NOW);
    expect(twice.windows.map((window) => window.usedPercent)).toEqual([100, 11]);
    expect(exhaustedWindow(twice, 'gpt-5.5', NOW)).toMatchObject({
      durationMinutes: 300,
      resetsAtMs: NOW + 5 * HOUR_MS,
    });
  });

  it('are empty again once their reset has passed, and start anew with the next request', () => {
    const full = seat({ windows: bothWindows({ fiveHour: 100, weekly: 10 }) });
    const later = NOW + 5 * HOUR_MS;
    expect(exhaustedWindow(full, 'gpt-5.5', later - 1)).not.toBeNull();
    expect(exhaustedWindow(full, 'gpt-5.5', later)).toBeNull();
    const [fiveHour] = consume(full, 'gpt-5.5', later).windows;
    expect(fiveHour).toMatchObject({ usedPercent: 2, resetsAtMs: later + 5 * HOUR_MS });
  });

  it('that were never used float with the clock', () => {
    const [fiveHour] = seat({ windows: bothWindows({ fiveHour: 0, weekly: 0 }) }).windows;
    if (fiveHour === undefined) throw new Error('no window');
    expect(currentWindow(fiveHour, NOW + HOUR_MS)).toMatchObject({ usedPercent: 0, resetsAtMs: NOW + 6 * HOUR_MS });
  });

  it('name the one that frees last when several are full', () => {
    const full = seat({ windows: bothWindows({ fiveHour: 100, weekly: 100 }) });
    expect(exhaustedWindow(full, 'gpt-5.5', NOW)).toMatchObject({ durationMinutes: 10_080 });
  });

  it('of another meter bind only the models it names', () => {
    const both = twoMeters();
    expect(windowsForModel(both, SPARK)).toHaveLength(1);
    expect(exhaustedWindow(both, SPARK, NOW)).toMatchObject({ limitId: 'codex_bengalfox' });
    expect(exhaustedWindow(both, 'gpt-5.5', NOW)).toBeNull();
  });

  it('are said in headers per meter, with length and reset', () => {
    expect(limitHeaders(twoMeters(), NOW)).toMatchObject({
      'x-codex-primary-used-percent': '41',
      'x-codex-primary-window-minutes': '300',
      'x-codex-primary-reset-at': String((NOW + 5 * HOUR_MS) / 1_000),
      'x-codex-secondary-used-percent': '77',
      'x-codex-secondary-window-minutes': '10080',
      'x-codex-bengalfox-primary-used-percent': '100',
      'x-codex-bengalfox-limit-name': 'GPT-5.3-Codex-Spark',
    });
  });

  it('are said in the usage answer, further meters apart', () => {
    expect(usageBody(twoMeters(), NOW)).toMatchObject({
      plan_type: 'plus',
      rate_limit: {
        allowed: true,
        limit_reached: false,
        primary_window: { used_percent: 41, limit_window_seconds: 18_000, reset_after_seconds: 18_000 },
        secondary_window: { used_percent: 77, limit_window_seconds: 604_800 },
      },
      additional_rate_limits: [
        { metered_feature: 'codex_bengalfox', rate_limit: { limit_reached: true, secondary_window: null } },
      ],
      rate_limit_reached_type: null,
    });
  });

  it('of a weekly-only plan stand in the primary slot', () => {
    const free = seat({ windows: [{ slot: 'primary', durationMinutes: 10_080, usedPercent: 55 }] });
    expect(limitHeaders(free, NOW)).not.toHaveProperty('x-codex-secondary-used-percent');
    expect(usageBody(free, NOW)).toMatchObject({
      rate_limit: { primary_window: { used_percent: 55, limit_window_seconds: 604_800 }, secondary_window: null },
    });
  });
});
