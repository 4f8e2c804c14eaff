/** One line of the acceptance list. */
export interface Line {
  readonly id: string;
  readonly text: string;
  /** Whether a test must prove it; the other lines say what to build or to write down. */
  readonly isVerification: boolean;
}

/** A test as its report has it. */
export interface TestResult {
  readonly fullName: string;
  readonly status: string;
}

/** The report of one run of some test files. Units: `startTime` milliseconds. */
export interface Report {
  readonly startTime: number;
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly TestResult[] }[];
}

/** A line with the tests that cite it. Shape: `failed` as soon as one of them failed, `passed` when at least one did pass. */
export interface TracedLine extends Line {
  readonly tests: readonly string[];
  readonly verdict: 'passed' | 'failed' | 'none';
}

/** Verification lines, the contracts, and the lines of phase H, which has no verification lines but is verification as a whole. */
const VERIFICATION = /^(?:[A-I]\.L\d+|S\.\d+|H\.T)\.\d+$/;
const CITATION = /\[([A-IS]\.[\dA-Z][\w.]*)\]/g;

/** Reads the lines `- \`ID\` wording` of the list. Shape: wording that ends in a colon is a heading, and wants no test. */
export function parseList(markdown: string): readonly Line[] {
  return [...markdown.matchAll(/^- `([A-Z](?:\.[A-Z]?\d*)+)` (.+)$/gm)].map(([, id = '', text = '']) => ({
    id,
    text,
    isVerification: VERIFICATION.test(id) && !text.endsWith(':'),
  }));
}

/** The results of these test files, each from the newest report about it; a report of a file that is not among them says nothing. */
export function newestResults(reports: readonly Report[], files: readonly string[]): readonly TestResult[] {
  const newest = new Map<string, readonly TestResult[]>();
  for (const { testResults } of reports.toSorted((a, b) => a.startTime - b.startTime))
    for (const { name, assertionResults } of testResults) newest.set(name, assertionResults);
  return files.flatMap((file) => newest.get(file) ?? []);
}

/** Finds for each line the tests whose titles cite its id in brackets. */
export function traced(lines: readonly Line[], results: readonly TestResult[]): readonly TracedLine[] {
  const citing = Map.groupBy(
    results.flatMap((result) => citedIn(result.fullName).map((id) => ({ id, result }))),
    ({ id }) => id,
  );
  return lines.map((line) => {
    const cited = (citing.get(line.id) ?? []).map(({ result }) => result);
    return { ...line, tests: cited.map(({ fullName }) => fullName), verdict: verdictOf(cited) };
  });
}

/** Ids that tests cite and no line has: a slip of the pen would prove nothing, unnoticed. */
export function unknownIds(lines: readonly Line[], results: readonly TestResult[]): readonly string[] {
  const known = new Set(lines.map(({ id }) => id));
  const cited = new Set(results.flatMap(({ fullName }) => citedIn(fullName)));
  return [...cited].filter((id) => !known.has(id)).toSorted();
}

function citedIn(title: string): readonly string[] {
  return [...title.matchAll(CITATION)].flatMap(([, id]) => id ?? []);
}

/** A test that this machine cannot run says nothing, so it neither proves a line nor spoils it. */
function verdictOf(cited: readonly TestResult[]): TracedLine['verdict'] {
  if (cited.some(({ status }) => status === 'failed')) return 'failed';
  return cited.some(({ status }) => status === 'passed') ? 'passed' : 'none';
}
