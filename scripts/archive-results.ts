/** Sums up reports/*.json of the last runs in docs/evidence/test-results.json. `--commit` names what was run; default: the commit checked out. */
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import * as z from 'zod';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What vitest writes, as far as it is summed up. */
const reportSchema = z.object({
  startTime: z.number(),
  numTotalTests: z.int(),
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  testResults: z.array(z.object({ endTime: z.number() })),
});

const { values } = parseArgs({
  options: { commit: { type: 'string', default: 'HEAD' }, reports: { type: 'string' }, target: { type: 'string' } },
});
const directory = values.reports ?? join(ROOT, 'reports');
const commit = execFileSync('git', ['rev-parse', values.commit], { cwd: ROOT, encoding: 'utf8' }).trim();
const names = (await readdir(directory)).filter((name) => /^[a-z]+\.json$/.test(name)).sort();
const gates = (await Promise.all(names.map((name) => gateOf(name)))).flat();
const target = values.target ?? join(ROOT, 'docs', 'evidence');
await mkdir(target, { recursive: true });
await writeFile(
  join(target, 'test-results.json'),
  `${JSON.stringify({ kind: 'test-results', commit, gates }, null, 2)}\n`,
);
console.log(gates.map(({ gate, passed, tests }) => `${gate}: ${String(passed)} of ${String(tests)}`).join('\n'));

/** A file of another kind among the reports is left out. */
async function gateOf(name: string) {
  const report = reportSchema.safeParse(JSON.parse(await readFile(join(directory, name), 'utf8')));
  if (!report.success) return [];
  const { startTime, numTotalTests, numPassedTests, numFailedTests, numPendingTests, testResults } = report.data;
  const endTime = Math.max(startTime, ...testResults.map((file) => file.endTime));
  return [
    {
      gate: name.replace('.json', ''),
      at: new Date(startTime).toISOString(),
      seconds: Math.round((endTime - startTime) / 1_000),
      files: testResults.length,
      tests: numTotalTests,
      passed: numPassedTests,
      failed: numFailedTests,
      skipped: numPendingTests,
    },
  ];
}
