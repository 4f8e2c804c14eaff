import { describe, expect, it } from 'vitest';

import { newestResults, parseList, traced, unknownIds } from '../acceptance.ts';

const LIST = parseList(
  '## Phase B\n- `B.L1.1` Unit test: bounded\n- `B.T.1` Replace\n- `S.1.1` Contract\n- `H.T.1` L0 gates:\n- `H.T.2` npm ci\nno line',
);
const result = (fullName: string, status = 'passed') => ({ fullName, status });

describe('the trace of the acceptance list', () => {
  it('reads ids with their wording, and knows which want a test', () => {
    expect(LIST.map(({ id, isVerification }) => [id, isVerification])).toEqual([
      ['B.L1.1', true],
      ['B.T.1', false],
      ['S.1.1', true],
      ['H.T.1', false],
      ['H.T.2', true],
    ]);
  });

  it('finds citing tests: one that failed spoils the line, one that was skipped neither proves nor spoils it', () => {
    const verdicts = (...results: Parameters<typeof traced>[1]) =>
      traced(LIST.slice(0, 3), results).map(({ verdict }) => verdict);
    const passed = result('retries [B.L1.1] three at most');
    expect(verdicts(passed)).toEqual(['passed', 'none', 'none']);
    expect(verdicts(passed, result('[B.L1.1] [S.1.1]', 'failed'))).toEqual(['failed', 'none', 'failed']);
    expect(verdicts(passed, result('[B.L1.1] [S.1.1]', 'skipped'))).toEqual(['passed', 'none', 'none']);
  });

  it('names cited ids that are none, and takes other brackets for words', () => {
    expect(unknownIds(LIST, [result('[B.L1.1] [B.L1.99] [B.L1.1a] [redacted] [Symbol.iterator] a[0]')])).toEqual([
      'B.L1.1a',
      'B.L1.99',
    ]);
  });

  it('believes the newest report about each file, and none about a file that is gone', () => {
    const report = (startTime: number, name: string, status: string) => ({
      startTime,
      testResults: [{ name, assertionResults: [result(name, status)] }],
    });
    const reports = [report(2, 'a', 'failed'), report(1, 'a', 'passed'), report(3, 'gone', 'passed')];
    expect(newestResults(reports, ['a', 'never run'])).toEqual([result('a', 'failed')]);
  });
});
