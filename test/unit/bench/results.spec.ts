import { describe, expect, it } from 'vitest';

import { elsewhere, type Figure, figure, type FigureInput, meetsBar, part } from '../../../bench/harness/figure.ts';
import { drawPlot } from '../../../bench/harness/plot.ts';
import { markdownOf } from '../../../bench/harness/report.ts';
import { regressions } from '../../../bench/harness/results.ts';
import { quantile, ratios, summarize } from '../../../bench/harness/statistics.ts';

function made(change: Partial<FigureInput> = {}): Figure {
  return figure({ id: 'x', what: 'a lease', unit: 'µs', ours: part('oma', [30, 10, 20]), ...change });
}

function resultsOf(...figures: readonly Figure[]): { readonly sections: readonly { figures: readonly Figure[] }[] } {
  return { sections: [{ figures }] };
}

describe('the figures of the bench', () => {
  it('are medians over the rounds, and so are the ratios taken in each of them', () => {
    const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(summarize(samples)).toEqual({ p50: 51, p95: 96, p99: 100 });
    expect(quantile([], 0.5)).toBeNaN();
    expect(ratios([2, 9], [1, 3])).toEqual([2, 3]);
    expect(made({ rounds: [1, 9, 2] })).toMatchObject({ ours: { value: 20 }, ratio: 2 });
  });

  it.each([
    { better: 'lower' as const, value: 1.6, meets: true },
    { better: 'lower' as const, value: 1.61, meets: false },
    { better: 'higher' as const, value: 0.44, meets: false },
    { better: 'higher' as const, value: 1.61, meets: true },
  ])('of which $better is better meet a bar of 1.6 at $value: $meets', ({ better, value, meets }) => {
    const limit = better === 'lower' ? 1.6 : 0.45;
    expect(meetsBar(made({ better, rounds: [value], bar: { of: 'ratio', limit } }))).toBe(meets);
  });

  it('that cannot be measured do not meet their bar', () => {
    expect(meetsBar(made({ rounds: [Number.NaN], bar: { of: 'ratio', limit: 2 } }))).toBe(false);
    expect(meetsBar(made({ bar: { of: 'ratio', limit: 2 } }))).toBe(false);
    expect(meetsBar(made())).toBeNull();
  });

  it('flag what became worse by a quarter or lost its bar, and nothing else', () => {
    const bar = { of: 'ratio', limit: 2 } as const;
    const before = resultsOf(made({ rounds: [1.9], bar }));
    expect(regressions(before, resultsOf(made({ rounds: [1.95], bar })))).toEqual([]);
    expect(regressions(before, resultsOf(made({ rounds: [2.1], bar })))).toEqual([
      'a lease: the bar was met and is missed now.',
    ]);
    expect(regressions(resultsOf(made({ rounds: [1] })), resultsOf(made({ rounds: [1.3] })))).toEqual([
      'a lease: 1.00x before, 1.30x now.',
    ]);
    const higher = { better: 'higher' as const };
    expect(
      regressions(resultsOf(made({ ...higher, rounds: [1] })), resultsOf(made({ ...higher, rounds: [1.3] }))),
    ).toEqual([]);
    expect(
      regressions(resultsOf(made({ ours: part('oma', [1]) })), resultsOf(made({ ours: part('oma', [9]) }))),
    ).toEqual([]);
  });

  it('are told with what stands beside them, marked where it was measured elsewhere', () => {
    const shown = made({
      ours: part('oma', [20], [99]),
      beside: [elsewhere('upstream', 5_100)],
      rounds: [0.004],
      bar: { of: 'ratio', limit: 0.05 },
      note: 'Not alike.',
    });
    const text = markdownOf({ cpu: 'two' }, [{ name: 'a', title: 'Leases', pictures: [], figures: [shown] }]);
    expect(text).toContain('| a lease | 20 (99) µs | upstream\\* 5,100 | 0.004x | ≤ 0.05x | met |');
    expect(text).toContain('- a lease: Not alike.');
    expect(text).toContain('measured elsewhere');
  });

  it('are drawn with one point each', () => {
    const svg = drawPlot({
      title: 'Growth',
      xLabel: 'clients',
      yLabel: 'µs',
      series: [
        {
          name: 'p50',
          color: '#000',
          points: [
            [1, 10],
            [100, 1_000],
          ],
        },
      ],
    });
    expect(svg.match(/<circle/g)).toHaveLength(2);
    expect(svg).not.toContain('NaN');
  });
});
