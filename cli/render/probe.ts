import type { ProbeRunView } from '../../contract/probe.ts';
import type { Look } from './paint.ts';
import { plain } from './plain.ts';
import type { ViewLook } from './status.ts';
import { indent, table } from './table.ts';

type Item = ProbeRunView['items'][number];

const STATES = {
  queued: { word: 'waiting', look: 'dim' },
  running: { word: 'probing', look: 'cyan' },
  success: { word: 'done', look: 'green' },
  no_data: { word: 'no data', look: 'yellow' },
  error: { word: 'failed', look: 'red' },
} as const satisfies Record<Item['state'], { word: string; look: Look }>;

/** Writes a finished probe run: one line an account, and under it what was tried without success. */
export function probeText(run: ProbeRunView, look: ViewLook): string {
  if (run.items.length === 0) return 'There was no account to probe.';
  const lines = table(run.items.map((item) => rowOf(item, look))).split('\n');
  return run.items.flatMap((item, index) => [lines[index] ?? '', ...attemptsOf(item, look)]).join('\n');
}

/** Writes a running probe in one line. */
export function probeProgress(run: ProbeRunView): string {
  const over = run.items.filter(({ state }) => state !== 'queued' && state !== 'running').length;
  const running = run.items.filter(({ state }) => state === 'running').map(({ alias }) => alias);
  return `Probing ${String(over)}/${String(run.items.length)}${running.length === 0 ? '' : `: ${running.join(', ')}`}`;
}

/** Tells whether every account of the run got its figures. */
export function probeSucceeded(run: ProbeRunView): boolean {
  return run.items.every(({ state }) => state === 'success');
}

function rowOf(item: Item, { paint }: ViewLook): string[] {
  const { word, look } = STATES[item.state];
  return [paint('bold', item.alias), paint(look, word), item.source ?? '-', plain(item.message)];
}

/** What was tried in vain. Why: a retired model is no news once the next one answered, but a source that was left is. */
function attemptsOf(item: Item, { paint }: ViewLook): string[] {
  const told = item.state === 'success' ? item.attempts.filter(({ source }) => source !== item.source) : item.attempts;
  return told.map(({ source, model, effort, code, message }) => {
    const what = [source, model, effort].filter((word) => word !== null).map(plain);
    return indent(paint('dim', `${what.join(' ')}: ${code ?? 'completed'}, ${plain(message)}`));
  });
}
