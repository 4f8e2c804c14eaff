import { expect, test } from 'vitest';

import { age, duration } from '../../../contract/duration.ts';

test.each([
  [0, '0 s'],
  [-5, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_600_000, '1 h'],
  [8_040_000, '2 h 14 min'],
  [86_400_000, '1 d'],
  [273_600_000, '3 d 4 h'],
])('%d ms are %s', (ms, words) => {
  expect(duration(ms)).toBe(words);
});

test('what was a moment ago is just now', () => {
  expect([age(0), age(300_000)]).toEqual(['just now', '5 min ago']);
});
