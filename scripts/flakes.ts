/** `npm run test:flakes [-- --times N]`: runs the integration and browser suites again and again; every report is kept, and one that fails fails the whole. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const SUITES = ['integration', 'web'] as const;
const DIRECTORY = 'reports/flakes';

const { values } = parseArgs({ options: { times: { type: 'string', default: '5' } } });
const times = Number(values.times);
mkdirSync(DIRECTORY, { recursive: true });
const runs = Array.from({ length: times }, (_, index) => SUITES.map((suite) => run(suite, index + 1))).flat();
writeFileSync(join(DIRECTORY, 'summary.json'), `${JSON.stringify({ times, runs }, null, 2)}\n`);
const bad = runs.filter(({ code }) => code !== 0);
console.log(`${runs.length - bad.length} of ${runs.length} runs passed; their reports are in ${DIRECTORY}.`);
process.exitCode = bad.length === 0 && runs.length > 0 ? 0 : 1;

function run(
  suite: (typeof SUITES)[number],
  time: number,
): { suite: string; time: number; code: number | null; seconds: number } {
  const begunAt = performance.now();
  const { status } = spawnSync('vitest', ['run', '--project', suite], { stdio: 'inherit' });
  renameSync(`reports/${suite}.json`, join(DIRECTORY, `${suite}-${String(time)}.json`));
  return { suite, time, code: status, seconds: Math.round((performance.now() - begunAt) / 1_000) };
}
