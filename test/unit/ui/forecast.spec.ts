import { expect, test } from 'vitest';

import { forecast, type Sample, samplesOf } from '../../../ui/forecast.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Samples every ten minutes up to now, with the given figures. */
function used(figures: readonly number[], resetsInMs: number | null = 10 * HOUR): readonly Sample[] {
  return figures.map((usedPercent, index) => ({
    at: NOW - (figures.length - 1 - index) * 10 * MINUTE,
    usedPercent,
    resetsAtMs: resetsInMs === null ? null : NOW + resetsInMs,
  }));
}

test('a steady rate gives an instant inside an honest band, wider than the rounding of the figures', () => {
  const found = forecast(used([40, 42, 44, 46, 48, 50, 52]), NOW);
  expect(found).toMatchObject({ kind: 'dry', at: NOW + 4 * HOUR });
  if (found.kind !== 'dry') throw new Error('expected a dry forecast');
  expect(found.percentPerHour).toBeCloseTo(12);
  expect(found.from).toBeLessThan(found.at);
  expect(found.to).toBeGreaterThan(found.at);
});

test('one odd figure does not bend the estimate', () => {
  const straight = forecast(used([40, 42, 44, 46, 48, 50, 52, 54]), NOW);
  const bent = forecast(used([40, 42, 44, 46.9, 48, 50, 52, 54]), NOW);
  if (straight.kind !== 'dry' || bent.kind !== 'dry') throw new Error('expected dry forecasts');
  expect(Math.abs(bent.at - straight.at)).toBeLessThan(15 * MINUTE);
});

test.each([
  ['no figures', []],
  ['three figures', used([1, 2, 3])],
  [
    'four figures within seconds',
    used([1, 2, 3, 4]).map((sample, index) => ({ ...sample, at: NOW - (4 - index) * 1_000 })),
  ],
  ['a window that has reset since', used([1, 2, 3, 4, 5], -1)],
])('%s are not enough data', (_, samples) => {
  expect(forecast(samples, NOW).kind).toBe('not-enough-data');
});

test('only figures since the last reset count', () => {
  expect(forecast(used([90, 95, 99, 1, 2, 3]), NOW)).toEqual({ kind: 'not-enough-data', samples: 3 });
});

test('a rate too slow for this window lasts until its reset', () => {
  expect(forecast(used([10, 11, 12, 13, 14], 2 * HOUR), NOW)).toMatchObject({ kind: 'lasts', until: NOW + 2 * HOUR });
});

test('a slow end of the band that reaches the reset has no latest instant', () => {
  const found = forecast(used([60, 60, 64, 64, 70, 72, 72], 2.6 * HOUR), NOW);
  expect(found).toMatchObject({ kind: 'dry', to: null });
});

test('a window nobody uses is idle, not "lasting at 0 %"', () => {
  expect(forecast(used([20, 20, 20, 20, 20]), NOW)).toEqual({ kind: 'idle' });
});

test('an instant of emptiness is never in the past', () => {
  const found = forecast(used([80, 85, 90, 95, 100]), NOW + 30 * MINUTE);
  expect(found).toMatchObject({ kind: 'dry', at: NOW + 30 * MINUTE });
});

test('the samples of one window come out of a history, oldest first', () => {
  const window = (limitId: string, usedPercent: number) => ({
    limitId,
    durationMinutes: 300,
    usedPercent,
    resetsAtMs: null,
  });
  const entries = [
    { at: 2, source: 'codex-exec' as const, windows: [window('codex', 20), window('other', 99)] },
    { at: 1, source: 'codex-exec' as const, windows: [window('codex', 10)] },
  ];
  expect(samplesOf(entries, 'codex', 300)).toEqual([
    { at: 1, usedPercent: 10, resetsAtMs: null },
    { at: 2, usedPercent: 20, resetsAtMs: null },
  ]);
});
