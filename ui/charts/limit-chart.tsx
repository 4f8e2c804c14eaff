import 'uplot/dist/uPlot.min.css';
import './limit-chart.css';

import { useId } from 'preact/hooks';

import { useApp } from '../app-context.ts';
import type { Forecast, Sample } from '../forecast.ts';
import { clockTime, percent } from '../format.ts';
import { columnsOf, leftIn } from './chart-data.ts';
import { leftAt } from './chart-reading.ts';
import { DrawnChart } from './drawn-chart.tsx';

export interface LimitChartProps {
  readonly samples: readonly Sample[];
  readonly name: string;
  readonly owner: string;
  readonly forecast: Forecast | null;
}

const TABLE_ROWS_MAX = 30;

/** What was left over time, drawn, and the same as a table for those who do not see drawings. */
export function LimitChart({ samples, name, owner, forecast }: LimitChartProps) {
  const { now } = useApp();
  const id = useId();
  const rows = samples.slice(-TABLE_ROWS_MAX).reverse();
  return (
    <figure class="chart" aria-labelledby={id}>
      <DrawnChart
        columns={columnsOf(samples, forecast)}
        newest={samples.length - 1}
        name={`${owner}, ${name} window: history`}
      />
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
            {rows.map((sample) => (
              <tr key={sample.at}>
                <td>{clockTime(sample.at, now.peek())}</td>
                <td>{percent(leftIn(sample))}</td>
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
  const say = (sample: Sample): string => leftAt(leftIn(sample), sample.at, now);
  return `${name} window: ${say(first)}, ${say(last)}, ${samples.length} probes`;
}
