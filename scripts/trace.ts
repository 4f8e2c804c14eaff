/** `npm run trace`: holds the acceptance list against the reports of the tests; fails on a line without a passing test, and on a cited id that is none. */
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import * as z from 'zod';

import { newestResults, parseList, traced, type TracedLine, unknownIds } from '../test/acceptance.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LIST = join(ROOT, 'test/acceptance.md');

const resultSchema = z.object({ fullName: z.string(), status: z.string() });
const reportSchema = z.object({
  startTime: z.number(),
  testResults: z.array(z.object({ name: z.string(), assertionResults: z.array(resultSchema) })),
});

const { values } = parseArgs({ options: { reports: { type: 'string', default: join(ROOT, 'reports') } } });
const directory = resolve(values.reports);
const reports = globSync(join(directory, '*.json')).flatMap(
  (file) => reportSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data ?? [],
);
const files = globSync('test/*/**/*.spec.{ts,tsx}', { cwd: ROOT }).map((file) => join(ROOT, file));
const results = newestResults(reports, files);
const list = parseList(readFileSync(LIST, 'utf8'));
const lines = traced(list, results);
const wanted = lines.filter(({ isVerification }) => isVerification);
const open = wanted.filter(({ verdict }) => verdict !== 'passed');
const unknown = unknownIds(list, results);

mkdirSync(directory, { recursive: true });
writeFileSync(join(directory, 'trace.md'), tableOf(lines));
for (const { id, text, verdict } of open) console.log(`${verdict === 'failed' ? 'FAILED ' : 'NO TEST'} ${id} ${text}`);
for (const id of unknown) console.log(`UNKNOWN ${id} is cited by a test, and the list has no such line`);
console.log(
  `${String(wanted.length - open.length)} of ${String(wanted.length)} lines to verify have a passing test; the table is ${join(directory, 'trace.md')}.`,
);
process.exitCode = wanted.length > 0 && open.length === 0 && unknown.length === 0 ? 0 : 1;

function tableOf(all: readonly TracedLine[]): string {
  const cell = (text: string): string => text.replaceAll('|', '/');
  const rows = all.map(
    ({ id, text, tests, verdict }) => `| ${id} | ${cell(text)} | ${verdict} | ${tests.map(cell).join('<br>')} |`,
  );
  return ['| id | line | result | tests |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}
