import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { type Action, actionsOf } from './actions.ts';
import { type Bench, openBench } from './bench.ts';
import { openJournal, readJournal } from './journal.ts';
import { elapsedOf, firstDue, HOUR_MS, MINUTE_MS } from './schedule.ts';
import { evidenceOf, summarise, type Summary } from './summary.ts';
import { traffic } from './traffic.ts';
import { createWatch } from './watch.ts';

/** How a soak is run. Shape: `directory` keeps the artefacts and the home; one that a soak was cut off in is gone on with. */
export interface SoakOptions {
  readonly directory: string;
  readonly hours: number;
  readonly perSecond: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Default: everything that can happen to oma. */
  readonly actions?: readonly Action[];
  /** Where oma lives; default: in the directory. */
  readonly home?: string;
  /** Done before the traffic begins. */
  readonly prepare?: (bench: Bench) => Promise<void>;
}

const TICK_MS = 1_000;

/** Soaks until the time is over or the signal says stop; every line is on disk when it has happened. */
export async function soak(options: SoakOptions): Promise<Summary> {
  const { directory, hours, perSecond, seed, signal, actions = actionsOf(hours) } = options;
  const file = join(directory, 'journal.jsonl');
  const before = readJournal(file);
  const soakedMs = elapsedOf(before);
  const journal = openJournal(file);
  journal.add({ kind: 'start', atMs: Date.now(), elapsedMs: soakedMs, hours, seed });
  const home = options.home ?? join(directory, 'home');
  const bench = await openBench(home, { hours, seed: seed + before.length, journal });
  await options.prepare?.(bench);
  const ending = new AbortController();
  const sending = traffic(bench, perSecond, ending.signal);
  try {
    await actUntilOver(bench, { actions, soakedMs, signal });
  } finally {
    ending.abort();
    await sending;
    await bench.end();
  }
  return writeSummary(directory);
}

/** Sums up what stands in a directory, and leaves it there as summary.json, and as the evidence that `npm run slo` reads. */
export async function writeSummary(directory: string): Promise<Summary> {
  const summary = summarise(readJournal(join(directory, 'journal.jsonl')));
  const write = (name: string, value: object) =>
    writeFile(join(directory, name), `${JSON.stringify(value, null, 2)}\n`);
  await write('summary.json', summary);
  await write('evidence.json', evidenceOf(summary));
  return summary;
}

/** Actions run one after the other, so that a sample or a probe is never taken in the middle of a kill. */
async function actUntilOver(
  bench: Bench,
  { actions, soakedMs, signal }: Pick<Required<SoakOptions>, 'actions' | 'signal'> & { readonly soakedMs: number },
): Promise<void> {
  const startedAt = performance.now();
  const elapsed = (): number => soakedMs + performance.now() - startedAt;
  const due = new Map(actions.map((action) => [action, firstDue(action, soakedMs)]));
  const watch = createWatch(bench);
  let nextSample = soakedMs;
  while (elapsed() < bench.hours * HOUR_MS && !signal.aborted) {
    if (elapsed() >= nextSample) {
      nextSample = elapsed() + MINUTE_MS;
      await attempt(bench, 'sample', () => watch(elapsed()));
    }
    for (const [action, atMs] of due) {
      if (elapsed() < atMs) continue;
      due.set(action, action.everyMinutes === null ? Infinity : atMs + action.everyMinutes * MINUTE_MS);
      await attempt(bench, action.name, () => action.run(bench));
    }
    await sleep(TICK_MS, undefined, { signal }).catch(() => undefined);
  }
  await attempt(bench, 'sample', () => watch(elapsed()));
}

async function attempt(bench: Bench, name: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    bench.violation(`${name} did not work`, error instanceof Error ? error.message : String(error));
  }
}
