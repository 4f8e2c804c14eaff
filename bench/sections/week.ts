import { type Settings, strategySchema } from '../../contract/settings.ts';
import type { Account, State } from '../../supervisor/core/state.ts';
import { aliasAt, settingsWith, stateOf } from '../harness/accounts.ts';
import type { Bench, Section } from '../harness/bench.ts';
import { type Figure, figure, sideBySide } from '../harness/figure.ts';
import { demandOf } from '../week/demand.ts';
import { createProvider, type Plan } from '../week/provider.ts';
import { simulateWeek, type Week, type WeekWorld } from '../week/simulate.ts';

const START_AT = Date.UTC(2026, 10, 23);
const DAY_MS = 86_400_000;
const MILLION = 1_000_000;
/** About what the accounts can just not bear. */
const SESSIONS_PER_DAY = 40;

/** Three small plans and a large one, whose weeks end on different days. Shape: size, used percent, days until the reset. */
const SIZES = [
  [1, 60, 1],
  [1, 20, 3],
  [1, 40, 5],
  [5, 10, 6.5],
] as const;
const PLANS: readonly Plan[] = SIZES.map(([size, weeklyUsedPercent, days], index) => ({
  alias: aliasAt(index),
  fiveHourCost: 1.5 * MILLION * size,
  weeklyUsedPercent,
  weeklyResetsAtMs: START_AT + days * DAY_MS,
}));
const WEIGHTS = Object.fromEntries(SIZES.map(([size], index) => [aliasAt(index), size / 5]));

type Order = NonNullable<WeekWorld['order']>;

/** Orders that were tried for a strategy which spends first what expires soonest; the critical threshold is the reserve. */
const CANDIDATES: readonly { readonly name: string; readonly order: Order }[] = [
  { name: 'reset-aware, soonest reset first', order: (account) => weekOf(account)?.resetsAt ?? Number.MAX_VALUE },
  {
    name: 'reset-aware, most to lose an hour first',
    order: (account, now) => {
      const { usedPercent = 100, resetsAt } = weekOf(account) ?? {};
      return -(100 - usedPercent) / Math.max(1, (resetsAt ?? Number.MAX_VALUE) - now);
    },
  },
];

/** What affinity saves, and which strategy gets most out of the same accounts: a simulated week each, in virtual time. */
export const week: Section = {
  name: 'week',
  title: 'A simulated week',
  run: (bench) => {
    const seeds = Array.from({ length: bench.size(15, 1) }, (_, seed) => seed + 1);
    const play = (change: Partial<Settings>, order: Order | null = null): readonly Week[] =>
      seeds.map((seed) => playWeek(bench, { seed, settings: settingsWith(change), order }));
    const standard = play({});
    const strategies = strategySchema.options
      .filter((rotationStrategy) => rotationStrategy !== 'round-robin')
      .flatMap((rotationStrategy) => {
        const accountWeights = rotationStrategy === 'weighted-round-robin' ? WEIGHTS : {};
        return strategyFigures(rotationStrategy, play({ rotationStrategy, accountWeights }), standard);
      });
    const candidates = CANDIDATES.flatMap(({ name, order }) =>
      strategyFigures(name, play({ rotationStrategy: 'least-used' }, order), standard),
    );
    return Promise.resolve([
      ...affinityFigures(standard, play({ sessionAffinity: false })),
      ...strategies,
      ...candidates,
    ]);
  },
};

function affinityFigures(on: readonly Week[], off: readonly Week[]): readonly Figure[] {
  const compare = (id: string, what: string, of: (one: Week) => number): Figure =>
    figure({
      id: `week.affinity.${id}`,
      what,
      unit: '%',
      better: 'higher',
      ...sideBySide({ name: 'affinity', values: on.map(of) }, { name: 'every request rotates', values: off.map(of) }),
    });
  return [
    compare('cached', 'input tokens read from the prompt cache', (one) => (100 * one.cachedTokens) / one.inputTokens),
    compare('served', 'requests served of those asked', (one) => 100 * (1 - one.refused / one.asked)),
    figure({
      id: 'week.affinity.cost',
      what: 'quota that a million tokens of work take',
      unit: '',
      ...sideBySide(
        { name: 'affinity', values: on.map(costOfMillion) },
        { name: 'every request rotates', values: off.map(costOfMillion) },
      ),
      note: 'In thousands of input tokens read anew; one from the cache costs a tenth of that, one written six times as much.',
    }),
  ];
}

function strategyFigures(name: string, weeks: readonly Week[], standard: readonly Week[]): readonly Figure[] {
  const compare = (id: string, what: string, of: (one: Week) => number): Figure =>
    figure({
      id: `week.${name.replaceAll(/[ ,]+/g, '-')}.${id}`,
      what: `${what}, ${name}`,
      unit: 'M tokens',
      better: 'higher',
      ...sideBySide({ name, values: weeks.map(of) }, { name: 'round-robin', values: standard.map(of) }),
    });
  return [
    compare('work', 'work done in the week', ({ tokens }) => tokens / MILLION),
    compare(
      'dry',
      'work done before all are dry for the first time',
      ({ tokensBeforeDry }) => tokensBeforeDry / MILLION,
    ),
  ];
}

function playWeek(
  { size }: Bench,
  { seed, settings, order }: { readonly seed: number; readonly settings: Settings; readonly order: Order | null },
): Week {
  const asks = demandOf({ seed, startAt: START_AT, sessionsPerDay: size(SESSIONS_PER_DAY, 3) });
  return simulateWeek(unprobed(), asks, { provider: createProvider(PLANS), settings, order });
}

function unprobed(): State {
  const state = stateOf(PLANS.length, START_AT);
  const accounts = state.accounts.map((account) => ({ ...account, limits: { ...account.limits, windows: [] } }));
  return { ...state, accounts };
}

function costOfMillion({ cost, tokens }: Week): number {
  return (1_000 * cost) / tokens;
}

/** The longest window, whatever its age: a simulated probe is never late. */
function weekOf({ limits }: Account): Account['limits']['windows'][number] | null {
  return limits.windows.toSorted((a, b) => b.durationMinutes - a.durationMinutes)[0] ?? null;
}
