import { type Figure, meetsBar, type Part } from './figure.ts';
import type { Machine } from './machine.ts';

/** One section as it was measured. */
export interface Measured {
  readonly name: string;
  readonly title: string;
  readonly pictures: readonly { readonly file: string; readonly title: string }[];
  readonly figures: readonly Figure[];
}

/** The report as Markdown: the machine, then one table a section. */
export function markdownOf(machine: Machine, sections: readonly Measured[]): string {
  const facts = Object.entries(machine).map(([name, value]) => `| ${name} | ${value} |`);
  return ['| machine | |', '| --- | --- |', ...facts, '', ...sections.flatMap(sectionOf)].join('\n');
}

/** One figure in one line, for the terminal. */
export function lineOf(figure: Figure): string {
  const { what, ours, beside, unit, ratio } = figure;
  const others = beside.map((one) => `${one.name} ${partText(one)}`).join(', ');
  const words = [`${what}: ${partText(ours)} ${unit}`, others === '' ? '' : `against ${others}`];
  return [...words, ratio === null ? '' : `= ${number(ratio)}x`, verdict(figure)].filter(Boolean).join('  ');
}

function sectionOf({ title, pictures, figures }: Measured): readonly string[] {
  return [
    `### ${title}`,
    '',
    '| what | ours, p50 (p99) | beside it | ratio | bar | |',
    '| --- | ---: | ---: | ---: | ---: | --- |',
    ...figures.map(rowOf),
    '',
    ...notesOf(figures),
    ...pictures.flatMap(({ file, title: caption }) => [`![${caption}](${file})`, '']),
  ];
}

function rowOf(figure: Figure): string {
  const { what, ours, beside, unit, ratio } = figure;
  const others = beside.map((one) => `${one.name}${one.elsewhere ? '\\*' : ''} ${partText(one)}`).join('<br>');
  const cells = [what, `${partText(ours)} ${unit}`.trim(), others, ratio === null ? '' : `${number(ratio)}x`];
  return `| ${[...cells, barText(figure), verdict(figure)].join(' | ')} |`;
}

/** Each note once, with what it belongs to where it does not belong to all. */
function notesOf(figures: readonly Figure[]): readonly string[] {
  const notes = new Map<string, string[]>();
  for (const { note, what } of figures) if (note !== '') notes.set(note, [...(notes.get(note) ?? []), what]);
  const lines = [...notes].map(([note, whats]) => `- ${whats.length === 1 ? `${whats[0] ?? ''}: ` : ''}${note}`);
  const hasElsewhere = figures.some(({ beside }) => beside.some(({ elsewhere }) => elsewhere));
  if (hasElsewhere) lines.push('- \\* published figures, measured elsewhere and not in this run.');
  return lines.length === 0 ? [] : [...lines, ''];
}

function partText({ value, p99 }: Part): string {
  return p99 === null ? number(value) : `${number(value)} (${number(p99)})`;
}

function barText({ bar, better, unit }: Figure): string {
  if (bar === null) return '';
  const limit = bar.of === 'ratio' ? `${number(bar.limit)}x` : `${number(bar.limit)} ${unit}`.trim();
  return `${better === 'lower' ? '≤' : '≥'} ${limit}`;
}

function verdict(figure: Figure): string {
  const meets = meetsBar(figure);
  return meets === null ? '' : meets ? 'met' : '**missed**';
}

/** Three significant digits. */
function number(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Math.abs(value) >= 1_000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}
