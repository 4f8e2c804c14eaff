import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it, vi } from 'vitest';

import { fakeCodex } from '../../support/fake-codex.ts';
import { PATIENCE } from '../../support/patience.ts';
import { callContext, type ProbeBench, useProbeBench } from '../../support/probe-bench.ts';

const SEATS = ['abcdef01', 'abcdef02', 'abcdef03', 'abcdef04'] as const;

describe('probes that wait for their turn', () => {
  it('run two at a time, and those that wait never run when the runner ends', async () => {
    const { bench, probes, ran } = await fourProbes();
    await vi.waitFor(async () => expect(await ran()).toBe(2), PATIENCE);
    await bench.runner.close();
    expect((await probes).map((report) => report.kind === 'failed' && report.code)).toEqual([
      'CANCELLED',
      'CANCELLED',
      'CANCELLED',
      'CANCELLED',
    ]);
    expect(await ran()).toBe(2);
  });

  it('can be cancelled before they run', async () => {
    const { bench, probes, ran } = await fourProbes();
    await vi.waitFor(async () => expect(await ran()).toBe(2), PATIENCE);
    const cancel = async (probeId: string) => bench.runner.handlers['probe.cancel']({ probeId }, callContext());
    await Promise.all(['probe-1', 'probe-4'].map(cancel));
    await vi.waitFor(async () => expect(await ran()).toBe(3), PATIENCE);
    await Promise.all(['probe-2', 'probe-3'].map(cancel));
    expect((await probes).map(({ kind }) => kind)).toEqual(['failed', 'failed', 'failed', 'failed']);
    expect(await ran()).toBe(3);
  });
});

async function fourProbes() {
  const bench: ProbeBench = await useProbeBench();
  const codexBin = await fakeCodex(join(bench.root, 'codex'), { exec: 'echo ran >> "$HOME/../../ran"; sleep 60' });
  const probes = Promise.all(SEATS.map((seat) => bench.probe({ codexBin, seat })));
  const ran = async () => (await readFile(join(bench.root, 'ran'), 'utf8').catch(() => '')).split('\n').length - 1;
  return { bench, probes, ran };
}
