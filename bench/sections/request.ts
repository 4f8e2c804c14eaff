import { join } from 'node:path';

import * as z from 'zod';

import { stateOf } from '../harness/accounts.ts';
import type { Bench, Section } from '../harness/bench.ts';
import { type Figure, figure, part, sideBySide } from '../harness/figure.ts';
import { runPeer, type Runtime, startPeer } from '../harness/peer.ts';
import type { Summary } from '../harness/statistics.ts';
import { DIST, makeHome, startSupervisor } from '../harness/supervisor.ts';
import { UPSTREAM, upstreamParts } from '../harness/upstream-figures.ts';
import type { StreamClientInput, StreamRound, StreamScenario } from '../peers/stream-client.ts';

const summarySchema = z.object({ p50: z.number(), p95: z.number(), p99: z.number() });
const roundsSchema = z.array(z.object({ first: summarySchema, total: summarySchema }));
const resultSchema = z.object({
  scenarios: z.array(z.object({ direct: roundsSchema, plugin: roundsSchema })),
  heap: z.object({ direct: z.array(z.number()), plugin: z.array(z.number()) }),
});
type Rounds = z.infer<typeof resultSchema>['scenarios'][number];

const ACCOUNTS = 4;
const KILOBYTE = 1_024;

/** What oma adds to a request: the same request sent straight and through the plugin, by the same client to the same backend. */
export const request: Section = {
  name: 'request',
  title: 'What oma adds to a request',
  run: async (bench) => {
    const upstream = await startPeer({ program: 'stream-upstream.ts', input: {} });
    const baseUrl = z.url().parse(upstream.said);
    const home = await makeHome(stateOf(ACCOUNTS, Date.now()), { OPENCODE_MULTI_AUTH_BASE_URL: baseUrl });
    const supervisor = await startSupervisor(home);
    try {
      const figures: Figure[] = [];
      for (const runtime of ['bun', 'node'] as const) {
        const scenarios = scenariosOf(bench);
        const bundle = join(DIST, 'plugin', 'server.js');
        const input: StreamClientInput = { bundle, baseUrl, scenarios, heldStreams: bench.size(200, 2) };
        const flags = runtime === 'node' ? ['--expose-gc'] : [];
        const answer = await runPeer({ program: 'stream-client.ts', input, runtime, flags, env: home.env });
        figures.push(...figuresOf(runtime, scenarios, resultSchema.parse(answer)));
      }
      return figures;
    } finally {
      await supervisor.stop();
      await upstream.stop();
    }
  },
};

function scenariosOf({ size }: Bench): readonly StreamScenario[] {
  const late = { chunks: 10, firstByteMs: 50, isHeld: false, atOnce: 1, rounds: size(7, 1), requests: size(40, 2) };
  const many = [10, 200, 2_000].flatMap((chunks) =>
    [1, 32].map((atOnce) => ({
      ...{ chunks, firstByteMs: 0, isHeld: false, atOnce, rounds: size(7, 1) },
      requests: atOnce === 1 ? size(chunks === 2_000 ? 30 : 100, 2) : size(chunks === 2_000 ? 32 : 256, 4),
    })),
  );
  return [late, ...many];
}

function figuresOf(
  runtime: Runtime,
  scenarios: readonly StreamScenario[],
  result: z.infer<typeof resultSchema>,
): readonly Figure[] {
  const client = runtime === 'bun' ? "Bun (OpenCode's runtime)" : 'Node';
  const compared = scenarios.flatMap((scenario, index) => {
    const rounds = result.scenarios[index] ?? { direct: [], plugin: [] };
    const { chunks, atOnce, firstByteMs } = scenario;
    const id = `request.${runtime}.${String(chunks)}x${String(atOnce)}`;
    if (firstByteMs > 0)
      return (['p50', 'p95'] as const).map((quantile) =>
        figure({
          id: `request.${runtime}.late.${quantile}`,
          what: `first byte after ${String(firstByteMs)} ms, ${quantile}, ${client}`,
          unit: 'ms',
          ...compare(rounds, (round) => round.first[quantile]),
          bar: { of: 'ratio', limit: quantile === 'p50' ? 1.02 : 1.05 },
        }),
      );
    const what = `${chunks.toLocaleString('en')} chunks, ${String(atOnce)} at once, ${client}`;
    return [
      figure({
        id: `${id}.first`,
        what: `first byte: ${what}`,
        unit: 'ms',
        ...compare(rounds, (round) => round.first),
      }),
      figure({
        id: `${id}.total`,
        what: `whole stream: ${what}`,
        unit: 'ms',
        ...compare(rounds, (round) => round.total),
      }),
    ];
  });
  const heap = figure({
    id: `request.${runtime}.heap`,
    what: `heap of one open stream, client and runtime included, ${client}`,
    unit: 'kB',
    ...sideBySide(
      { name: 'plugin', values: result.heap.plugin.map((bytes) => bytes / KILOBYTE) },
      { name: 'direct', values: result.heap.direct.map((bytes) => bytes / KILOBYTE) },
    ),
  });
  const [, small = { direct: [], plugin: [] }] = result.scenarios;
  return [...compared, addedBy(runtime, small, client), heap];
}

/** Milliseconds to the first byte that the plugin adds, beside what upstream adds before it sends. */
function addedBy(runtime: Runtime, { direct, plugin }: Rounds, client: string): Figure {
  const added = plugin.map((round, index) => round.first.p50 - (direct[index]?.first.p50 ?? Number.NaN));
  return figure({
    id: `request.${runtime}.added`,
    what: `added to the first byte of one request, ${String(ACCOUNTS)} accounts, ${client}`,
    unit: 'ms',
    ours: part('oma', added),
    beside: UPSTREAM.flatMap((row) => upstreamParts(row, `upstream with ${String(row.accounts)} accounts`)),
    note: 'Upstream: from the call of fetch to its own request, measured elsewhere (2 cores, ext4, Node 20). What it adds grows with accounts and history; of oma only the choice does, by microseconds.',
  });
}

function compare(rounds: Rounds, of: (round: StreamRound) => Summary | number): ReturnType<typeof sideBySide> {
  const values = (side: readonly StreamRound[]) => ({
    values: side.map((round) => valueOf(of(round))),
    ...(side.some((round) => typeof of(round) === 'number') ? {} : { p99s: side.map((round) => p99Of(of(round))) }),
  });
  return sideBySide({ name: 'plugin', ...values(rounds.plugin) }, { name: 'direct', ...values(rounds.direct) });
}

function valueOf(found: Summary | number): number {
  return typeof found === 'number' ? found : found.p50;
}

function p99Of(found: Summary | number): number {
  return typeof found === 'number' ? found : found.p99;
}
