// `npm run test:soak:48h`: soaks oma in a home of its own and leaves its artefacts in a directory; run again with the same directory it goes on.
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';

import { readArguments } from '../support/arguments.ts';
import { soak, writeSummary } from './soak.ts';
import { problemsOf } from './verdict.ts';

const values = readArguments({
  hours: { type: 'string', default: '48' },
  directory: { type: 'string', default: 'reports/soak' },
  'per-second': { type: 'string', default: '1.5' },
  seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  'summary-only': { type: 'boolean', default: false },
});
const directory = resolve(values.directory);
await mkdir(directory, { recursive: true });
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

const summary = values['summary-only']
  ? await writeSummary(directory)
  : await soak({
      directory,
      hours: Number(values.hours),
      perSecond: Number(values['per-second']),
      seed: Number(values.seed),
      signal: stop.signal,
    });
process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
const problems = problemsOf(summary);
for (const problem of problems) process.stderr.write(`soak: ${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
