import type { FaultInput } from '../../cli/simulator/faults.ts';
import type { ForceView } from '../../contract/force.ts';
import type { ProbeRunView } from '../../contract/probe.ts';
import { until } from '../support/until.ts';
import { type Bench, SHAKY, STEADY, storedLimits } from './bench.ts';
import { cutRequest, realPrompt } from './traffic.ts';

/** Something done to oma while the traffic goes on: `everyMinutes` from `firstMinute` on. */
export interface Action {
  readonly name: string;
  readonly firstMinute: number;
  /** null: once. */
  readonly everyMinutes: number | null;
  run: (bench: Bench) => Promise<void>;
}

const HOUR_MINUTES = 60;
/** A soak of at least so many hours waits for a force to end by itself. */
const REAL_EXPIRY_HOURS = 26;

/** What is done in a soak of so many hours. */
export function actionsOf(hours: number): readonly Action[] {
  const minutes = hours * HOUR_MINUTES;
  // A few lives of the supervisor, each long enough to see whether it grows.
  const killEvery = Math.min(6 * HOUR_MINUTES, Math.max(1, minutes / 4));
  const once = (name: string, share: number, run: Action['run']): Action => ({
    name,
    firstMinute: minutes * share,
    everyMinutes: null,
    run,
  });
  return [
    { name: 'fault', firstMinute: 1, everyMinutes: 1, run: upstreamFault },
    { name: 'cut', firstMinute: 2.3, everyMinutes: 5, run: cutRequest },
    { name: 'prompt', firstMinute: 0.2, everyMinutes: 10, run: realPrompt },
    { name: 'disable', firstMinute: 3.5, everyMinutes: 7, run: disable },
    { name: 'enable', firstMinute: 5.5, everyMinutes: 7, run: enable },
    { name: 'failing-probe', firstMinute: 4.2, everyMinutes: 9, run: failingProbe },
    { name: 'probe', firstMinute: 6.7, everyMinutes: 9, run: goodProbe },
    { name: 'kill', firstMinute: killEvery - 0.4, everyMinutes: killEvery, run: kill },
    { name: 'store-check', firstMinute: 8.1, everyMinutes: 10, run: storeCheck },
    once('force', 0.03, force),
    once('force-clear', 0.06, clearForce),
    once('force-again', 0.1, force),
    ...(hours >= REAL_EXPIRY_HOURS ? [] : [once('force-clear', 0.15, clearForce)]),
  ];
}

/** What is done in a canary: what a user does, and nothing that hurts. */
export const QUIET_ACTIONS: readonly Action[] = [
  { name: 'prompt', firstMinute: 0.1, everyMinutes: 30, run: realPrompt },
  { name: 'probe', firstMinute: 0.5, everyMinutes: 30, run: goodProbe },
  { name: 'store-check', firstMinute: 1, everyMinutes: 10, run: storeCheck },
];

/** Faults that oma must hide; the alias is chosen by lot among those that may be blamed. */
const FAULTS: readonly FaultInput[] = [
  { kind: 'usage-limit', resetsInSeconds: 45 },
  { kind: 'rate-limit-retry-after', retryAfterSeconds: 30 },
  { kind: 'rate-limit-bare' },
  { kind: 'token-expired' },
  { kind: 'token-invalidated' },
  { kind: 'workspace-deactivated' },
  { kind: 'forbidden' },
  { kind: 'server-error' },
  { kind: 'bad-gateway', times: 2 },
  { kind: 'overloaded' },
  { kind: 'reset-before-headers' },
  { kind: 'cut-before-first-byte' },
  { kind: 'slow', delayMs: 2_000 },
  { kind: 'server-error', endpoint: 'token' },
  { kind: 'server-error', endpoint: 'usage', times: 2 },
];

function upstreamFault({ simulator, fault, random, event }: Bench): Promise<void> {
  const expired = random() < 0.25;
  const alias = expired ? one([STEADY, ...SHAKY], random) : one(SHAKY, random);
  const chosen = one(FAULTS, random);
  if (expired) simulator.control.expireAccess(alias);
  else fault({ ...chosen, alias });
  event('fault', `${expired ? 'access tokens end' : `${chosen.kind} ${chosen.endpoint ?? ''}`} ${alias}`);
  return Promise.resolve();
}

async function disable({ oma, event }: Bench): Promise<void> {
  const { code, stderr } = await oma.oma('disable', 'd', '--reason', 'soak');
  event(code === 0 ? 'disabled' : 'not-disabled', stderr.trim());
}

async function enable({ oma, event }: Bench): Promise<void> {
  const { code, stderr } = await oma.oma('enable', 'd');
  event(code === 0 ? 'enabled' : 'not-enabled', stderr.trim());
}

async function force({ oma, event, violation }: Bench): Promise<void> {
  const before = await oma.json<ForceView>('force');
  const view = await oma.json<ForceView>('force', STEADY);
  event('force-activated', `${STEADY} until ${String(view.forcedUntil)}, before it ${view.rotationStrategy}`);
  if (view.forcedAlias !== STEADY) violation('the force was not taken', JSON.stringify({ before, view }));
}

async function clearForce({ oma, event, violation }: Bench): Promise<void> {
  const view = await oma.json<ForceView>('force', '--clear');
  event('force-cleared', `back to ${view.rotationStrategy}`);
  if (view.active || view.rotationStrategy !== 'round-robin')
    violation('clearing the force did not bring the strategy back', JSON.stringify(view));
}

/** Every source of this account fails; what is stored must stay as it was, to the byte. */
async function failingProbe({ oma, simulator, fault, event, violation }: Bench): Promise<void> {
  const alias = 'c';
  const models = ['gpt-5.3-codex', 'gpt-5.5', 'gpt-5.4'];
  for (const model of models) fault({ kind: 'server-error', alias, model, times: 20 });
  fault({ kind: 'server-error', alias, endpoint: 'usage', times: 20 });
  const before = storedLimits(oma, alias);
  const run = await oma.json<ProbeRunView>('probe', alias);
  const after = storedLimits(oma, alias);
  simulator.control.clearFaults();
  const state = run.items[0]?.state;
  event('failing-probe', `${String(state)}: ${run.items[0]?.message ?? ''}`.slice(0, 200));
  if (state === 'error' && after.windows !== before.windows)
    violation('a failed probe changed limits', JSON.stringify({ before, after }));
}

async function goodProbe({ oma, event }: Bench): Promise<void> {
  const run = await oma.json<ProbeRunView>('probe', STEADY, 'b');
  for (const { alias, state, source } of run.items) event(`probe-${state}`, `${alias} by ${String(source)}`);
}

async function kill({ oma, random, event }: Bench): Promise<void> {
  const signal = random() < 0.7 ? 'SIGKILL' : 'SIGTERM';
  const pid = await oma.killSupervisor(signal);
  event('supervisor-killed', `${String(pid)} ${signal}`);
  const again = async (): Promise<boolean> => {
    const { code, stdout } = await oma.oma('status', '--json');
    return code === 0 && (JSON.parse(stdout) as { pid: number }).pid !== pid;
  };
  await until(again, { deadlineMs: 60_000, what: 'a supervisor that the plugin started' });
  event('supervisor-back', String((await oma.status()).pid));
}

async function storeCheck({ oma, event, violation }: Bench): Promise<void> {
  const { code, stdout } = await oma.oma('store', 'check', '--json');
  event('store-checked', stdout.replaceAll(oma.root, '').replaceAll('\n', ' ').slice(0, 200));
  if (code !== 0) violation('the store has problems', stdout);
  if (/nobody foresaw/.test(oma.log())) violation('an exception nobody foresaw', 'see the log');
}

function one<T>(list: readonly [T, ...T[]] | readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)] as T;
}
