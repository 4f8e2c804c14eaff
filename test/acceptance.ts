/** One line of the acceptance list. */
export interface Line {
  readonly id: string;
  readonly text: string;
  /** Verification lines (`X.Ln.m`) each need a test; the others say what to build or to write down. */
  readonly isVerification: boolean;
}

/** A test as its report has it. */
export interface TestResult {
  readonly fullName: string;
  readonly status: string;
}

/** A line with the tests that cite it. Shape: `failed` as soon as one of them did not pass. */
export interface TracedLine extends Line {
  readonly tests: readonly string[];
  readonly verdict: 'passed' | 'failed' | 'none';
}

/** Reads the lines `- \`ID\` wording` of the list. */
export function parseList(markdown: string): readonly Line[] {
  return [...markdown.matchAll(/^- `([A-Z](?:\.[A-Z]?\d*)+)` (.+)$/gm)].map(([, id = '', text = '']) => ({
    id,
    text,
    isVerification: /^[A-I]\.L\d+\.\d+$/.test(id),
  }));
}

/** Finds for each line the tests whose titles cite its id in brackets. */
export function traced(lines: readonly Line[], results: readonly TestResult[]): readonly TracedLine[] {
  const citing = new Map<string, TestResult[]>();
  for (const result of results)
    for (const [, id = ''] of result.fullName.matchAll(/\[([A-Z][\w.]+)\]/g))
      citing.set(id, [...(citing.get(id) ?? []), result]);
  return lines.map((line) => {
    const cited = citing.get(line.id) ?? [];
    const hasFailed = cited.some(({ status }) => status !== 'passed');
    const verdict = cited.length === 0 ? 'none' : hasFailed ? 'failed' : 'passed';
    return { ...line, tests: cited.map(({ fullName }) => fullName), verdict };
  });
}
