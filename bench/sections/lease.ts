import { stateOf } from '../harness/accounts.ts';
import type { Bench, Section } from '../harness/bench.ts';
import { type Figure, figure, part, sideBySide } from '../harness/figure.ts';
import type { Runtime } from '../harness/peer.ts';
import { startPeer } from '../harness/peer.ts';
import { makeHome, startSupervisor } from '../harness/supervisor.ts';
import { UPSTREAM, upstreamParts } from '../harness/upstream-figures.ts';
import { type LeaseRound, leaseRounds } from './lease-rounds.ts';
import { systemCalls } from './system-calls.ts';

const IN_FLIGHT = 64;

interface Measured {
  readonly bare: readonly LeaseRound[];
  readonly stock: readonly LeaseRound[];
  /** By the index of UPSTREAM. */
  readonly oma: readonly (readonly LeaseRound[])[];
}

/** What a lease costs: the whole contract against an echo that does nothing, and against vscode-jsonrpc as it comes. */
export const lease: Section = {
  name: 'lease',
  title: 'One lease, from client to supervisor and back',
  run: async (bench) => {
    const supervisors = await Promise.all(
      UPSTREAM.map(async ({ accounts }) => startSupervisor(await makeHome(stateOf(accounts, Date.now())), bench.pin)),
    );
    const { root } = supervisors[0]?.home ?? { root: '' };
    const servers = await Promise.all(
      ['echo', 'stock'].map((name) =>
        startPeer({ program: `${name}-server.ts`, input: { socketPath: `${root}/${name}` }, pin: bench.pin }),
      ),
    );
    try {
      const sockets = supervisors.map(({ home }) => home.socketPath);
      const node = await measure(bench, 'node', { root, sockets });
      const bun = await measure(bench, 'bun', { root, sockets });
      const calls = await systemCalls(bench);
      return [...figuresOf('node', node), ...figuresOf('bun', bun), growth(node), ...besideUpstream(bun), ...calls];
    } finally {
      await Promise.all([...servers, ...supervisors].map(({ stop }) => stop()));
    }
  },
};

async function measure(
  { size, pin }: Bench,
  runtime: Runtime,
  at: { readonly root: string; readonly sockets: readonly string[] },
): Promise<Measured> {
  const targets = [
    { kind: 'bare' as const, socketPath: `${at.root}/echo` },
    { kind: 'stock' as const, socketPath: `${at.root}/stock` },
    ...at.sockets.map((socketPath) => ({ kind: 'oma' as const, socketPath })),
  ];
  const input = {
    targets,
    rounds: size(15, 1),
    calls: size(1_000, 20),
    burst: size(4_000, 100),
    inFlight: IN_FLIGHT,
    connections: 1,
    sessions: 0,
  };
  const [bare = [], stock = [], ...oma] = await leaseRounds(input, { runtime, pin });
  return { bare, stock, oma };
}

function figuresOf(runtime: Runtime, { bare, stock, oma }: Measured): readonly Figure[] {
  const [three = []] = oma;
  const single = sideBySide(
    { name: 'oma', values: three.map(p50), p99s: three.map(p99) },
    { name: 'bare echo', values: bare.map(p50), p99s: bare.map(p99) },
  );
  const burst = sideBySide(
    { name: 'oma', values: three.map(perSecond) },
    { name: 'bare echo', values: bare.map(perSecond) },
  );
  const client = runtime === 'node' ? 'Node client' : "Bun client (OpenCode's runtime)";
  return [
    figure({
      id: `lease.${runtime}.single`,
      what: `round trip, ${client}, 1 in flight`,
      unit: 'µs',
      ...single,
      beside: [...(single.beside ?? []), part('stock vscode-jsonrpc', stock.map(p50), stock.map(p99))],
      bar: { of: 'ratio', limit: 1.6 },
    }),
    figure({
      id: `lease.${runtime}.burst`,
      what: `leases a second, ${client}, ${String(IN_FLIGHT)} in flight`,
      unit: '/s',
      better: 'higher',
      ...burst,
      beside: [...(burst.beside ?? []), part('stock vscode-jsonrpc', stock.map(perSecond))],
      bar: { of: 'ratio', limit: 0.45 },
    }),
  ];
}

function growth({ oma }: Measured): Figure {
  const [three = [], , many = []] = oma;
  return figure({
    id: 'lease.accounts',
    what: 'round trip with 200 accounts against 3',
    unit: 'µs',
    ...sideBySide(
      { name: '200 accounts', values: many.map(p50), p99s: many.map(p99) },
      { name: '3 accounts', values: three.map(p50), p99s: three.map(p99) },
    ),
    bar: { of: 'ratio', limit: 1.1 },
  });
}

function besideUpstream({ oma }: Measured): readonly Figure[] {
  return UPSTREAM.map((row, index) => {
    const { accounts, p50: theirs, times } = row;
    const rounds = oma[index] ?? [];
    const values = rounds.map((round) => p50(round) / 1_000);
    return figure({
      id: `lease.upstream.${String(accounts)}`,
      what: `the same choice in upstream, ${String(accounts)} accounts`,
      unit: 'ms',
      ours: part(
        'oma, Bun client',
        values,
        rounds.map((round) => p99(round) / 1_000),
      ),
      beside: upstreamParts(row),
      rounds: values.map((value) => value / theirs),
      bar: { of: 'ratio', limit: 1 / times },
      note: 'Upstream works in the same process, oma asks another one.',
    });
  });
}

function p50({ single }: LeaseRound): number {
  return single.p50;
}

function p99({ single }: LeaseRound): number {
  return single.p99;
}

function perSecond(round: LeaseRound): number {
  return round.perSecond;
}
