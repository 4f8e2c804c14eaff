import type { Evidence } from './evidence.ts';
import type { Line, Sample } from './journal.ts';
import { percentile, type Point, slopePerHour } from './statistics.ts';

type Request = Extract<Line, { kind: 'request' }>;

/** What a soak amounted to; the same lines give the same summary. */
export interface Summary {
  readonly hoursAsked: number;
  readonly hoursSoaked: number;
  readonly runs: number;
  readonly requests: Requests;
  readonly realOpenCode: Requests;
  /** Requests past oma, straight to the provider, in the same minutes: what the latency is compared with. */
  readonly direct: Requests;
  /** p95 through the plugin in Node divided by p95 of the direct ones. */
  readonly p95Ratio: number | null;
  readonly served: Readonly<Record<string, number>>;
  /** The same of the requests that no pin decided, beside what an even part among those who could serve would be. */
  readonly rotated: Readonly<Record<string, Rotated>>;
  readonly events: Readonly<Record<string, number>>;
  readonly force: readonly string[];
  readonly resources: readonly Resource[];
  /** Longest run of samples in a row with two or more of a process that must be one. */
  readonly doubledSamplesMax: number;
  readonly violations: readonly string[];
}

export interface Rotated {
  readonly served: number;
  readonly even: number;
}

interface Requests {
  readonly total: number;
  readonly failed: number;
  readonly excused: number;
  /** Of those not excused; null without any. */
  readonly successRate: number | null;
  readonly latencyMs: Readonly<Record<'p50' | 'p95' | 'p99' | 'max', number | null>>;
}

interface Resource {
  readonly role: string;
  readonly countMax: number;
  /** Of the process of this role that lived longest. */
  readonly longestHours: number;
  readonly rssMiB: Readonly<Record<'first' | 'last' | 'max', number>>;
  readonly rssSlopeMiBPerHour: number | null;
  readonly descriptors: Readonly<Record<'first' | 'last' | 'max', number>>;
}

/** Roles of which there is one process at a time. */
const SINGLE = ['supervisor', 'worker', 'probe-runner'];
const MIB = 1_048_576;

/** Sums up the lines of a journal. */
export function summarise(lines: readonly Line[]): Summary {
  const of = <K extends Line['kind']>(kind: K) =>
    lines.filter((line): line is Extract<Line, { kind: K }> => line.kind === kind);
  const [starts, requests, events, samples] = [of('start'), of('request'), of('event'), of('sample')];
  const by = (...clients: readonly Request['client'][]) => requests.filter(({ client }) => clients.includes(client));
  const [plugin, direct] = [requestsOf(by('node')), requestsOf(by('direct'))];
  return {
    hoursAsked: starts.at(-1)?.hours ?? 0,
    hoursSoaked: Math.round((samples.at(-1)?.elapsedMs ?? 0) / 3_600) / 1_000,
    runs: starts.length,
    requests: requestsOf(by('node', 'bun', 'opencode')),
    realOpenCode: requestsOf(by('opencode')),
    direct,
    p95Ratio: ratio(plugin.latencyMs.p95, direct.latencyMs.p95),
    served: counted(by('node', 'bun', 'opencode').flatMap(({ alias }) => alias ?? [])),
    rotated: rotatedOf(lines),
    events: counted(events.map(({ name }) => name)),
    force: events.filter(({ name }) => name.startsWith('force')).map(({ name, detail }) => `${name}: ${detail}`),
    resources: resourcesOf(samples),
    doubledSamplesMax: doubled(samples),
    violations: of('violation').map(({ what, detail }) => `${what}: ${detail}`),
  };
}

/** What a soak says to the promises. */
export function evidenceOf({ requests, violations, events, p95Ratio }: Summary): Evidence {
  const count = (pattern: RegExp): number => violations.filter((violation) => pattern.test(violation)).length;
  return {
    source: 'soak',
    requests: { total: requests.total - requests.excused, failed: requests.failed },
    unhandledExceptions: count(/nobody foresaw/),
    p95Ratio,
    probes: { failed: events['failing-probe'] ?? 0, failedThatChangedLimits: count(/changed limits|limits changed/) },
  };
}

/** Why not an even part of all requests: an account that its provider kept out for an hour was not forgotten. */
function rotatedOf(lines: readonly Line[]): Readonly<Record<string, Rotated>> {
  const found = new Map<string, Rotated>();
  const add = (alias: string, served: number, even: number): void => {
    const before = found.get(alias) ?? { served: 0, even: 0 };
    found.set(alias, { served: before.served + served, even: before.even + even });
  };
  let sample: Sample | null = null;
  for (const line of lines) {
    if (line.kind === 'sample') sample = line;
    if (line.kind !== 'request' || line.client === 'direct' || line.alias === null) continue;
    if (sample === null || sample.forcedAlias !== null) continue;
    add(line.alias, 1, 0);
    for (const alias of sample.eligible) add(alias, 0, 1 / sample.eligible.length);
  }
  return Object.fromEntries([...found].map(([alias, { served, even }]) => [alias, { served, even: Math.round(even) }]));
}

function requestsOf(requests: readonly Request[]): Requests {
  const counting = requests.filter(({ excused }) => !excused);
  const failed = counting.filter(({ ok }) => !ok).length;
  const ms = counting.filter(({ ok }) => ok).map((request) => request.ms);
  const at = (share: number) => rounded(percentile(ms, share));
  return {
    total: requests.length,
    failed,
    excused: requests.length - counting.length,
    successRate: counting.length === 0 ? null : (counting.length - failed) / counting.length,
    latencyMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) },
  };
}

function resourcesOf(samples: readonly Sample[]): readonly Resource[] {
  const roles = new Set(samples.flatMap(({ processes }) => processes.map(({ role }) => role)));
  return [...roles].toSorted().map((role) => resourceOf(role, samples));
}

function resourceOf(role: string, samples: readonly Sample[]): Resource {
  const lives = Map.groupBy(
    samples.flatMap(({ atMs, processes }) =>
      processes.filter((process) => process.role === role).map((process) => ({ atMs, ...process })),
    ),
    ({ pid }) => pid,
  );
  const life = [...lives.values()].reduce((longest, other) => (other.length > longest.length ? other : longest), []);
  const rss = life.map(({ atMs, rssBytes }): Point => ({ atMs, value: rssBytes / MIB }));
  const range = (values: readonly number[]) => ({
    first: round(values[0] ?? 0),
    last: round(values.at(-1) ?? 0),
    max: round(Math.max(0, ...values)),
  });
  return {
    role,
    countMax: Math.max(...samples.map(({ processes }) => processes.filter((one) => one.role === role).length)),
    longestHours: round(((life.at(-1)?.atMs ?? 0) - (life[0]?.atMs ?? 0)) / 3_600_000),
    rssMiB: range(rss.map(({ value }) => value)),
    rssSlopeMiBPerHour: rounded(slopePerHour(rss)),
    descriptors: range(life.map(({ descriptors }) => descriptors)),
  };
}

function doubled(samples: readonly Sample[]): number {
  let longest = 0;
  let current = 0;
  for (const { processes } of samples) {
    const isDoubled = SINGLE.some((role) => processes.filter((one) => one.role === role).length > 1);
    current = isDoubled ? current + 1 : 0;
    longest = Math.max(longest, current);
  }
  return longest;
}

function counted(names: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
}

function ratio(a: number | null, b: number | null): number | null {
  return a === null || b === null || b === 0 ? null : round(a / b);
}

function rounded(value: number | null): number | null {
  return value === null ? null : round(value);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
