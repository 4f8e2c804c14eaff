import { resolve } from 'node:path';

import { ERRORS } from '../../contract/errors.ts';
import { checkStore, type StoreVerdict } from '../check-store.ts';
import { command } from '../command.ts';
import type { Context } from '../context.ts';
import { plain } from '../render/plain.ts';
import { indent } from '../render/table.ts';

/** Checks a store file and every invariant of it. */
export const storeCheck = command({
  name: 'store check',
  summary: 'Checks the store file on disk and every invariant; changes nothing.',
  args: [{ name: '[FILE]', summary: "Another store file; default: the running supervisor's own." }],
  flags: {},
  uses: ['store.check'],
  startsNothing: true,
  fails: ['STORE_DAMAGED', 'STORE_UNREADABLE'],
  more: `Exits with ${String(ERRORS.STORE_DAMAGED.exit)} when there are problems.`,
  run: async (context, input) => {
    const [file] = input.args;
    const verdict = await checkStore(context, file === undefined ? null : resolve(context.cwd, file));
    return { json: verdict, text: textOf(verdict, context), exit: verdict.ok ? 0 : ERRORS.STORE_DAMAGED.exit };
  },
});

function textOf({ ok, file, problems, accounts, encrypted }: StoreVerdict, { paint }: Context): string {
  const what = `${String(accounts)} ${accounts === 1 ? 'account' : 'accounts'}${encrypted ? ', encrypted' : ''}`;
  const verdict = ok
    ? paint('green', `The store is sound: ${what}.`)
    : paint('red', `The store has ${String(problems.length)} ${problems.length === 1 ? 'problem' : 'problems'}:`);
  return [verdict, ...problems.map((problem) => indent(plain(problem))), paint('dim', plain(file))].join('\n');
}
