import { setTimeout as pause } from 'node:timers/promises';

import type { Connected } from '../../runtime/connect.ts';
import { fakeCodex } from '../../test/support/fake-codex.ts';
import { aliasAt, stateOf } from '../harness/accounts.ts';
import type { Bench } from '../harness/bench.ts';
import { type Figure, figure, sideBySide } from '../harness/figure.ts';
import { type BenchSupervisor, makeHome, startSupervisor } from '../harness/supervisor.ts';
import { leaseRounds } from './lease-rounds.ts';

const ACCOUNTS = 20;
const WRITERS = 10;
const PROBE_PERIOD_MS = 1_000;

/** What a lease takes at worst while others wait for the disk and codex is being started, against the same when nothing else happens. */
export async function leaseUnderLoad({ size }: Bench): Promise<Figure> {
  const home = await makeHome(stateOf(ACCOUNTS, Date.now()));
  const codex = await fakeCodex(home.root, {});
  const env = { ...home.env, OPENCODE_MULTI_AUTH_CODEX_BIN: codex };
  const supervisor = await startSupervisor({ ...home, env });
  const rounds = size(7, 1);
  const calls = size(4_000, 50);
  const idle: number[][] = [[], []];
  const busy: number[][] = [[], []];
  const measure = async (into: number[][]): Promise<void> => {
    const target = { kind: 'oma' as const, socketPath: home.socketPath };
    const input = { targets: [target], rounds: 1, calls, burst: 1, inFlight: 1, connections: 1, sessions: 0 };
    const [[round] = []] = await leaseRounds(input, { runtime: 'bun' });
    into[0]?.push(round?.single.p50 ?? Number.NaN);
    into[1]?.push(round?.single.p99 ?? Number.NaN);
  };
  try {
    for (let round = 0; round < rounds; round += 1) {
      await measure(idle);
      const load = await startLoad(supervisor);
      await measure(busy);
      await load.stop();
    }
  } finally {
    await supervisor.stop();
  }
  return figure({
    id: 'store.lease-under-load',
    what: `p99 of a lease while ${String(WRITERS)} durable writers run and a probe is started every second`,
    unit: 'µs',
    ...sideBySide({ name: 'under load', values: busy[1] ?? [] }, { name: 'idle', values: idle[1] ?? [] }),
    bar: { of: 'ratio', limit: 3 },
    note: 'Not pinned; each writer flips its own Enabled switch, one change after the other, each on disk before its answer.',
  });
}

async function startLoad(supervisor: BenchSupervisor): Promise<{ readonly stop: () => Promise<void> }> {
  const over = new AbortController();
  const lines = await Promise.all(Array.from({ length: WRITERS + 1 }, () => supervisor.connect()));
  const [prober, ...writers] = lines;
  const work = writers.map((writer, index) => write(writer, aliasAt(index), over.signal));
  if (prober !== undefined) work.push(probe(prober, over.signal));
  return {
    stop: async () => {
      over.abort();
      await Promise.all(work);
      for (const { connection } of lines) connection.dispose();
    },
  };
}

async function write({ client }: Connected, alias: string, signal: AbortSignal): Promise<void> {
  for (let enabled = false; !signal.aborted || enabled; enabled = !enabled)
    await client['account.set-enabled']({ alias, enabled });
}

async function probe({ client }: Connected, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // A run that is still under way refuses the next one, which is as well.
    await client['probe.start']({ alias: aliasAt(WRITERS) }).catch(() => undefined);
    await pause(PROBE_PERIOD_MS, undefined, { signal }).catch(() => undefined);
  }
}
