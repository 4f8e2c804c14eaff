import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { FaultInput } from '../../cli/simulator/faults.ts';
import type { SeatInput } from '../../cli/simulator/seat.ts';
import { type Simulator, startSimulator } from '../../cli/simulator/server.ts';
import { DIST, type OpenOma, openOma } from '../support/oma-sandbox.ts';
import { type PluginProcess, pluginProcess } from '../support/plugin-process.ts';
import { seededRandom } from '../support/seeded-random.ts';
import type { Journal, Line } from './journal.ts';

/** Never the target of a fault that blames an account: so there is always one that can serve, and the force finds nothing to end it but time. */
export const STEADY = 'steady';
/** The others. */
export const SHAKY = ['b', 'c', 'd'] as const;
/** Not in oma: whose requests go straight to the provider, for comparison. */
export const DIRECT = 'direct';
/** Only requests that expect to be cut ask for this model. */
export const CUT_MODEL = 'gpt-5.4-mini';

const ACCESS_TTL_S = 900;

/** Everything a soak works with. */
export interface Bench {
  readonly simulator: Simulator;
  readonly oma: OpenOma;
  readonly hosts: Readonly<Record<'node' | 'bun', PluginProcess>>;
  readonly journal: Journal;
  readonly hours: number;
  random: () => number;
  /** Writes something that happened. */
  event: (name: string, detail?: string) => void;
  violation: (what: string, detail: string) => void;
  fault: (fault: FaultInput) => void;
  end: () => Promise<void>;
}

/** Starts the simulated provider, oma in its home (again, when it is there), and a plugin in Node and in Bun. */
export async function openBench(
  root: string,
  { hours, seed, journal }: { readonly hours: number; readonly seed: number; readonly journal: Journal },
): Promise<Bench> {
  await mkdir(root, { recursive: true });
  const simulator = await startSimulator({
    seats: [STEADY, ...SHAKY, DIRECT].map(seat),
    settings: { accessTokenTtlSeconds: ACCESS_TTL_S, revokeFamilyOnReuse: true },
  });
  const isResumed = existsSync(join(root, 'config', 'opencode-multi-auth', 'accounts.json'));
  const oma = await openOma({ simulator, root, import: isResumed ? [] : [STEADY, ...SHAKY] });
  await oma.json('settings', 'set', 'probeIntervalMinutes', '5');
  const bundle = join(DIST, 'plugin', 'server.js');
  const [node, bun] = await Promise.all([
    pluginProcess({ runtime: 'node', bundle, env: oma.env }),
    pluginProcess({ runtime: 'bun', bundle, env: oma.env }),
  ]);
  const add = (line: Line): void => journal.add(line);
  return {
    simulator,
    oma,
    hosts: { node, bun },
    journal,
    hours,
    random: seededRandom(seed),
    event: (name, detail = '') => add({ kind: 'event', atMs: Date.now(), name, detail }),
    violation: (what, detail) => add({ kind: 'violation', atMs: Date.now(), what, detail }),
    fault: (fault) => void simulator.control.pushFault(fault),
    end: async () => {
      await Promise.all([node.close(), bun.close()]);
      await oma.end();
      await simulator.close();
    },
  };
}

/** The limits of an account as the store keeps them, for comparison. */
export function storedLimits(oma: OpenOma, alias: string): { windows: string; lastProbeAt: number | null } {
  const file = join(oma.root, 'config', 'opencode-multi-auth', 'accounts.json');
  const store = JSON.parse(readFileSync(file, 'utf8')) as StoredAccounts;
  const account = store.accounts.find((one) => one.alias === alias);
  if (account === undefined) throw new Error(`The store has no "${alias}".`);
  return { windows: JSON.stringify(account.rateLimits.windows), lastProbeAt: account.lastLimitProbeAt };
}

interface StoredAccounts {
  readonly accounts: readonly StoredAccount[];
}

interface StoredAccount {
  readonly alias: string;
  readonly rateLimits: { readonly windows: unknown };
  readonly lastLimitProbeAt: number | null;
}

// Windows that move with the traffic, and do not run dry in days.
function seat(alias: string): SeatInput {
  return {
    alias,
    email: `${alias}@example.test`,
    accountId: `ws-${alias}`,
    userId: `user-${alias}`,
    windows: [
      { slot: 'primary', durationMinutes: 300, usedPercent: 5, perRequestPercent: 0.005 },
      { slot: 'secondary', durationMinutes: 10_080, usedPercent: 5, perRequestPercent: 0.0002 },
    ],
  };
}
