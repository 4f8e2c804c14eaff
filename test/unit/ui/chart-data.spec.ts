import { expect, test } from 'vitest';

import { axisTimes, columnsOf } from '../../../ui/charts/chart-data.ts';
import type { Forecast, Sample } from '../../../ui/forecast.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const HOUR = 3_600_000;
const SAMPLES: readonly Sample[] = [
  { at: NOW - HOUR, usedPercent: 40, resetsAtMs: NOW + 10 * HOUR },
  { at: NOW, usedPercent: 60, resetsAtMs: NOW + 10 * HOUR },
];
const DRY: Forecast = {
  kind: 'dry',
  at: NOW + 2 * HOUR,
  from: NOW + HOUR,
  to: NOW + 4 * HOUR,
  percentPerHour: 20,
  band: { slow: 10, fast: 40 },
};

test('without a forecast there are the figures alone', () => {
  const [at, slow, fast, left, middle] = columnsOf(SAMPLES, { kind: 'not-enough-data', samples: 2 });
  expect(at).toEqual([(NOW - HOUR) / 1_000, NOW / 1_000]);
  expect(left).toEqual([60, 40]);
  expect([slow, fast, middle]).toEqual([
    [null, null],
    [null, null],
    [null, null],
  ]);
  expect(columnsOf([], DRY)).toEqual([[], [], [], [], []]);
});

test('a dry forecast begins at the last figure, ends where the slowest rate is empty, and is never below nothing', () => {
  const [at, slow, fast, left, middle] = columnsOf(SAMPLES, DRY);
  expect(at.at(-1)).toBe((NOW + 4 * HOUR) / 1_000);
  expect(new Set([at, slow, fast, left, middle].map((column) => column.length))).toEqual(new Set([at.length]));
  expect([slow[0], slow[1], slow.at(-1)]).toEqual([null, 40, 0]);
  expect([fast[1], fast.at(-1), middle.at(-1)]).toEqual([40, 0, 0]);
  expect(left.slice(2).every((figure) => figure === null)).toBe(true);
  const half = at.indexOf((NOW + 2 * HOUR) / 1_000);
  expect([slow[half], middle[half], fast[half]]).toEqual([20, 0, 0]);
});

test('a window that lasts is drawn ahead as far as it was watched, and not beyond its reset', () => {
  const lasts: Forecast = { kind: 'lasts', until: NOW + HOUR / 2, percentPerHour: 1, band: { slow: 0, fast: 2 } };
  expect(columnsOf(SAMPLES, lasts)[0].at(-1)).toBe((NOW + HOUR / 2) / 1_000);
  expect(columnsOf(SAMPLES, { ...lasts, until: NOW + 90 * HOUR })[0].at(-1)).toBe((NOW + HOUR) / 1_000);
});

test('an axis names hours, the day where one begins, and days alone when its marks are days apart', () => {
  const midnight = new Date(2026, 10, 23).getTime() / 1_000;
  const [night, noon] = axisTimes([midnight, midnight + 12 * 3_600]);
  expect(night).toBe(new Date(2026, 10, 23).toLocaleDateString(undefined, { weekday: 'short' }));
  expect(noon).toMatch(/12/);
  const days = axisTimes([midnight, midnight + 2 * 86_400]);
  expect(days.every((day) => /\d/.test(day))).toBe(true);
  expect(axisTimes([])).toEqual([]);
});
