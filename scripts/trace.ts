/** `npm run trace`: holds the acceptance list against the reports of the tests; fails on a verification line without a passing test. */
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

import * as z from 'zod';

import { parseList, traced } from '../test/acceptance.ts';

const LIST = 'test/acceptance.md';
const REPORT = 'reports/trace.md';

const reportSchema = z.object({
  testResults: z.array(z.object({ assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })) })),
});

const results = globSync('reports/*.json')
  .map((file) => reportSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))))
  .flatMap(({ data }) => data?.testResults ?? [])
  .flatMap(({ assertionResults }) => assertionResults);
const lines = traced(parseList(readFileSync(LIST, 'utf8')), results);
const rows = lines.map(
  ({ id, text, tests, verdict }) =>
    `| ${id} | ${text.replaceAll('|', '/')} | ${verdict} | ${tests.map((name) => name.replaceAll('|', '/')).join('<br>')} |`,
);
mkdirSync('reports', { recursive: true });
writeFileSync(REPORT, ['| id | line | result | tests |', '| --- | --- | --- | --- |', ...rows, ''].join('\n'));
for (const { id, text, verdict, tests } of lines)
  console.log(`${verdict.padEnd(8)} ${id.padEnd(8)} ${(tests[0] ?? text).slice(0, 120)}`);
const wanted = lines.filter(({ isVerification }) => isVerification);
const open = wanted.filter(({ verdict }) => verdict !== 'passed');
console.log(
  `\n${wanted.length - open.length} of ${wanted.length} verification lines have a passing test; the table is ${REPORT}.`,
);
if (open.length > 0) console.log(`Without one: ${open.map(({ id }) => id).join(', ')}`);
process.exitCode = open.length === 0 && wanted.length > 0 ? 0 : 1;
