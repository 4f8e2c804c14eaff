import { describe, expect, it } from 'vitest';

import { createClockWatch } from '../../../worker/clock-watch.ts';

const NOON = Date.UTC(2026, 10, 23, 12);

describe('the watch of the clock', () => {
  it('knows nothing before an answer with a date came', () => {
    const watch = createClockWatch(() => NOON);
    watch.saw(null);
    watch.saw('yesterday or so');
    expect(watch.skew()).toBeNull();
  });

  it('says how far ahead this machine is', () => {
    const watch = createClockWatch(() => NOON + 90_500);
    watch.saw(new Date(NOON).toUTCString());
    expect(watch.skew()).toEqual({ skewMs: 90_000, at: new Date(NOON + 90_500).toISOString() });
  });
});
