import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { readinessSchema } from '../../../contract/handshake.ts';
import { reportReadiness } from '../../../runtime/readiness.ts';

it('the report of a supervisor is one line of JSON that its starter understands', () => {
  const directory = mkdtempSync(join(tmpdir(), 'oma-ready-'));
  const descriptor = openSync(join(directory, 'out'), 'w');
  const report = { ready: false, code: 'STORE_DAMAGED', message: 'The store is damaged.' } as const;
  reportReadiness(report, descriptor);
  closeSync(descriptor);
  const text = readFileSync(join(directory, 'out'), 'utf8');
  expect(text.split('\n')).toHaveLength(2);
  expect(readinessSchema.parse(JSON.parse(text))).toEqual(report);
  reportReadiness({ ready: true }, descriptor);
  rmSync(directory, { recursive: true });
});
