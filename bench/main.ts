/** Measures oma: `npm run bench -- [--smoke] [--out DIRECTORY] [--compare FILE] [SECTION…]`. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { format, resolveConfig } from 'prettier';

import { readWords } from '../test/support/arguments.ts';
import type { Section } from './harness/bench.ts';
import type { Figure } from './harness/figure.ts';
import { describeMachine, pinning } from './harness/machine.ts';
import { drawPlot } from './harness/plot.ts';
import { lineOf, markdownOf, type Measured } from './harness/report.ts';
import { readResults, regressions } from './harness/results.ts';
import { choice } from './sections/choice.ts';
import { growth } from './sections/growth.ts';
import { lease } from './sections/lease.ts';
import { processes } from './sections/processes.ts';
import { request } from './sections/request.ts';
import { store } from './sections/store.ts';
import { week } from './sections/week.ts';

const SECTIONS: readonly Section[] = [lease, request, choice, store, processes, growth, week];
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const REPORT = join(ROOT, 'docs', 'PERFORMANCE.md');
/** What stands between these lines of the report is written by a run of every section. */
const MARKS = ['<!-- bench: begin -->', '<!-- bench: end -->'] as const;

const { values, positionals } = readWords(
  {
    smoke: { type: 'boolean', default: false },
    out: { type: 'string', default: join(ROOT, 'bench', 'results') },
    compare: { type: 'string' },
  },
  SECTIONS.map(({ name }) => name),
);
const wanted = SECTIONS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

const pin = pinning();
const machine = describeMachine(pin);
const measured: Measured[] = [];
// Nobody reads the figures of a smoke run, so its sections need not wait for each other.
if (values.smoke) for (const section of await Promise.all(wanted.map(run))) await keep(section);
else for (const section of wanted) await keep(await run(section));
await report();

async function run({ name, title, pictures = [], run: measure }: Section): Promise<Measured> {
  const begunAt = performance.now();
  console.log(`\n${title}`);
  const size = (full: number, smoke: number): number => (values.smoke ? smoke : full);
  const figures = await measure({ size, pin, say: console.log });
  for (const figure of figures) console.log(`  ${lineOf(figure)}`);
  for (const picture of pictures) await draw(picture, figures);
  console.log(`  (${((performance.now() - begunAt) / 1_000).toFixed(0)} s)`);
  return { name, title, pictures, figures };
}

/** Why after each: what is measured is kept, should a later section fail. */
async function keep(section: Measured): Promise<void> {
  measured.push(section);
  await save('latest.json', `${JSON.stringify({ machine, sections: measured }, null, 2)}\n`);
  await save('latest.md', markdownOf(machine, measured));
}

async function draw(
  { file, title, prefix, xLabel }: NonNullable<Section['pictures']>[number],
  figures: readonly Figure[],
): Promise<void> {
  const shown = figures.filter(({ id }) => id.startsWith(prefix));
  const xOf = ({ id }: Figure): number => Number(id.slice(prefix.length));
  const p50 = shown.map((figure) => [xOf(figure), figure.ours.value] as const);
  const p99 = shown.map((figure) => [xOf(figure), figure.ours.p99 ?? figure.ours.value] as const);
  const series = [
    { name: 'p50', color: '#2f81f7', points: p50 },
    { name: 'p99', color: '#d29922', points: p99 },
  ];
  await save(file, drawPlot({ title, xLabel, yLabel: shown[0]?.unit ?? '', series }));
}

async function report(): Promise<void> {
  if (wanted.length === SECTIONS.length && !values.smoke) await rewriteReport(markdownOf(machine, measured));
  if (values.compare === undefined) return;
  const worse = regressions(await readResults(values.compare), { sections: measured });
  console.log(worse.length === 0 ? '\nNothing became worse.' : `\nWorse than before:\n  ${worse.join('\n  ')}`);
  if (worse.length > 0) process.exitCode = 1;
}

/** Why: a run of every section is the report; anything less stays beside it. */
async function rewriteReport(markdown: string): Promise<void> {
  const before = await readFile(REPORT, 'utf8');
  const [begin, end] = MARKS.map((mark) => before.indexOf(mark));
  if (begin === undefined || end === undefined || begin < 0 || end < begin)
    throw new Error('docs/PERFORMANCE.md has lost the lines between which the tables stand.');
  const text = `${before.slice(0, begin)}${MARKS[0]}\n\n${markdown}\n${before.slice(end)}`;
  await writeFile(REPORT, await format(text, { ...(await resolveConfig(REPORT)), parser: 'markdown' }));
}

async function save(name: string, text: string): Promise<void> {
  const directory = name.endsWith('.svg') && !values.smoke ? join(ROOT, 'docs') : values.out;
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, name), text);
}
