// Sends the same request straight and through the built plugin, in interleaved rounds, and prints what each round took.
import type { HostHooks, HostInput } from '../../plugin/host.ts';
import { summarize, type Summary } from '../harness/statistics.ts';

/** What the backend is asked for. */
export interface StreamWish {
  readonly chunks: number;
  readonly firstByteMs: number;
  readonly isHeld: boolean;
}

export interface StreamScenario extends StreamWish {
  readonly rounds: number;
  /** Requests of one round of either kind. */
  readonly requests: number;
  readonly atOnce: number;
}

export interface StreamClientInput {
  readonly bundle: string;
  readonly baseUrl: string;
  readonly scenarios: readonly StreamScenario[];
  /** Streams that are held open to weigh one. */
  readonly heldStreams: number;
}

/** Units: milliseconds. */
export interface StreamRound {
  readonly first: Summary;
  readonly total: Summary;
}

type Send = (wish: StreamWish, signal?: AbortSignal) => Promise<Response>;

const input = JSON.parse(process.argv[2] ?? '{}') as StreamClientInput;
const ways = { direct: straight(), plugin: await throughPlugin() };
const sent = { requests: 0 };
// The plugin never keeps its host alive; OpenCode is alive by itself.
setInterval(() => undefined, 60_000);

function initOf(wish: StreamWish, signal: AbortSignal | undefined): RequestInit {
  sent.requests += 1;
  return {
    method: 'POST',
    headers: {
      authorization: 'Bearer opencode-oauth-dummy-key',
      'content-type': 'application/json',
      'user-agent': 'opencode/1.18.33 (linux; x64)',
      'session-id': `ses_${String(sent.requests % 50)}`,
    },
    body: JSON.stringify({ model: 'gpt-5.5', stream: true, store: false, input: 'x'.repeat(20_000), bench: wish }),
    ...(signal === undefined ? {} : { signal }),
  };
}

function straight(): Send {
  return (wish, signal) => fetch(`${input.baseUrl}/codex/responses`, initOf(wish, signal));
}

async function throughPlugin(): Promise<Send> {
  const { default: plugin } = (await import(input.bundle)) as {
    default: { server: (host: HostInput) => Promise<HostHooks> };
  };
  const done = () => Promise.resolve(true);
  const hooks = await plugin.server({ client: { app: { log: done }, tui: { showToast: done }, auth: { set: done } } });
  const { fetch: send } = await hooks.auth.loader(() => Promise.resolve({ type: 'oauth' }));
  if (send === undefined) throw new Error('the plugin gave no fetch');
  return (wish, signal) => send('https://api.openai.com/v1/responses', initOf(wish, signal));
}

async function timed(send: Send, wish: StreamWish): Promise<{ readonly first: number; readonly total: number }> {
  const begunAt = performance.now();
  const response = await send(wish);
  let first = Number.NaN;
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    if (bytes === 0) first = performance.now() - begunAt;
    bytes += chunk.byteLength;
  }
  if (!response.ok || bytes < wish.chunks) throw new Error(`answer ${String(response.status)} of ${String(bytes)} B`);
  return { first, total: performance.now() - begunAt };
}

type Way = keyof typeof ways;
type Samples = Record<Way, { readonly first: number; readonly total: number }[]>;

/** Why: requests that come one after the other alternate, so that what else happens on the machine meets both ways alike. */
async function alternately(samples: Samples, order: readonly Way[], scenario: StreamScenario): Promise<void> {
  for (let request = 0; request < scenario.requests; request += 1)
    for (const way of order) samples[way].push(await timed(ways[way], scenario));
}

async function atOnce(samples: Samples, order: readonly Way[], scenario: StreamScenario): Promise<void> {
  for (const way of order) {
    let left = scenario.requests;
    await Promise.all(
      Array.from({ length: scenario.atOnce }, async () => {
        while (left > 0) {
          left -= 1;
          samples[way].push(await timed(ways[way], scenario));
        }
      }),
    );
  }
}

async function measure(scenario: StreamScenario): Promise<Record<Way, StreamRound[]>> {
  const rounds: Record<Way, StreamRound[]> = { direct: [], plugin: [] };
  for (let round = -1; round < scenario.rounds; round += 1) {
    // Who comes first alternates, so that neither always finds the caches warm.
    const order = round % 2 === 0 ? (['direct', 'plugin'] as const) : (['plugin', 'direct'] as const);
    const samples: Samples = { direct: [], plugin: [] };
    await (scenario.atOnce === 1 ? alternately : atOnce)(samples, order, scenario);
    if (round < 0) continue;
    for (const way of order)
      rounds[way].push({
        first: summarize(samples[way].map(({ first }) => first)),
        total: summarize(samples[way].map(({ total }) => total)),
      });
  }
  return rounds;
}

/** Bytes of heap that one open stream holds. */
async function weigh(send: Send): Promise<number> {
  const over = new AbortController();
  const before = heapBytes();
  const wish = { chunks: 2, firstByteMs: 0, isHeld: true };
  const open = await Promise.all(
    Array.from({ length: input.heldStreams }, async () => {
      const reader = (await send(wish, over.signal)).body?.getReader();
      await reader?.read();
      return reader;
    }),
  );
  const bytes = (heapBytes() - before) / open.length;
  over.abort();
  await Promise.allSettled(open.map(async (reader) => reader?.cancel()));
  return bytes;
}

function heapBytes(): number {
  const { Bun: bun, gc } = globalThis as { Bun?: { gc: (isSync: boolean) => void }; gc?: () => void };
  if (bun === undefined) gc?.();
  else bun.gc(true);
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const scenarios = [];
for (const scenario of input.scenarios) scenarios.push(await measure(scenario));
const heap: Record<keyof typeof ways, number[]> = { direct: [], plugin: [] };
for (let round = -1; round < (input.heldStreams > 2 ? 5 : 1); round += 1) {
  const direct = await weigh(ways.direct);
  const plugin = await weigh(ways.plugin);
  if (round < 0) continue;
  heap.direct.push(direct);
  heap.plugin.push(plugin);
}
process.stdout.write(JSON.stringify({ scenarios, heap }), () => process.exit(0));
