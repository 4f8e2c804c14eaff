import { expect, it } from 'vitest';

import { careOf } from '../support/command-care.ts';
import { ELSEWHERE } from '../support/commands-elsewhere.ts';
import { STEPS } from '../support/commands-run.ts';
import { writtenCommands } from '../support/written-commands.ts';

const WRITTEN = writtenCommands().map(({ command }) => command);

// Here and not beside the runs themselves, so that `npm run check` finds a command that nobody decided about.
it('every command of every document is looked after, and nothing is looked after that no document has', () => {
  expect(WRITTEN.length).toBeGreaterThan(140);
  const undecided = WRITTEN.filter((command) => careOf(command) === null);
  expect(undecided, 'decide in test/support/commands-run.ts or commands-elsewhere.ts').toEqual([]);
  const decided = [...STEPS.map(({ written }) => written), ...Object.keys(ELSEWHERE)];
  expect(decided.filter((command) => !WRITTEN.includes(command))).toEqual([]);
  expect(new Set(decided).size).toBe(decided.length);
  for (const nobody of ['oma lst', 'oma up --prot 1', 'npm run tset', 'npm instal', 'node test/none.ts', 'curl x'])
    expect([nobody, careOf(nobody)]).toEqual([nobody, null]);
});
