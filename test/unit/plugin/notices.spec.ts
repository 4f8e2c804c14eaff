import { describe, expect, it } from 'vitest';

import { TOAST_AGAIN_MS, withoutRepeats } from '../../../plugin/notices.ts';

describe('withoutRepeats', () => {
  it('shows a toast once when a title and its answer move together, and again later', () => {
    const shown: string[] = [];
    const clock = { now: 1_000_000 };
    const notices = withoutRepeats(
      { toast: (variant, message) => shown.push(`${variant} ${message}`), log: () => undefined },
      () => clock.now,
    );
    notices.toast('info', 'Moved');
    notices.toast('info', 'Moved');
    notices.toast('warning', 'Other');
    expect(shown).toEqual(['info Moved', 'warning Other']);
    clock.now += TOAST_AGAIN_MS;
    notices.toast('warning', 'Other');
    expect(shown).toHaveLength(3);
  });

  it('passes every line of the log on', () => {
    const lines: string[] = [];
    const notices = withoutRepeats(
      { toast: () => undefined, log: (_level, message) => lines.push(message) },
      () => 1_000_000,
    );
    notices.log('warn', 'same');
    notices.log('warn', 'same');
    expect(lines).toEqual(['same', 'same']);
  });
});
