import type { Paint } from './paint.ts';
import { plain } from './plain.ts';

/** Lines around a change that are shown with it. */
const CONTEXT_LINES = 2;

/** Writes how one text becomes another: the lines between their common beginning and end. */
export function diffText(before: string, after: string, paint: Paint): string {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const head = commonLength(old, fresh);
  const tail = commonLength(old.slice(head).reverse(), fresh.slice(head).reverse());
  const around = (lines: readonly string[]): string[] => lines.map((line) => `  ${spaced(line)}`);
  return [
    ...around(old.slice(Math.max(0, head - CONTEXT_LINES), head)),
    ...old.slice(head, old.length - tail).map((line) => paint('red', `- ${spaced(line)}`)),
    ...fresh.slice(head, fresh.length - tail).map((line) => paint('green', `+ ${spaced(line)}`)),
    ...around(old.slice(old.length - tail, old.length - tail + CONTEXT_LINES)),
  ].join('\n');
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function commonLength(one: readonly string[], other: readonly string[]): number {
  const end = one.findIndex((line, index) => line !== other[index]);
  return end === -1 ? Math.min(one.length, other.length) : end;
}

// Indentation matters in a diff, and `plain` would trim it away.
function spaced(line: string): string {
  return `${/^[ \t]*/.exec(line)?.[0].replaceAll('\t', '  ') ?? ''}${plain(line)}`;
}
