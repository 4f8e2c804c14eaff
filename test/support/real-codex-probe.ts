import { execFileSync } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, vi } from 'vitest';

import type { ProbeReport } from '../../contract/limits.ts';
import { PATIENCE } from './patience.ts';
import {
  type Belief,
  type BenchOptions,
  createBelief,
  type ProbeBench,
  type ProbeParams,
  simulatedLogin,
  useProbeBench,
} from './probe-bench.ts';
import { codexBinary } from './real-codex.ts';
import { type Simulator, useSimulator } from './simulator.ts';

/** A model that the simulated backend serves. */
export const MODEL = 'gpt-5.5';

/** What was known before: figures that no simulated backend ever gives. */
export const KNOWN: ProbeReport = {
  kind: 'complete',
  source: 'usage-endpoint',
  model: null,
  effort: null,
  codexVersion: null,
  sessionFile: null,
  attempts: [],
  observedAtMs: 1_795_000_000_000,
  planType: 'plus',
  windows: [
    { limitId: 'codex', limitName: null, durationMinutes: 300, usedPercent: 77.7, resetsAtMs: 1_795_010_000_000 },
    { limitId: 'codex', limitName: null, durationMinutes: 10_080, usedPercent: 55.5, resetsAtMs: 1_795_500_000_000 },
  ],
};

interface SetUp {
  readonly simulator: Simulator;
  readonly bench: ProbeBench;
  readonly belief: Belief;
  probe: (params: Partial<ProbeParams>) => Promise<ProbeReport>;
}

/** The real codex, a simulated backend and one account, at work. */
export async function setUp(options: BenchOptions = {}): Promise<SetUp> {
  const simulator = await useSimulator({ seats: 1 });
  const bench = await useProbeBench(options);
  const login = simulatedLogin(simulator, 'work');
  return {
    simulator,
    bench,
    belief: createBelief(),
    probe: (params) => bench.probe({ ...login, codexBin: codexBinary(), models: [MODEL], ...params }),
  };
}

/** Process ids of every codex that runs in a home of this bench. */
export function codexProcesses({ homesDir }: ProbeBench): readonly number[] {
  const list = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
  return list
    .split('\n')
    .filter((line) => line.includes(homesDir) && /^\s*\d+ \S*\/codex exec /.test(line))
    .map((line) => Number.parseInt(line, 10));
}

/** How many homes of this bench hold a login now. */
export async function loginsIn({ homesDir }: ProbeBench): Promise<number> {
  const homes = await readdir(homesDir).catch(() => []);
  const files = await Promise.all(
    homes.map((home) => stat(join(homesDir, home, '.codex', 'auth.json')).catch(() => null)),
  );
  return files.filter((file) => file !== null).length;
}

/** Waits until no home holds a login. */
export async function expectNoLogin(bench: ProbeBench): Promise<void> {
  await vi.waitFor(async () => expect(await loginsIn(bench)).toBe(0), PATIENCE);
}
