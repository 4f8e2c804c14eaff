/** `npm run slo [-- FILE…]`: holds what the runs under load left behind against the promises; fails when one is missed or unproven. */
import { existsSync, globSync, readFileSync } from 'node:fs';

import { evidenceSchema } from '../test/soak/evidence.ts';
import { barsOf, baselineSchema, unproven } from '../test/soak/slo.ts';

const BASELINE = 'docs/slo-baseline.json';

const given = process.argv.slice(2);
const files = given.length > 0 ? given : globSync(['reports/evidence-*.json', 'reports/soak/evidence.json']);
const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const baseline = baselineSchema.parse(read(BASELINE));
const bars = files
  .filter((file) => existsSync(file))
  .flatMap((file) => barsOf(evidenceSchema.parse(read(file)), baseline));
for (const { what, source, found, holds } of bars)
  console.log(`${holds ? 'holds ' : 'MISSED'}  ${what.padEnd(40)} ${source.padEnd(8)} ${found}`);
const open = unproven(bars);
for (const promise of open) console.log(`NO EVIDENCE  ${promise}: run npm run test:soak:48h -- --hours 1.1`);
process.exitCode = open.length === 0 && bars.every(({ holds }) => holds) ? 0 : 1;
