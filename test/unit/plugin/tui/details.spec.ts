import { describe, expect, it } from 'vitest';

import { detailsText } from '../../../../plugin/tui/details.ts';
import { account, at } from '../../cli/samples.ts';
import { LOOK, window, WORK } from './samples.ts';

describe('the details of an account', () => {
  it('[C.L5.4] tell every window with its source and age', () => {
    const own = window('five-hour', 40, { limitId: 'spark', limitName: 'Spark' });
    expect(detailsText({ ...WORK, active: true, windows: [...WORK.windows, own] }, LOOK)).toBe(
      [
        'work can serve, codex uses it.',
        '',
        '5 h 62 % left, resets in 2 h 10 min',
        'week 90 % left, resets in 2 h 10 min',
        'Spark: 5 h 40 % left, resets in 2 h 10 min',
        'Read 2 min ago by usage-endpoint: fresh.',
      ].join('\n'),
    );
  });

  it('[C.L5.1] [C.L5.3] tell an unknown figure as unknown with its last value, and why the last probe failed', () => {
    const failed = account({
      windows: [window('weekly', null, { lastKnownUsedPercent: 45.5 })],
      ...{ limitsConfidence: 'unknown', limitError: 'ann@example.com was refused.', lastLimitErrorAt: at(-1) },
      lastLimitProbeAt: at(-90),
    });
    expect(detailsText(failed, LOOK)).toBe(
      [
        'work can serve.',
        '',
        'week unknown (was 54 % left)',
        'Read 1 h 30 min ago by usage-endpoint: unknown.',
        'The last probe failed 1 min ago: a…@e… was refused.',
      ].join('\n'),
    );
    expect(detailsText(account({ lastLimitProbeAt: null }), LOOK)).toMatch(/\nLimits unknown\nNo probe has succeeded/);
  });

  it('tell who switched it off and why, and what its login lacks', () => {
    const off = account({
      ...{ enabled: false, eligible: false, disabledAt: at(-4), disabledBy: 'tui', disableReason: 'lent' },
      blockers: [{ code: 'disabled', until: null, detail: null }],
      ...{ auth: 'needs-login', authReason: 'The provider revoked it.' },
    });
    expect(detailsText(off, LOOK).split('\n').slice(0, 3)).toEqual([
      'work is switched off (lent).',
      'Switched off 4 min ago by tui.',
      'Its login: The provider revoked it.',
    ]);
  });
});
