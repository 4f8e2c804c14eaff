import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { QUIET_ACTIONS } from '../soak/actions.ts';
import { type Bench, SHAKY, STEADY } from '../soak/bench.ts';
import { soak } from '../soak/soak.ts';
import type { Summary } from '../soak/summary.ts';
import type { Phase } from '../support/evidence.ts';
import { succeeded } from '../support/installed-oma.ts';
import { objections } from './criteria.ts';

/** A phase of the promotion: how accounts are chosen in it and for how long. */
export interface PhasePlan {
  readonly name: Phase['name'];
  readonly strategy: Phase['strategy'];
  /** Weight of each account; equal ones are no weights. */
  readonly weights: Readonly<Record<string, number>>;
  readonly hours: number;
}

export interface Promotion {
  readonly directory: string;
  readonly perSecond: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

const EQUAL = Object.fromEntries([STEADY, ...SHAKY].map((alias) => [alias, 1]));
const WEIGHTED = { [STEADY]: 0.8, b: 0.6, c: 0.4, d: 0.2 };
/** The promotion as it is meant: a day, a day, three days. */
export const PHASES: readonly PhasePlan[] = [
  { name: 'canary', strategy: 'round-robin', weights: EQUAL, hours: 24 },
  { name: 'weighted', strategy: 'weighted-round-robin', weights: WEIGHTED, hours: 24 },
  { name: 'watch', strategy: 'weighted-round-robin', weights: WEIGHTED, hours: 72 },
];
/** A short answer of a model, so that what oma adds is compared with what people wait for. */
const ANSWER = { firstByteDelayMs: 300, chunkDelayMs: 50 };

/** Goes through the phases in the same home, and stops at the first that has an objection. */
export async function promote(plans: readonly PhasePlan[], promotion: Promotion): Promise<readonly Phase[]> {
  const done: Phase[] = [];
  for (const plan of plans) {
    const phase = await runPhase(plan, promotion);
    done.push(phase);
    if (phase.problems.length > 0) break;
  }
  return done;
}

async function runPhase(plan: PhasePlan, { directory, perSecond, seed, signal }: Promotion): Promise<Phase> {
  const own = join(directory, plan.name);
  await mkdir(own, { recursive: true });
  const summary = await soak({
    directory: own,
    home: join(directory, 'home'),
    hours: plan.hours,
    perSecond,
    seed,
    signal,
    actions: QUIET_ACTIONS,
    prepare: (bench) => enable(bench, plan),
  });
  return phaseOf(plan, summary);
}

/** Each plugin asks once before anything is measured: it connects once in the life of an OpenCode, not with every request. */
async function enable({ oma, simulator, hosts }: Bench, { strategy, weights }: PhasePlan): Promise<void> {
  simulator.control.setSettings(ANSWER);
  const pairs = Object.entries(weights).map(([alias, weight]) => `${alias}=${String(weight)}`);
  succeeded(await oma.oma('settings', 'set', 'rotationStrategy', strategy), 'oma settings set');
  succeeded(await oma.oma('settings', 'set', 'accountWeights', ...pairs), 'oma settings set');
  await Promise.all([hosts.node.ask(), hosts.bun.ask()]);
}

function phaseOf({ name, strategy, weights, hours }: PhasePlan, summary: Summary): Phase {
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
  const expectedShare = Object.fromEntries(
    Object.entries(weights).map(([alias, weight]) => [alias, Math.round((weight / sum) * 1_000) / 1_000]),
  );
  return {
    name,
    strategy,
    hoursAsked: hours,
    hours: summary.hoursSoaked,
    requests: summary.requests.total,
    failed: summary.requests.failed,
    successRate: summary.requests.successRate,
    latencyMs: summary.requests.latencyMs,
    directLatencyMs: summary.direct.latencyMs,
    p95Ratio: summary.p95Ratio,
    served: summary.served,
    expectedShare,
    problems: [...objections(summary, expectedShare)],
  };
}
