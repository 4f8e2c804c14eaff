import { beforeAll, describe, expect, it } from 'vitest';

import type { OutcomeKind } from '../../contract/failure.ts';
import type { Lease } from '../../contract/lease.ts';
import { addAccount } from '../../supervisor/core/accounts.ts';
import { startLoops } from '../../supervisor/loops.ts';
import { checkStoreFile } from '../../supervisor/store/check.ts';
import { composeForTest, type Supervised } from '../support/composed.ts';
import { growth, type Memory, memoryMeter } from '../support/memory.ts';
import { type ProviderModel, providerModel } from '../support/provider-model.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { sized } from '../support/size.ts';
import { NOON, outcome, SECOND } from '../support/state.ts';
import { type VirtualTime, virtualTime } from '../support/virtual-time.ts';

const HOURS = 48;
/** Seconds between two requests: all of the 172,800, or every tenth. */
const STEP_S = sized({ full: 1, rehearsal: 10 });
const REQUESTS = (HOURS * 3_600) / STEP_S;
const ALIASES = ['a', 'b', 'c', 'd'];
const SESSIONS = 20;
const SEED = 48;
const MIB = 1_048_576;

/** What 48 hours with a request a second amounted to. */
interface Soaked {
  failed: number;
  readonly served: Record<string, number>;
  readonly force: string[];
  readonly strayedFromForce: string[];
  readonly limitsChangedWithoutProbe: string[];
  readonly memory: Memory[];
  restarts: number;
  problems: readonly unknown[];
  provider: ProviderModel;
  needsLogin: readonly string[];
}

interface SeenLimits {
  readonly lastProbeAt: number | null;
  readonly windows: string;
}

let soaked: Soaked;

/** The supervisor of the moment, which a restart replaces. */
interface Bench {
  oma: Supervised;
  stopLoops: () => Promise<void>;
  readonly time: VirtualTime;
  readonly provider: ProviderModel;
  readonly random: () => number;
  /** The limits of each account a minute ago. */
  readonly seen: Map<string, SeenLimits>;
}

describe('48 hours under a virtual clock: a request every second (or every tenth), faults, toggles, probes, refreshes, restarts and a force', () => {
  beforeAll(async () => {
    const bench = await openBench();
    soaked = await soak(bench);
    await bench.stopLoops();
    await bench.oma.close();
  });

  it('[H.T.32] [I.L6.7] serves every request and leaves a sound store', () => {
    expect(soaked).toMatchObject({ failed: 0, problems: [], needsLogin: [], restarts: 7 });
    expect(Object.values(soaked.served).reduce((sum, count) => sum + count, 0)).toBe(REQUESTS);
  });

  it('[H.T.33] never gets stuck: each account serves its part in the hours without a force', () => {
    // 24 of 48 hours belong to the forced account; the others share the rest, less what they were disabled or cooling.
    for (const alias of ALIASES)
      expect(soaked.served[alias], JSON.stringify(soaked.served)).toBeGreaterThan(REQUESTS / 2 / ALIASES.length / 2);
  });

  it('[E.L7.5] [H.T.34] sees a whole force: activated, used for every request, over after exactly 24 hours, the strategy restored', () => {
    expect(soaked.force).toEqual(['activated at 1 h', 'active at 24 h', 'over at 25 h: round-robin']);
    expect(soaked.strayedFromForce).toEqual([]);
  });

  it('[H.T.40] lets no failed probe change limits, and no login go: each refresh token is spent once', () => {
    expect(soaked.limitsChangedWithoutProbe).toEqual([]);
    const { probes, refreshes } = soaked.provider;
    expect(probes.failed).toBeGreaterThan(100);
    expect(probes.completed).toBeGreaterThan(200);
    expect(refreshes.granted).toBeGreaterThan(HOURS * ALIASES.length * 0.9);
    expect(refreshes).toMatchObject({ reused: 0, other: 0 });
  });

  it('[H.T.33] does not grow: neither the heap nor the process, after the first fifth', () => {
    const grown = {
      heap: growth(soaked.memory.map(({ heap }) => heap)),
      rss: growth(soaked.memory.map((one) => one.rss)),
    };
    expect(grown.heap / MIB, JSON.stringify(soaked.memory)).toBeLessThan(6);
    // A young process takes memory from the system in steps, used or not; a leak of 1 KiB a request would be 170 MiB.
    expect(grown.rss / MIB, JSON.stringify(soaked.memory)).toBeLessThan(128);
  });
});

async function openBench(): Promise<Bench> {
  const time = virtualTime(NOON);
  const random = seededRandom(SEED);
  const provider = providerModel({
    aliases: ALIASES,
    ttlSeconds: 3_600,
    now: () => time.clock.now,
    probeFails: () => random() < 0.3,
  });
  const oma = await composeForTest({
    time,
    forgets: true,
    worker: provider.worker,
    environment: { probeBackgroundSources: ['usage-endpoint'] },
  });
  for (const alias of ALIASES)
    await oma.store.transact('test', (state, now) => addAccount(state, provider.login(alias), now), 'before-reply');
  return { oma, time, provider, random, seen: new Map(), stopLoops: loopsOf(oma, random) };
}

/** The loops of the real supervisor; the directory, which stays, stands for the socket that the composed one has not. */
function loopsOf({ context, composed, settings, directory }: Supervised, random: () => number): () => Promise<void> {
  const socketLost = (): void => {
    throw new Error('the directory is gone');
  };
  const loops = { context, operations: composed, configFile: null, settings, random, socketLost };
  return startLoops({ ...loops, socketPath: directory }).stop;
}

async function soak(bench: Bench): Promise<Soaked> {
  const measure = memoryMeter();
  const soaked: Soaked = {
    failed: 0,
    served: {},
    force: [],
    strayedFromForce: [],
    limitsChangedWithoutProbe: [],
    memory: [],
    restarts: 0,
    problems: [],
    provider: bench.provider,
    needsLogin: [],
  };
  for (let second = 0; second < HOURS * 3_600; second += STEP_S) {
    if (second % 60 === 0) await everyMinute(bench, soaked, second / 60);
    if (second % 3_600 === 0) await everyHour(bench, soaked, second / 3_600);
    const alias = await request(bench, second);
    if (alias === null) soaked.failed += 1;
    else soaked.served[alias] = (soaked.served[alias] ?? 0) + 1;
    const forced = bench.oma.store.read().force?.forcedAlias;
    if (forced !== undefined && alias !== forced)
      soaked.strayedFromForce.push(`${String(alias)} at ${String(second)} s`);
    if (second % 3_600 === 0) soaked.memory.push(measure());
    await bench.time.advance(STEP_S * SECOND);
  }
  await bench.oma.store.settled();
  soaked.needsLogin = bench.oma.composed.status().accounts.needsLogin;
  soaked.problems = (await checkStoreFile(bench.oma.store.status().file, null)).problems;
  return soaked;
}

/** Sends one request as the plugin would: at most three attempts, a refused token is renewed once. Answers who served it. */
async function request({ oma, provider, random }: Bench, second: number): Promise<string | null> {
  const exclude: string[] = [];
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const params = {
      requestId: `r${String(second)}`,
      sessionId: `s${String((second / STEP_S) % SESSIONS)}-${String(Math.floor(second / 1_200))}`,
      rootSessionId: null,
      model: 'gpt-5.5',
      attempt,
      exclude,
    };
    let lease = (await oma.call('lease.acquire', params)) as Lease;
    if (!provider.serves(lease.accessToken))
      lease = (await oma.call('lease.refresh', { leaseId: lease.leaseId })) as Lease;
    const kind = outcomeOf(lease, { oma, provider, random });
    await oma.call('lease.report', { leaseId: lease.leaseId, outcome: outcome(kind) });
    if (kind === 'success') return lease.alias;
    exclude.push(lease.alias);
  }
  return null;
}

/** One answer in five hundred blames the account, except the forced one: only time shall end the force. */
function outcomeOf(
  { alias, accessToken }: Lease,
  { oma, provider, random }: Pick<Bench, 'oma' | 'provider' | 'random'>,
): OutcomeKind {
  if (!provider.serves(accessToken)) return 'unauthorized';
  if (oma.store.read().force?.forcedAlias === alias || random() > 0.002) return 'success';
  return (['rate-limited', 'server-error', 'forbidden', 'challenged'] as const)[Math.floor(random() * 4)] ?? 'success';
}

/** Now and then a token ends early, and account d is switched off and on. */
async function everyMinute({ oma, provider, random, seen }: Bench, soaked: Soaked, minute: number): Promise<void> {
  if (random() < 0.05) provider.cut(ALIASES[Math.floor(random() * ALIASES.length)] ?? 'a');
  if (minute % 60 === 5) await oma.call('account.set-enabled', { alias: 'd', enabled: false });
  if (minute % 60 === 9) await oma.call('account.set-enabled', { alias: 'd', enabled: true });
  for (const { alias, limits } of oma.store.read().accounts) {
    const before = seen.get(alias);
    if (before?.lastProbeAt === limits.lastProbeAt && before.windows !== JSON.stringify(limits.windows))
      soaked.limitsChangedWithoutProbe.push(`${alias} in minute ${String(minute)}`);
    seen.set(alias, { lastProbeAt: limits.lastProbeAt, windows: JSON.stringify(limits.windows) });
  }
}

async function everyHour(bench: Bench, soaked: Soaked, hour: number): Promise<void> {
  const { oma } = bench;
  if (hour === 1) {
    await oma.call('force.activate', { alias: 'a' });
    soaked.force.push('activated at 1 h');
  }
  if (hour > 0 && hour % 6 === 0) {
    await bench.stopLoops();
    await oma.composed.refresher.finish();
    bench.oma = await oma.restart();
    bench.stopLoops = loopsOf(bench.oma, bench.random);
    soaked.restarts += 1;
  }
  const { active, rotationStrategy } = await bench.oma.call('force.get', {});
  if (hour === 24) soaked.force.push(`${active ? 'active' : 'over'} at 24 h`);
  if (hour === 25) soaked.force.push(`${active ? 'active' : 'over'} at 25 h: ${String(rotationStrategy)}`);
}
