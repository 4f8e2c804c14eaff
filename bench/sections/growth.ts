import { stateOf } from '../harness/accounts.ts';
import type { Bench, Section } from '../harness/bench.ts';
import { type Figure, figure, part } from '../harness/figure.ts';
import { makeHome, startSupervisor } from '../harness/supervisor.ts';
import { leaseRounds } from './lease-rounds.ts';

const CLIENTS = [1, 2, 4, 8, 16, 32, 64, 128, 250];
const ACCOUNTS = [1, 3, 20, 200, 1_000, 10_000];

/** How the cost of a lease grows with the clients that ask at once, and with the accounts there are. */
export const growth: Section = {
  name: 'growth',
  title: 'How cost grows',
  pictures: [
    {
      file: 'latency-by-clients.svg',
      title: 'A lease, by clients that ask without a pause',
      prefix: 'growth.clients.',
      xLabel: 'clients',
    },
    {
      file: 'latency-by-accounts.svg',
      title: 'A lease, by accounts in the store',
      prefix: 'growth.accounts.',
      xLabel: 'accounts',
    },
  ],
  run: async (bench) => [...(await byClients(bench)), ...(await byAccounts(bench))],
};

async function byClients({ size, pin }: Bench): Promise<readonly Figure[]> {
  const supervisor = await startSupervisor(await makeHome(stateOf(4, Date.now())), pin);
  const figures: Figure[] = [];
  const target = { kind: 'oma' as const, socketPath: supervisor.home.socketPath };
  try {
    for (const clients of CLIENTS.slice(0, size(CLIENTS.length, 3))) {
      const burst = size(4_000, 20) + clients * size(20, 1);
      const load = { rounds: size(5, 1), calls: 1, burst, inFlight: clients, connections: clients, sessions: 100 };
      const [rounds = []] = await leaseRounds({ targets: [target], ...load }, { runtime: 'node', pin });
      const perSecond = part(
        '',
        rounds.map((round) => round.perSecond),
      ).value;
      figures.push(
        figure({
          id: `growth.clients.${String(clients)}`,
          what: `${String(clients)} clients, each with the next request as soon as it has its lease`,
          unit: 'µs',
          ours: part(
            'oma',
            rounds.map(({ together }) => together.p50),
            rounds.map(({ together }) => together.p99),
          ),
          note: `${Math.round(perSecond).toLocaleString('en')} leases a second; clients and supervisor share one core.`,
        }),
      );
    }
  } finally {
    await supervisor.stop();
  }
  return figures;
}

async function byAccounts({ size, pin }: Bench): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const accounts of ACCOUNTS.slice(0, size(ACCOUNTS.length, 1))) {
    const supervisor = await startSupervisor(await makeHome(stateOf(accounts, Date.now())), pin);
    try {
      const target = { kind: 'oma' as const, socketPath: supervisor.home.socketPath };
      const load = { rounds: size(5, 1), calls: size(1_000, 10), burst: 1, inFlight: 1, connections: 1, sessions: 0 };
      const [rounds = []] = await leaseRounds({ targets: [target], ...load }, { runtime: 'node', pin });
      figures.push(
        figure({
          id: `growth.accounts.${String(accounts)}`,
          what: `${accounts.toLocaleString('en')} accounts, one client`,
          unit: 'µs',
          ours: part(
            'oma',
            rounds.map(({ single }) => single.p50),
            rounds.map(({ single }) => single.p99),
          ),
        }),
      );
    } finally {
      await supervisor.stop();
    }
  }
  return figures;
}
