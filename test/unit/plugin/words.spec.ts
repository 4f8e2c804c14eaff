import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { blockerCodeSchema } from '../../../contract/account.ts';
import { outcomeKindSchema } from '../../../contract/failure.ts';
import { becauseText, spanText, timesInWords, whenText } from '../../../plugin/words.ts';

const NOON = new Date(2026, 10, 23, 12, 0, 0).getTime();
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('spanText', () => {
  it.each([
    [0, '1 s'],
    [1_001, '2 s'],
    [59_000, '59 s'],
    [59_001, '1 min'],
    [MINUTE_MS, '1 min'],
    [12 * MINUTE_MS - 1, '12 min'],
    [HOUR_MS - 1, '1 h 0 min'],
    [HOUR_MS, '1 h 0 min'],
    [24 * HOUR_MS - 1, '1 d 0 h'],
    [500 * MINUTE_MS, '8 h 20 min'],
    [52 * HOUR_MS, '2 d 4 h'],
    [35 * 24 * HOUR_MS, '35 d 0 h'],
  ])('says %i ms as %s', (ms, text) => {
    expect(spanText(ms)).toBe(text);
  });

  it('never writes three digits in a row, so that no span looks like a status', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 36 * 24 * HOUR_MS }), (ms) => !/\d{3}/.test(spanText(ms))));
  });
});

describe('timesInWords', () => {
  it('puts every instant of a text in words, and nothing else', () => {
    const [soon, later] = [NOON + 12 * MINUTE_MS, NOON + HOUR_MS].map((at) => new Date(at).toISOString());
    expect(timesInWords(`Back at ${soon ?? ''}. The 2nd at ${later ?? ''}.`, NOON)).toBe(
      'Back at 12:12 (in 12 min). The 2nd at 13:00 (in 1 h 0 min).',
    );
    expect(timesInWords('None comes back by itself.', NOON)).toBe('None comes back by itself.');
  });
});

describe('whenText', () => {
  it('says the local time, and the day if that is not today', () => {
    expect(whenText(NOON + 12 * MINUTE_MS, NOON)).toBe('at 12:12 (in 12 min)');
    expect(whenText(NOON + 20 * HOUR_MS + 4 * MINUTE_MS, NOON)).toBe('at 24 Nov, 08:04 (in 20 h 4 min)');
  });
});

describe('becauseText', () => {
  it('has words for every failure and every blocker', () => {
    const codes = [...outcomeKindSchema.options.filter((kind) => kind !== 'success'), ...blockerCodeSchema.options];
    for (const code of codes) expect(becauseText(code)).not.toBe(becauseText(null));
  });

  it('explains an error of the supervisor and admits what it does not know', () => {
    expect(becauseText('REFRESH_REJECTED')).toBe('could not be used (The provider no longer accepts this login)');
    expect(becauseText('whatever')).toBe('cannot serve now');
    expect(becauseText('constructor')).toBe('cannot serve now');
  });
});
