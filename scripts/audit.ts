/** `npm run audit`: asks the registry for known weaknesses of what is installed; fails on a severe one, and says so plainly where the registry does not answer. */
import { spawnSync } from 'node:child_process';

import * as z from 'zod';

const SEVERE = ['high', 'critical'] as const;

const counts = z.object({ high: z.int(), critical: z.int() });
const reportSchema = z.object({
  metadata: z.object({ vulnerabilities: counts }),
  vulnerabilities: z.record(z.string(), z.object({ severity: z.string() })),
});
const refusalSchema = z.object({ message: z.string() });

const { stdout, stderr } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8' });
const answer = parsed(stdout);
const report = reportSchema.safeParse(answer);
const refusal = refusalSchema.safeParse(answer);
if (report.success) {
  const { metadata, vulnerabilities } = report.data;
  const severe = SEVERE.reduce((sum, severity) => sum + metadata.vulnerabilities[severity], 0);
  for (const [name, { severity }] of Object.entries(vulnerabilities)) console.log(`${severity.padEnd(8)} ${name}`);
  console.log(`Audited: ${String(severe)} severe of ${String(Object.keys(vulnerabilities).length)} known weaknesses.`);
  process.exitCode = severe === 0 ? 0 : 1;
} else if (
  refusal.success &&
  /\b(?:40[45]|501)\b|ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN/.test(refusal.data.message)
) {
  console.log(`NOT AUDITED: the registry does not answer audits here (${refusal.data.message}).`);
} else {
  console.error(`npm audit failed: ${stderr}${stdout}`);
  process.exitCode = 1;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
