import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';

import * as z from 'zod';

const processSchema = z.strictObject({
  role: z.string(),
  pid: z.int(),
  rssBytes: z.int(),
  descriptors: z.int(),
});

/** One line of a soak's artefact; `atMs` is the time of the machine, `elapsedMs` the time soaked so far. */
export const lineSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('start'), atMs: z.int(), elapsedMs: z.number(), hours: z.number(), seed: z.int() }),
  z.strictObject({
    kind: z.literal('request'),
    atMs: z.int(),
    client: z.enum(['node', 'bun', 'opencode', 'direct']),
    ok: z.boolean(),
    excused: z.boolean().describe('The provider cut the answer after its first byte: nobody could have saved it.'),
    alias: z.string().nullable().describe('Who answered.'),
    ms: z.number(),
    detail: z.string().nullable(),
  }),
  z.strictObject({ kind: z.literal('event'), atMs: z.int(), name: z.string(), detail: z.string() }),
  z.strictObject({
    kind: z.literal('sample'),
    atMs: z.int(),
    elapsedMs: z.number(),
    supervisorPid: z.int(),
    eligible: z.array(z.string()).describe('Who could serve.'),
    forcedAlias: z.string().nullable(),
    processes: z.array(processSchema),
  }),
  z.strictObject({ kind: z.literal('violation'), atMs: z.int(), what: z.string(), detail: z.string() }),
]);
export type Line = z.infer<typeof lineSchema>;
export type Sample = Extract<Line, { kind: 'sample' }>;
export type ProcessSample = z.infer<typeof processSchema>;

/** A journal on disk: one JSON object a line, written as it happens. */
export interface Journal {
  add: (line: Line) => void;
}

/** Opens a journal for writing. Why: a line that a crash cut off would spoil the one that is written behind it. */
export function openJournal(file: string): Journal {
  if (existsSync(file)) truncateSync(file, readFileSync(file).lastIndexOf('\n') + 1);
  return { add: (line) => appendFileSync(file, `${JSON.stringify(line)}\n`) };
}

/** Reads a journal; a last line that a crash cut off is left out. */
export function readJournal(file: string): readonly Line[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  lines.pop();
  return lines.map((line) => lineSchema.parse(JSON.parse(line)));
}
