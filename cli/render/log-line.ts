import * as z from 'zod';

import { auditEntrySchema } from '../../contract/audit.ts';
import { decisionSchema } from '../../contract/decision.ts';
import { decisionLine } from './decision.ts';
import type { Look, Paint } from './paint.ts';
import { plain } from './plain.ts';
import { clock } from './time.ts';

const lineSchema = z.looseObject({
  level: z.number(),
  time: z.number(),
  msg: z.string().default(''),
  name: z.string().optional(),
});

/** Fields of pino that the pretty line shows in its own way or not at all. */
const SHOWN_OTHERWISE = new Set(['level', 'time', 'msg', 'name', 'pid', 'hostname', 'v']);

const LEVELS: readonly { readonly from: number; readonly word: string; readonly look: Look }[] = [
  { from: 60, word: 'FATAL', look: 'red' },
  { from: 50, word: 'ERROR', look: 'red' },
  { from: 40, word: 'WARN ', look: 'yellow' },
  { from: 30, word: 'INFO ', look: 'green' },
  { from: 20, word: 'DEBUG', look: 'dim' },
];
const LOWEST = { word: 'TRACE', look: 'dim' } as const;

const errorSchema = z.looseObject({
  name: z.string().default('Error'),
  message: z.string(),
  stack: z.string().default(''),
});

/** Writes one line of the log for people, an error with its stack below it; a line that is no log record comes out as it is, made safe to print. */
export function logLineText(line: string, paint: Paint): string {
  const parsed = lineSchema.safeParse(jsonOf(line));
  if (!parsed.success) return plain(line);
  const { level, time, msg, name } = parsed.data;
  const { word, look } = LEVELS.find(({ from }) => level >= from) ?? LOWEST;
  const error = errorSchema.safeParse(parsed.data['err']);
  const fields = Object.entries(parsed.data)
    .filter(([key]) => !SHOWN_OTHERWISE.has(key) && !(key === 'err' && error.success))
    .map(([key, value]) => recordText(key, value) ?? paint('dim', `${plain(key)}=${valueText(value)}`));
  const who = name === undefined ? [] : [plain(name)];
  const head = [paint('dim', clock(time)), paint(look, word), ...who, plain(msg), ...fields]
    .filter((part) => part !== '')
    .join(' ');
  return [head, ...(error.success ? errorLines(error.data, paint) : [])].join('\n');
}

/** The records that people look for in a log, in words; null for any other field. */
function recordText(key: string, value: unknown): string | null {
  if (key === 'decision') {
    const decision = decisionSchema.safeParse(value);
    return decision.success ? decisionLine(decision.data) : null;
  }
  if (key !== 'audit') return null;
  const entry = auditEntrySchema.safeParse(value);
  if (!entry.success) return null;
  const { actor, action, target, detail } = entry.data;
  return [action, ...(target === null ? [] : [target]), 'by', actor, valueText(detail)].map(plain).join(' ');
}

function errorLines({ name, message, stack }: z.infer<typeof errorSchema>, paint: Paint): string[] {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return [
    paint('red', `  ${plain(`${name}: ${message}`)}`),
    ...frames.map((frame) => paint('dim', `    ${plain(frame)}`)),
  ];
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function valueText(value: unknown): string {
  return plain(typeof value === 'string' ? value : JSON.stringify(value));
}
