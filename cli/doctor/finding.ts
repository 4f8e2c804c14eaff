/** How much a finding matters: only a problem makes `oma doctor` end badly. */
export type Level = 'ok' | 'note' | 'warning' | 'problem';

/** Something that can be mended without a decision of a person. */
export interface Fix {
  /** What it did, as a sentence. */
  readonly done: string;
  run: () => Promise<void>;
}

/** One thing that was looked at. Shape: `id` is stable, for scripts; `advice` null = there is nothing to do. */
export interface Finding {
  readonly id: string;
  readonly level: Level;
  readonly what: string;
  readonly advice: string | null;
  readonly fix: Fix | null;
}

/** Makes a finding that needs nobody. */
export function fine(id: string, what: string): Finding {
  return { id, level: 'ok', what, advice: null, fix: null };
}

/** Makes a finding with what to do about it. */
export function finding(
  level: Exclude<Level, 'ok'>,
  { id, what, advice, fix = null }: { id: string; what: string; advice: string | null; fix?: Fix | null },
): Finding {
  return { id, level, what, advice, fix };
}
