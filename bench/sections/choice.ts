import { strategySchema } from '../../contract/settings.ts';
import { NO_NEEDS } from '../../supervisor/core/eligibility.ts';
import { chooseAccount } from '../../supervisor/core/lease.ts';
import type { State } from '../../supervisor/core/state.ts';
import { settingsWith, stateOf } from '../harness/accounts.ts';
import type { Bench, Section } from '../harness/bench.ts';
import { type Figure, figure, part } from '../harness/figure.ts';

const SIZES = [3, 20, 200, 10_000];
const LIMIT_US = 100;

/** What the pure choice costs by itself: every account looked at as far as the strategy needs, the use counted, the session not bound. */
export const choice: Section = {
  name: 'choice',
  title: 'The choice of an account, pure',
  run: (bench) => {
    const now = Date.now();
    const states = SIZES.map((count) => stateOf(count, now));
    const figures = strategySchema.options.flatMap((strategy) =>
      states.map((state): Figure => {
        const picksUs = measure(bench, state, { strategy, now });
        const { length } = state.accounts;
        return figure({
          id: `choice.${strategy}.${String(length)}`,
          what: `${strategy}, ${length.toLocaleString('en')} accounts`,
          unit: 'µs',
          ours: part('oma', picksUs),
          bar: length === 10_000 ? { of: 'value', limit: LIMIT_US } : null,
          note: `${Math.round(1_000_000 / part('', picksUs).value).toLocaleString('en')} picks a second`,
        });
      }),
    );
    return Promise.resolve(figures);
  },
};

/** Microseconds a pick, one value a round. */
function measure(
  { size }: Bench,
  start: State,
  { strategy, now }: { readonly strategy: (typeof strategySchema.options)[number]; readonly now: number },
): readonly number[] {
  const settings = settingsWith({ rotationStrategy: strategy });
  const picks = size(Math.ceil(200_000 / (20 + start.accounts.length)), 3);
  const input = { needs: { ...NO_NEEDS, model: 'gpt-5.5' }, sessionId: null, settings };
  let state = start;
  const round = (): number => {
    const begunAt = performance.now();
    for (let pick = 0; pick < picks; pick += 1) [state] = chooseAccount(state, input, now + pick);
    return ((performance.now() - begunAt) * 1_000) / picks;
  };
  round(); // only warms up
  return Array.from({ length: size(9, 1) }, round);
}
