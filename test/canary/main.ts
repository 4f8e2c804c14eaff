// `npm run canary`: the phases of docs/PROMOTION.md one after the other, with a verdict after each. `--hours 24,24,72` are their lengths.
import { join, resolve } from 'node:path';

import { readArguments } from '../support/arguments.ts';
import { canarySchema, thisRun, writeEvidence } from '../support/evidence.ts';
import { PHASES, promote } from './phases.ts';

const values = readArguments({
  hours: { type: 'string', default: PHASES.map(({ hours }) => hours).join(',') },
  directory: { type: 'string', default: 'reports/canary' },
  'per-second': { type: 'string', default: '1' },
  seed: { type: 'string', default: '1' },
  evidence: { type: 'string' },
});
const hours = values.hours.split(',').map(Number);
const directory = resolve(values.directory);
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

const run = thisRun();
const plans = PHASES.map((phase, index) => ({ ...phase, hours: hours[index] ?? phase.hours }));
const phases = await promote(plans, {
  directory,
  perSecond: Number(values['per-second']),
  seed: Number(values.seed),
  signal: stop.signal,
});
const go = phases.length === plans.length && phases.every(({ problems }) => problems.length === 0);
const isRehearsal = plans.some((plan, index) => plan.hours < (PHASES[index]?.hours ?? 0));
const file = resolve(values.evidence ?? join(directory, 'canary.json'));
await writeEvidence(file, canarySchema, { kind: 'canary', run, isRehearsal, go, phases: [...phases] });
for (const { name, requests, successRate, p95Ratio, problems } of phases) {
  process.stdout.write(
    `${name}: ${requests} requests, success ${String(successRate)}, p95 ratio ${String(p95Ratio)}\n`,
  );
  for (const problem of problems) process.stdout.write(`  ${problem}\n`);
}
process.stdout.write(
  `${go ? 'go' : 'NO GO'}${isRehearsal ? ' (a rehearsal: shorter than the promotion)' : ''}: ${file}\n`,
);
process.exitCode = go ? 0 : 1;
