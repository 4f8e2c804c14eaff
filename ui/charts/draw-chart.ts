import uPlot from 'uplot';

import { axisTimes, type Columns } from './chart-data.ts';

/** Of the whole drawing and of its time axis, in pixels. */
export const HEIGHT_PX = 150;
const AXIS_PX = 26;

/** The edges of the band come first, so that the lines are drawn over it. */
const SLOW = 1;
const FAST = 2;

/** Draws what was left and the forecast's band into an element, in the colours its style names; tells which instant the pointer is at, or null. */
export function drawChart(element: HTMLElement, columns: Columns, onRead: (index: number | null) => void): uPlot {
  const style = getComputedStyle(element);
  // A canvas does not know light-dark(), so each colour is taken from a property that a rule has resolved.
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const line = colour('--chart-line');
  const axis: uPlot.Axis = {
    stroke: colour('--chart-ink'),
    grid: { stroke: colour('--chart-grid'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  const edge: uPlot.Series = { stroke: 'transparent', points: { show: false } };
  const options: uPlot.Options = {
    width: element.clientWidth,
    height: HEIGHT_PX,
    padding: [8, 20, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 9 } },
    hooks: { setCursor: [({ cursor }) => onRead(cursor.idx ?? null)] },
    scales: { y: { range: [0, 100] } },
    axes: [
      { ...axis, size: AXIS_PX, space: 62, values: (_, marks) => [...axisTimes(marks)] },
      { ...axis, size: 44, values: (_, values) => values.map((value) => `${value} %`) },
    ],
    series: [
      {},
      edge,
      edge,
      {
        stroke: line,
        width: 2,
        fill: colour('--chart-fill'),
        points: { show: true, size: 4, fill: line },
        ...(stepped === undefined ? {} : { paths: stepped }),
      },
      { stroke: colour('--chart-late'), width: 2, dash: [4, 4], points: { show: false } },
    ],
    bands: [{ series: [SLOW, FAST], fill: colour('--chart-band') }],
  };
  const [at, ...rest] = columns;
  return new uPlot(options, [at, ...rest], element);
}
