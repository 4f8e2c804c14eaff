// `npm run rollback-drill`: goes from a known-good version to this one and back, as docs/PROMOTION.md says, and leaves what it saw.
// `--known-good FILE` is a packed release; without it, the commit `--to` (default: the one before this) is built and packed first.
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { readArguments } from '../support/arguments.ts';
import { rollbackSchema, thisRun, writeEvidence } from '../support/evidence.ts';
import { packOma } from '../support/installed-oma.ts';
import { drill } from './drill.ts';
import { packCommit } from './known-good.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** A rollback takes no longer, in milliseconds. */
const ROLLBACK_MAX_MS = 300_000;

const values = readArguments({
  'known-good': { type: 'string' },
  to: { type: 'string', default: 'HEAD~1' },
  directory: { type: 'string', default: 'reports/rollback' },
  evidence: { type: 'string' },
});
const directory = resolve(values.directory);
const run = thisRun();
const candidate = await packOma(ROOT, join(directory, 'candidate'));
const knownGood =
  values['known-good'] === undefined
    ? await packCommit(ROOT, values.to, join(directory, 'known-good'))
    : { tarball: resolve(values['known-good']), commit: null };
const drilled = await drill({ candidate, knownGood: knownGood.tarball });

const file = resolve(values.evidence ?? join(directory, 'rollback-drill.json'));
await writeEvidence(file, rollbackSchema, {
  kind: 'rollback-drill',
  run,
  ...drilled,
  knownGood: { ...drilled.knownGood, commit: knownGood.commit },
});
for (const { name, ms, saw } of drilled.steps) process.stdout.write(`${(ms / 1_000).toFixed(1)} s  ${name}: ${saw}\n`);
for (const what of drilled.lost) process.stdout.write(`LOST: ${what}\n`);
const isElsewhere = drilled.candidate.buildId !== drilled.knownGood.buildId;
if (!isElsewhere) process.stdout.write('Both are the same build: name an earlier commit with --to.\n');
const isGood = isElsewhere && drilled.lost.length === 0 && drilled.rollbackMs <= ROLLBACK_MAX_MS;
process.stdout.write(
  `${isGood ? 'rolled back' : 'NOT GOOD'} in ${(drilled.rollbackMs / 1_000).toFixed(1)} s: ${file}\n`,
);
process.exitCode = isGood ? 0 : 1;
