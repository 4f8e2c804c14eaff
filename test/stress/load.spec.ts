import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';

import type { ForceView } from '../../contract/force.ts';
import type { Evidence } from '../soak/evidence.ts';
import { DIST, type OmaSandbox, useOma } from '../support/oma.ts';
import { type PluginProcess, pluginProcess } from '../support/plugin-process.ts';
import { type Simulator, useSimulator } from '../support/simulator.ts';
import { sized } from '../support/size.ts';
import { until } from '../support/until.ts';

const CLIENTS = 16;
const REQUESTS = sized({ full: 1_000, rehearsal: 24 });
/** Requests that one client has open at the same time. */
const OPEN = 2;
const COMMANDS = sized({ full: 60, rehearsal: 4 });
const SEED = Number(process.env['OMA_SEED'] ?? Date.now() % 1_000_000);
/** Forced at times, and never blamed or switched off: so a force ends by its command only. */
const STEADY = 'a';
const SHAKY = ['b', 'c', 'd'] as const;
const ALIASES = [STEADY, ...SHAKY];

it(
  `[H.T.25] [H.T.26] [H.T.37] [H.T.38] [I.L6.6] ${String(CLIENTS)} processes lose no update, no login and no request (seed ${String(SEED)})`,
  async () => {
    const { simulator, oma, clients } = await start();

    // In peace, each account has its exact part.
    expect(await load(clients, 'peace', REQUESTS / 2)).toEqual([]);
    const parts = (await oma.accounts()).map(({ usageCount }) => usageCount);
    expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);

    // With tokens that end all the time, every use is counted.
    const over = new AbortController();
    const ending = endTokens(simulator, over.signal);
    const failedWithTokens = await load(clients, 'tokens', REQUESTS / 2);
    over.abort();
    await ending;
    expect(failedWithTokens).toEqual([]);
    await until(async () => (await oma.status()).leases.inFlight === 0, { deadlineMs: 60_000, what: 'every report' });
    const { served, failed } = (await oma.status()).leases;
    expect(served).toBe(CLIENTS * REQUESTS);
    const uses = (await oma.accounts()).reduce((sum, { usageCount }) => sum + usageCount, 0);
    expect(uses).toBe(served + failed);

    // In war: toggles, forces, limits, ended tokens and kills of the supervisor, against the model.
    const real: Real = { oma, simulator, kills: 0, isLoadOver: false };
    await everybodyServes(oma);
    for (let count = 0; count < 2 * ALIASES.length; count += 1) await clients[0]?.ask();
    const sequence = commands(SEED);
    const [failedInWar] = await Promise.all([
      load(clients, 'war', REQUESTS).finally(() => (real.isLoadOver = true)),
      fc.asyncModelRun(() => ({ model: { disabled: new Set<string>(), forced: false }, real }), sequence),
    ]);
    expect(failedInWar, sequence.map((command) => command.toString()).join(', ')).toEqual([]);
    expect(real.kills).toBeGreaterThan(0);
    const tokens = simulator.control.requests({ endpoint: 'token' });
    expect(tokens.length).toBeGreaterThan(0);
    expect(tokens.filter(({ refusedFor }) => refusedFor !== undefined)).toEqual([]);
    expect((await oma.status()).accounts.needsLogin).toEqual([]);
    expect((await oma.oma('store', 'check')).code).toBe(0);
    expect(keep(oma, 2 * CLIENTS * REQUESTS)).toMatchObject({ requests: { failed: 0 }, unhandledExceptions: 0 });
  },
  sized({ full: 1_800_000, rehearsal: 300_000 }),
);

it('a seed gives the same war again, whatever the machine does meanwhile', () => {
  const war = (seed: number): readonly string[] => commands(seed).map((command) => command.toString());
  expect(war(SEED)).toEqual(war(SEED));
  expect(new Set([1, 2, 3, 4, 5].map((seed) => war(seed).join())).size).toBeGreaterThan(1);
  expect(war(SEED)).toContain('kill -9');
});

async function start(): Promise<{ simulator: Simulator; oma: OmaSandbox; clients: readonly PluginProcess[] }> {
  const seats = ALIASES.map((alias) => ({
    alias,
    email: `${alias}@example.test`,
    accountId: `ws-${alias}`,
    userId: `user-${alias}`,
    windows: [{ slot: 'primary', durationMinutes: 300, perRequestPercent: 0 } as const],
  }));
  const simulator = await useSimulator({ seats, settings: { revokeFamilyOnReuse: true } });
  const oma = await useOma({ simulator, import: ALIASES, env: { OPENCODE_MULTI_AUTH_SESSION_AFFINITY: '0' } });
  const bundle = join(DIST, 'plugin', 'server.js');
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, () => pluginProcess({ runtime: 'node', bundle, env: oma.env })),
  );
  onTestFinished(async () => {
    await Promise.all(clients.map((client) => client.close()));
  });
  return { simulator, oma, clients };
}

/** Sends everybody's requests; answers what went wrong. */
async function load(clients: readonly PluginProcess[], phase: string, requests: number): Promise<readonly string[]> {
  const failures: string[] = [];
  const lane = async (client: PluginProcess, name: string): Promise<void> => {
    for (let count = 0; count < requests / OPEN; count += 1) {
      const { status, text, error } = await client.ask({ session: `${phase}-${name}-${String(count)}` });
      if (status !== 200 || error !== undefined || text?.includes('response.completed') !== true)
        failures.push(`${name}: ${String(status)} ${error?.message ?? ''} ${text?.slice(0, 200) ?? ''}`);
    }
  };
  const lanes = clients.flatMap((client, at) =>
    Array.from({ length: OPEN }, (_, open) => lane(client, `${String(at)}.${String(open)}`)),
  );
  await Promise.all(lanes);
  return failures;
}

/** A token that ended between its refresh and the next try cools an account for a minute, as it should; before kills each must have a good one. */
async function everybodyServes(oma: OmaSandbox): Promise<void> {
  const serves = async (): Promise<boolean> => (await oma.accounts()).every(({ eligible }) => eligible);
  await until(serves, { deadlineMs: 150_000, what: 'every account to serve again' });
}

/** Ends the access tokens of one account after the other, each time some requests have been served. */
async function endTokens(simulator: Simulator, signal: AbortSignal): Promise<void> {
  const served = (): number =>
    Object.values(simulator.control.state().counts['responses'] ?? {}).reduce((a, b) => a + b, 0);
  for (let turn = 0; !signal.aborted; turn += 1) {
    simulator.control.expireAccess(ALIASES[turn % ALIASES.length] ?? STEADY);
    const before = served();
    await until(() => signal.aborted || served() > before + 40, { deadlineMs: 600_000, what: 'forty requests' });
  }
}

/** What was acknowledged. */
interface Model {
  readonly disabled: Set<string>;
  forced: boolean;
}

interface Real {
  readonly oma: OmaSandbox;
  readonly simulator: Simulator;
  kills: number;
  isLoadOver: boolean;
}

type Command = fc.AsyncCommand<Model, Real>;

/** The sequence that a seed gives, always the same; a kill is always among it. */
function commands(seed: number): readonly Command[] {
  const alias = fc.constantFrom(...SHAKY);
  const kinds = [
    alias.map(toggle),
    fc.constant(FORCE),
    alias.map(limit),
    fc.constantFrom(...ALIASES).map(expire),
    fc.constant(KILL),
  ];
  const size = { minLength: COMMANDS, maxLength: COMMANDS };
  const [sampled = []] = fc.sample(fc.array(fc.oneof(...kinds), size), { seed, numRuns: 1 });
  return [...sampled, KILL];
}

function toggle(alias: string): Command {
  return {
    check: () => true,
    toString: () => `toggle ${alias}`,
    run: async (model, { oma }) => {
      const isOff = model.disabled.has(alias);
      const { code, stderr } = await oma.oma(isOff ? 'enable' : 'disable', alias);
      expect([code, stderr]).toEqual([0, '']);
      if (isOff) model.disabled.delete(alias);
      else model.disabled.add(alias);
      await agree(model, oma);
    },
  };
}

const FORCE: Command = {
  check: () => true,
  toString: () => 'force or clear',
  run: async (model, { oma }) => {
    await oma.json<ForceView>('force', model.forced ? '--clear' : STEADY);
    model.forced = !model.forced;
    await agree(model, oma);
  },
};

const KILL: Command = {
  check: () => true,
  toString: () => 'kill -9',
  run: async (model, real) => {
    const killed = await real.oma.killSupervisor();
    const isBack = async (): Promise<boolean> => {
      const { code, stdout } = await real.oma.oma('list', '--json');
      return code === 0 && stdout.length > 0 && (await real.oma.status()).pid !== killed;
    };
    await until(isBack, { deadlineMs: 60_000, what: 'the next supervisor' });
    real.kills += 1;
    await agree(model, real.oma);
  },
};

function limit(alias: string): Command {
  return {
    check: () => true,
    toString: () => `limit ${alias}`,
    run: (_model, { simulator }) => {
      simulator.control.pushFault({ kind: 'usage-limit', alias, resetsInSeconds: 5 });
      return Promise.resolve();
    },
  };
}

/**
 * Ends the access token of an account that serves, and waits for the refresh.
 * Why: a kill -9 between the provider's answer and our disk loses what nobody else has; no program can help that.
 */
function expire(alias: string): Command {
  return {
    check: ({ forced, disabled }) => !disabled.has(alias) && (!forced || alias === STEADY),
    toString: () => `expire ${alias}`,
    run: async (_model, real) => {
      const answered = (): number =>
        real.simulator.control.requests({ endpoint: 'token', alias }).filter(({ ending }) => ending === 'sent').length;
      const before = answered();
      real.simulator.control.expireAccess(alias);
      await until(() => answered() > before || real.isLoadOver, { deadlineMs: 120_000, what: `a refresh of ${alias}` });
      await real.oma.status();
    },
  };
}

/** Everything acknowledged so far stands, and nothing else does. */
async function agree({ disabled, forced }: Model, oma: OmaSandbox): Promise<void> {
  const accounts = await oma.accounts();
  expect(accounts.filter(({ enabled }) => !enabled).map(({ alias }) => alias)).toEqual([...disabled].toSorted());
  expect((await oma.status()).force.forcedAlias).toBe(forced ? STEADY : null);
}

/** Leaves what `npm run slo` reads, and returns it. */
function keep(oma: OmaSandbox, total: number): Evidence {
  const evidence: Evidence = {
    source: 'stress',
    requests: { total, failed: 0 },
    unhandledExceptions: oma.log().match(/nobody foresaw/g)?.length ?? 0,
    p95Ratio: null,
    probes: null,
  };
  mkdirSync('reports', { recursive: true });
  writeFileSync(join('reports', 'evidence-stress.json'), `${JSON.stringify(evidence, null, 2)}\n`);
  return evidence;
}
