import { expect, test } from 'vitest';

import type { Columns } from '../../../ui/charts/chart-data.ts';
import { movedBy, readingAt } from '../../../ui/charts/chart-reading.ts';
import { clockTime } from '../../../ui/format.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const HOUR = 3_600_000;
const COLUMNS: Columns = [
  [NOW, NOW + HOUR, NOW + 2 * HOUR].map((at) => at / 1_000),
  [40, 30, 0],
  [40, 10, 0],
  [40, null, null],
  [40, 20.4, 0],
];

test('a probed figure is said as it is, a coming one as an estimate with its bounds', () => {
  expect([0, 1, 2].map((index) => readingAt(COLUMNS, index, NOW))).toEqual([
    `40 % left at ${clockTime(NOW, NOW)}`,
    `estimate: 20 % left at ${clockTime(NOW + HOUR, NOW)} (10 % to 30 %)`,
    `estimate: 0 % left at ${clockTime(NOW + 2 * HOUR, NOW)}`,
  ]);
});

test('the arrow keys stop at both ends, and other keys move nothing', () => {
  expect(['ArrowLeft', 'ArrowRight', 'Home', 'End', 'Tab'].map((key) => movedBy(key, 1, 3))).toEqual([
    0,
    2,
    0,
    2,
    null,
  ]);
  expect([movedBy('ArrowLeft', 0, 3), movedBy('ArrowRight', 2, 3)]).toEqual([0, 2]);
});
