/** One line of a plot. Shape: points ascend in x; both coordinates are above 0. */
export interface Series {
  readonly name: string;
  readonly color: string;
  readonly points: readonly (readonly [number, number])[];
}

/** What a plot shows; both axes are logarithmic. */
export interface Plot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
}

const WIDTH = 640;
const HEIGHT = 360;
const BOX = { left: 64, right: 120, top: 44, bottom: 48 };

interface Axis {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Draws a plot as SVG; readable on a light and on a dark page. */
export function drawPlot({ title, xLabel, yLabel, series }: Plot): string {
  const points = series.flatMap((line) => line.points);
  const x = axis(
    points.map(([value]) => value),
    [BOX.left, WIDTH - BOX.right],
  );
  const y = axis(
    points.map(([, value]) => value),
    [HEIGHT - BOX.bottom, BOX.top],
  );
  const body = [
    text({ x: BOX.left, y: 22 }, title, 'font-size="15" font-weight="600"'),
    text({ x: (BOX.left + WIDTH - BOX.right) / 2, y: HEIGHT - 10 }, xLabel, 'text-anchor="middle"'),
    text({ x: BOX.left - 8, y: BOX.top - 8 }, yLabel, 'text-anchor="end"'),
    ...x.ticks.map((tick) => {
      const at = x.place(tick);
      const label = text({ x: at, y: HEIGHT - BOX.bottom + 18 }, short(tick), 'text-anchor="middle"');
      return rule([at, BOX.top], [at, HEIGHT - BOX.bottom]) + label;
    }),
    ...y.ticks.map((tick) => {
      const at = y.place(tick);
      const label = text({ x: BOX.left - 8, y: at + 4 }, short(tick), 'text-anchor="end"');
      return rule([BOX.left, at], [WIDTH - BOX.right, at]) + label;
    }),
    ...series.map((line) => drawSeries(line, x, y)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} ${String(HEIGHT)}" font-family="system-ui, sans-serif" font-size="12" fill="#7a828e">\n${body.join('\n')}\n</svg>\n`;
}

function drawSeries({ name, color, points }: Series, x: Axis, y: Axis): string {
  const places = points.map(([px, py]) => [x.place(px), y.place(py)] as const);
  const path = places.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(' ');
  const dots = places.map(([px, py]) => `<circle cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="3" fill="${color}"/>`);
  const [endX, endY] = places.at(-1) ?? [0, 0];
  const label = text({ x: endX + 8, y: endY + 4 }, name, `fill="${color}"`);
  return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"/>${dots.join('')}${label}`;
}

function axis(values: readonly number[], [from, to]: readonly [number, number]): Axis {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(Math.ceil(Math.log10(Math.max(...values))), low + 1);
  return {
    place: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: high - low + 1 }, (_, step) => 10 ** (low + step)),
  };
}

function rule([x1, y1]: readonly [number, number], [x2, y2]: readonly [number, number]): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="#7a828e" stroke-opacity="0.25"/>`;
}

function text(at: { readonly x: number; readonly y: number }, words: string, attributes: string): string {
  return `<text x="${at.x.toFixed(1)}" y="${at.y.toFixed(1)}" ${attributes}>${words}</text>`;
}

function short(value: number): string {
  return value >= 1_000_000
    ? `${String(value / 1_000_000)}M`
    : value >= 1_000
      ? `${String(value / 1_000)}k`
      : String(value);
}
