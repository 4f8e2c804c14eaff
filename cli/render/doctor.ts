import type { ToldFinding } from '../doctor/bundle.ts';
import type { Level } from '../doctor/finding.ts';
import type { Look, Paint } from './paint.ts';
import { plain } from './plain.ts';

/** What `oma doctor` found and did. */
export interface DoctorView {
  readonly ok: boolean;
  readonly fixed: readonly string[];
  readonly failed: readonly string[];
  readonly bundle: string | null;
  readonly findings: readonly ToldFinding[];
}

const MARKS = {
  problem: ['red', 'PROBLEM'],
  warning: ['yellow', 'WARNING'],
  note: ['cyan', 'note'],
  ok: ['green', 'ok'],
} as const satisfies Record<Level, readonly [Look, string]>;
const MARK_WIDTH = 9;

/** Writes the findings, worst first, each with what to do. */
export function doctorText({ fixed, failed, bundle, findings }: DoctorView, paint: Paint): string {
  return [
    ...fixed.map((done) => paint('green', `Fixed: ${plain(done)}`)),
    ...failed.map((what) => paint('red', `Not mended: ${plain(what)}`)),
    ...findings.flatMap((finding) => findingLines(finding, paint)),
    '',
    verdict(findings),
    ...(bundle === null ? [] : [`The file for whoever helps you: ${plain(bundle)}. Look at it before you send it.`]),
  ].join('\n');
}

function findingLines({ level, what, advice, fixable }: ToldFinding, paint: Paint): string[] {
  const [look, word] = MARKS[level];
  const first = `${paint(look, word)}${' '.repeat(MARK_WIDTH - word.length)}${plain(what)}`;
  if (advice === null) return [first];
  const remedy = `→ ${plain(advice)}${fixable ? ' (`oma doctor --fix` does it.)' : ''}`;
  return [first, `${' '.repeat(MARK_WIDTH)}${paint('dim', remedy)}`];
}

function verdict(findings: readonly ToldFinding[]): string {
  const count = (wanted: Level): number => findings.filter(({ level }) => level === wanted).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  if (problems + warnings === 0) return count('note') === 0 ? 'All is well.' : 'All is well, but see the notes.';
  const parts = [
    ...(problems === 0 ? [] : [`${String(problems)} ${problems === 1 ? 'problem' : 'problems'}`]),
    ...(warnings === 0 ? [] : [`${String(warnings)} ${warnings === 1 ? 'warning' : 'warnings'}`]),
  ];
  return `${parts.join(' and ')}.`;
}
