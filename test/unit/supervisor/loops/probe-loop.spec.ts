import { describe, expect, it } from 'vitest';

import { startProbeLoop } from '../../../../supervisor/loops/probe-loop.ts';
import type { Context } from '../../../../supervisor/operations/context.ts';
import type { Probes } from '../../../../supervisor/operations/probes.ts';
import { HOUR, MINUTE, NOON, settingsWith, stateWith } from '../../../support/state.ts';

describe('the schedule of probes', () => {
  it('goes on when the clock is set back: nothing waits longer than the longest pause', async () => {
    let now = NOON;
    const due: (() => void)[] = [];
    const probed: number[] = [];
    const context = {
      store: { read: () => stateWith('a') },
      settings: { effective: () => ({ settings: settingsWith({ probeIntervalMinutes: 15 }) }) },
      now: () => now,
      later: (_: number, callback: () => void) => {
        due.push(callback);
        return () => undefined;
      },
    } as unknown as Context;
    const probes = { inBackground: () => Promise.resolve(void probed.push(now)) } as unknown as Probes;
    const stop = startProbeLoop({ context, probes, random: () => 0 });
    const turn = async (at: number): Promise<void> => {
      now = at;
      due.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    };
    await turn(NOON);
    await turn(NOON + MINUTE);
    await turn(NOON - 48 * HOUR);
    await turn(NOON - 48 * HOUR + MINUTE);
    stop();
    expect(probed).toEqual([NOON, NOON - 48 * HOUR]);
  });
});
