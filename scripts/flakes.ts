/** `npm run test:flakes [-- --times N --only FILTER]`: runs the integration and browser suites again and again; every report is kept, and a run that fails fails the whole. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as z from 'zod';

import { readArguments } from '../test/support/arguments.ts';
import { FLAKE_TIMES, type FlakeRun, flakesSchema, thisRun, writeEvidence } from '../test/support/evidence.ts';

const SUITES = ['integration', 'web'] as const;
const REPORTS = 'reports/flakes';

const reportSchema = z.object({ numTotalTests: z.int(), numFailedTests: z.int(), numPendingTests: z.int() });

const values = readArguments({
  times: { type: 'string', default: String(FLAKE_TIMES) },
  only: { type: 'string' },
  target: { type: 'string', default: fileURLToPath(new URL('../docs/evidence', import.meta.url)) },
});
const times = Number(values.times);
const only = values.only ?? null;
const begun = thisRun();
mkdirSync(REPORTS, { recursive: true });
const runs = Array.from({ length: times }, (_, index) => SUITES.map((suite) => run(suite, index + 1))).flat();
await writeEvidence(join(values.target, 'flakes.json'), flakesSchema, {
  kind: 'flakes',
  run: begun,
  times,
  only,
  isRehearsal: times < FLAKE_TIMES || only !== null,
  runs,
});
const good = runs.filter(({ passed }) => passed);
console.log(`${String(good.length)} of ${String(runs.length)} runs passed; their reports are in ${REPORTS}.`);
process.exitCode = good.length === runs.length && runs.length > 0 ? 0 : 1;

function run(suite: FlakeRun['suite'], time: number): FlakeRun {
  const report = join('reports', `${suite}.json`);
  rmSync(report, { force: true });
  const at = new Date();
  const { status } = spawnSync('vitest', ['run', '--project', suite, ...(only === null ? [] : [only])], {
    stdio: 'inherit',
  });
  const seconds = Math.round((Date.now() - at.getTime()) / 1_000);
  const found = existsSync(report) ? reportSchema.parse(JSON.parse(readFileSync(report, 'utf8'))) : null;
  if (found !== null) copyFileSync(report, join(REPORTS, `${suite}-${String(time)}.json`));
  const { numTotalTests: tests = 0, numFailedTests: failed = 0, numPendingTests: skipped = 0 } = found ?? {};
  const passed = status === 0 && failed === 0 && tests > skipped;
  return { suite, time, at: at.toISOString(), seconds, tests, failed, skipped, passed };
}
