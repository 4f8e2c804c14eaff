import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { opencodeBinary } from '../../support/real-opencode.ts';
import { sandbox } from './support/line.ts';

const CLIENT = join(import.meta.dirname, 'support/client-program.ts');
const SUPERVISOR = join(import.meta.dirname, 'support/supervisor.ts');

it.each([
  ['Node', () => process.execPath, {}],
  ['the Bun inside OpenCode', opencodeBinary, { BUN_BE_BUN: '1' }],
])(
  'a client in %s starts the supervisor, calls it, gives calls up, sees it die and starts it again',
  async (_, runtime, env) => {
    const directory = sandbox();
    const run = promisify(execFile)(runtime(), [CLIENT, join(directory, 'oma.sock'), process.execPath, SUPERVISOR], {
      env: { PATH: process.env['PATH'], HOME: directory, ...env },
      timeout: 60_000,
    });
    const { stdout, stderr } = await run;
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      refused: 'SUPERVISOR_NOT_RUNNING',
      answers: 200,
      invalid: 'INVALID_PARAMS',
      late: 'DEADLINE_EXCEEDED',
      aborted: 'Error: given up',
      pending: 'CONNECTION_CLOSED',
      closed: 'in order',
      restarted: true,
    });
  },
  90_000,
);
