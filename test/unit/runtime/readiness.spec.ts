import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { READINESS_CHARS_MAX, readinessSchema } from '../../../contract/handshake.ts';
import { reportReadiness } from '../../../runtime/readiness.ts';

it.each([
  ['a reason', 'The store is damaged.'],
  ['a very long reason, cut', 'x'.repeat(READINESS_CHARS_MAX + 1)],
])('the report of a supervisor with %s is one line of JSON that its starter understands', (_what, message) => {
  const directory = mkdtempSync(join(tmpdir(), 'oma-ready-'));
  const descriptor = openSync(join(directory, 'out'), 'w');
  const report = { ready: false, code: 'STORE_DAMAGED', message } as const;
  reportReadiness(report, descriptor);
  closeSync(descriptor);
  const text = readFileSync(join(directory, 'out'), 'utf8');
  expect(text.split('\n')).toHaveLength(2);
  expect(readinessSchema.parse(JSON.parse(text))).toEqual({
    ...report,
    message: message.slice(0, READINESS_CHARS_MAX),
  });
  reportReadiness({ ready: true }, descriptor);
  rmSync(directory, { recursive: true });
});
