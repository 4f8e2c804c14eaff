import * as z from 'zod';

/** One line that `codex exec --json` prints. */
export type PrintedLine = z.infer<typeof printedSchema>;

/** One line of a session file. */
export type SessionLine = z.infer<typeof sessionLineSchema>;

/** Reads stdout; null unless every line is whole and is what codex prints. */
export function parsePrinted(stdout: string): readonly PrintedLine[] | null {
  return parseLines(stdout, printedSchema);
}

/** Reads the lines of stdout that can be read, for an explanation only: it proves nothing. */
export function skimPrinted(stdout: string): readonly PrintedLine[] {
  return skimLines(stdout, printedSchema);
}

/** Reads a session file; null unless every line is whole, in order, and none is missing. */
export function parseSession(text: string): readonly SessionLine[] | null {
  const lines = parseLines(text, sessionLineSchema);
  return lines?.every(({ ordinal }, index) => ordinal === index) === true ? lines : null;
}

/** Reads those lines of a session file that hold a word and can be read, for an explanation only: it proves nothing. */
export function skimSession(text: string, word: string): readonly SessionLine[] {
  const lines = text.split('\n').filter((line) => line.includes(word));
  return skimLines(lines.join('\n'), sessionLineSchema);
}

/** The value of a JSON text; undefined for anything else. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const textSchema = z.string();
const printedSchema = z.object({
  type: textSchema,
  thread_id: textSchema.optional(),
  message: textSchema.optional(),
  error: z.object({ message: textSchema }).optional(),
  item: z.object({ type: textSchema, text: textSchema.optional() }).optional(),
});

const sessionLineSchema = z.object({
  timestamp: z.iso.datetime(),
  ordinal: z.int().nonnegative(),
  type: textSchema,
  payload: z.record(z.string(), z.unknown()),
});

function parseLines<T extends z.ZodType>(text: string, schema: T): z.output<T>[] | null {
  // A file that was cut anywhere but between two lines ends without a line break.
  if (!text.endsWith('\n')) return null;
  const parsed: z.output<T>[] = [];
  for (const line of text.slice(0, -1).split('\n')) {
    const result = schema.safeParse(parseJson(line));
    if (!result.success) return null;
    parsed.push(result.data);
  }
  return parsed;
}

function skimLines<T extends z.ZodType>(text: string, schema: T): z.output<T>[] {
  return text.split('\n').flatMap((line) => {
    const result = schema.safeParse(parseJson(line));
    return result.success ? [result.data] : [];
  });
}
