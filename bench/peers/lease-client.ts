// Asks several servers for leases in interleaved rounds and prints what each round took.
import { summarize } from '../harness/statistics.ts';
import { type Caller, type Kind, openCaller } from './caller.ts';
import { leaseRequest } from './sample-lease.ts';

export interface LeaseClientInput {
  readonly targets: readonly { readonly kind: Kind; readonly socketPath: string }[];
  readonly rounds: number;
  /** Calls of one round, one after the other, on one connection. */
  readonly calls: number;
  /** Calls of one round with `inFlight` under way at once, spread over `connections`. */
  readonly burst: number;
  readonly inFlight: number;
  readonly connections: number;
  /** Sessions that take turns; 0 = requests without one. */
  readonly sessions: number;
}

type Ask = (caller: Caller) => Promise<number>;

const input = JSON.parse(process.argv[2] ?? '{}') as LeaseClientInput;
const asked = { number: 0 };

async function timed(caller: Caller): Promise<number> {
  asked.number += 1;
  const session = input.sessions === 0 ? null : `ses_${String(asked.number % input.sessions)}`;
  const request = leaseRequest(asked.number, session);
  const begunAt = performance.now();
  await caller.ask(request);
  return (performance.now() - begunAt) * 1_000;
}

async function oneAfterTheOther(caller: Caller, calls: number): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let call = 0; call < calls; call += 1) samples.push(await timed(caller));
  return samples;
}

async function atOnce(callers: readonly Caller[], ask: Ask): Promise<{ samples: number[]; perSecond: number }> {
  const samples: number[] = [];
  let left = input.burst;
  const begunAt = performance.now();
  await Promise.all(
    Array.from({ length: input.inFlight }, async (_, lane) => {
      const caller = callers[lane % callers.length];
      while (caller !== undefined && left > 0) {
        left -= 1;
        samples.push(await ask(caller));
      }
    }),
  );
  return { samples, perSecond: (samples.length * 1_000) / (performance.now() - begunAt) };
}

const targets = await Promise.all(
  input.targets.map(({ kind, socketPath }) =>
    Promise.all(Array.from({ length: input.connections }, () => openCaller(kind, socketPath))),
  ),
);
const rounds = targets.map((): unknown[] => []);
for (let round = -1; round < input.rounds; round += 1) {
  for (const [index, callers] of targets.entries()) {
    const [first] = callers;
    const single = first === undefined ? [] : await oneAfterTheOther(first, input.calls);
    const burst = await atOnce(callers, timed);
    await Promise.all(callers.map((caller) => caller.settle()));
    const together = summarize(burst.samples);
    // The first round only warms up.
    if (round >= 0) rounds[index]?.push({ single: summarize(single), together, perSecond: burst.perSecond });
  }
}
for (const callers of targets) for (const caller of callers) caller.close();
process.stdout.write(JSON.stringify(rounds));
