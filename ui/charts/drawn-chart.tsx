import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';

import { useApp } from '../app-context.ts';
import type { Columns } from './chart-data.ts';
import { movedBy, readingAt } from './chart-reading.ts';
import { drawChart, HEIGHT_PX } from './draw-chart.ts';

export interface DrawnChartProps {
  readonly columns: Columns;
  /** The newest figure that was probed; the keyboard begins there. Shape: an index of the columns. */
  readonly newest: number;
  readonly name: string;
}

/** A chart that says the figure under the pointer, or where the arrow keys lead. Why a slider: it is the only role whose value arrow keys move. */
export function DrawnChart({ columns, newest, name }: DrawnChartProps) {
  const { now } = useApp();
  const { place, shown, show } = useDrawing(columns);
  const count = columns[0].length;
  const index = shown.value ?? newest;
  const reading = readingAt(columns, index, now.peek());
  return (
    <div
      ref={place}
      class="chart-place"
      role="slider"
      tabIndex={0}
      aria-readonly="true"
      aria-label={name}
      aria-valuemin={0}
      aria-valuemax={count - 1}
      aria-valuenow={index}
      aria-valuetext={reading}
      onFocus={(event) => {
        if (event.currentTarget.matches(':focus-visible')) show(newest);
      }}
      onBlur={() => show(null)}
      onKeyDown={(event) => {
        const next = event.key === 'Escape' ? null : movedBy(event.key, index, count);
        if (next === null && event.key !== 'Escape') return;
        event.preventDefault();
        show(next);
      }}
    >
      {shown.value !== null && (
        <output class="chart-reading" style={beside(shareOf(columns, index))} aria-hidden="true">
          {reading}
        </output>
      )}
    </div>
  );
}

/** Keeps a drawing of the columns in the place it returns. Shape: `shown` is the instant that is read, `show` moves there. */
function useDrawing(columns: Columns) {
  const { preferences } = useApp();
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const shown = useSignal<number | null>(null);
  const show = (index: number | null): void => {
    const at = index === null ? undefined : columns[0][index];
    chart.current?.setCursor(at === undefined ? NOWHERE : { left: chart.current.valToPos(at, 'x'), top: 0 });
  };
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const draw = (): void => {
      const index = shown.peek();
      chart.current?.destroy();
      chart.current = drawChart(element, columns, (read) => (shown.value = read));
      if (document.activeElement === element) show(index);
    };
    draw();
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', draw);
    const observer = new ResizeObserver(() =>
      chart.current?.setSize({ width: element.clientWidth, height: HEIGHT_PX }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      system.removeEventListener('change', draw);
      chart.current?.destroy();
      chart.current = null;
    };
  }, [preferences.theme.value, JSON.stringify(columns)]);
  return { place, shown, show };
}

const NOWHERE = { left: -10, top: -10 };

/** How far along the chart an instant lies, from 0 to 1. */
function shareOf([times]: Columns, index: number): number {
  const first = times[0] ?? 0;
  const span = (times.at(-1) ?? first) - first;
  return span === 0 ? 0 : ((times[index] ?? first) - first) / span;
}

/** Over the line, and never beyond the chart: right of the line at the left edge, left of it at the right one. */
function beside(share: number): { readonly left: string; readonly translate: string } {
  return { left: `${100 * share}%`, translate: `${-100 * share}%` };
}
