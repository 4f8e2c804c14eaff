import 'uplot/dist/uPlot.min.css';
import './limit-chart.css';

import { useEffect, useId, useRef } from 'preact/hooks';

import { useApp } from '../app-context.ts';
import type { Forecast, Sample } from '../forecast.ts';
import { clockTime, percent } from '../format.ts';
import { columnsOf } from './chart-data.ts';
import { drawChart, HEIGHT_PX } from './draw-chart.ts';

export interface LimitChartProps {
  readonly samples: readonly Sample[];
  readonly name: string;
  readonly owner: string;
  readonly forecast: Forecast | null;
}

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
    const columns = columnsOf(samples, forecast);
    const held = { chart: drawChart(element, columns) };
    const redraw = (): void => {
      held.chart.destroy();
      held.chart = drawChart(element, columns);
    };
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', redraw);
    const observer = new ResizeObserver(() => held.chart.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      system.removeEventListener('change', redraw);
      held.chart.destroy();
    };
  }, [samples.length, samples.at(-1)?.at, theme, JSON.stringify(forecast)]);
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
