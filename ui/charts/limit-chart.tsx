import 'uplot/dist/uPlot.min.css';
import './limit-chart.css';

import { useEffect, useId, useRef } from 'preact/hooks';
import uPlot from 'uplot';

import { useApp } from '../app-context.ts';
import type { Forecast, Sample } from '../forecast.ts';
import { clockTime, percent } from '../format.ts';

export interface LimitChartProps {
  readonly samples: readonly Sample[];
  readonly name: string;
  readonly owner: string;
  readonly forecast: Forecast | null;
}

const HEIGHT_PX = 150;
const TABLE_ROWS_MAX = 30;

/** What was left over time, drawn, and the same as a table for those who do not see drawings. */
export function LimitChart({ samples, name, owner, forecast }: LimitChartProps) {
  const { now, preferences } = useApp();
  const id = useId();
  const place = useRef<HTMLDivElement>(null);
  const theme = preferences.theme.value;
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const chart = draw(element, { samples, forecast, now: now.peek() });
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [samples.length, samples.at(-1)?.at, theme, forecast?.kind]);
  const rows = samples.slice(-TABLE_ROWS_MAX).reverse();
  return (
    <figure class="chart" aria-labelledby={id}>
      <div ref={place} class="chart-place" aria-hidden="true" />
      <figcaption id={id}>{summary(samples, name, now.peek())}</figcaption>
      <details>
        <summary>The figures as a table</summary>
        <table>
          <caption class="hidden-text">
            {owner}, {name} window, newest first
          </caption>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Left</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ at, usedPercent }) => (
              <tr key={at}>
                <td>{clockTime(at, now.peek())}</td>
                <td>{percent(Math.max(0, 100 - usedPercent))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

function summary(samples: readonly Sample[], name: string, now: number): string {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return `${name} window: no history`;
  const left = (sample: Sample): string => percent(Math.max(0, 100 - sample.usedPercent));
  return `${name} window: ${left(first)} left at ${clockTime(first.at, now)}, ${left(last)} at ${clockTime(last.at, now)}, ${samples.length} probes`;
}

interface Drawing {
  readonly samples: readonly Sample[];
  readonly forecast: Forecast | null;
  readonly now: number;
}

function draw(element: HTMLDivElement, { samples, forecast, now }: Drawing): uPlot {
  const style = getComputedStyle(element);
  const ink = colour(style, '--chart-ink');
  const grid = { stroke: colour(style, '--chart-grid'), width: 1 };
  const line = colour(style, '--chart-line');
  const axis: uPlot.Axis = { stroke: ink, grid, ticks: { show: false }, font: '11px system-ui, sans-serif' };
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  const options: uPlot.Options = {
    width: element.clientWidth,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { y: { range: [0, 100] } },
    axes: [
      { ...axis, space: 70, values: (_, times) => times.map((time) => clockTime(time * 1_000, now)) },
      { ...axis, size: 44, values: (_, values) => values.map((value) => `${value} %`) },
    ],
    series: [
      {},
      {
        stroke: line,
        width: 2,
        fill: colour(style, '--chart-fill'),
        points: { size: 4, fill: line },
        ...(stepped === undefined ? {} : { paths: stepped }),
      },
      { stroke: colour(style, '--chart-late'), width: 2, dash: [4, 4], points: { show: false } },
    ],
  };
  return new uPlot(options, dataOf(samples, forecast), element);
}

/** Seconds, what was left, and the forecast's line from the last figure to empty. */
function dataOf(samples: readonly Sample[], forecast: Forecast | null): uPlot.AlignedData {
  const left = samples.map(({ usedPercent }) => Math.max(0, 100 - usedPercent));
  const times = samples.map(({ at }) => at / 1_000);
  const none = samples.slice(1).map(() => null);
  if (forecast?.kind !== 'dry') return [times, left, [...none, null]];
  return [
    [...times, forecast.at / 1_000],
    [...left, null],
    [...none, left.at(-1) ?? null, 0],
  ];
}

/** A canvas does not know light-dark(), so the colour is taken from a property that a rule has resolved. */
function colour(style: CSSStyleDeclaration, name: string): string {
  return style.getPropertyValue(name).trim();
}
