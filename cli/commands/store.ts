import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';

import * as z from 'zod';

import { ERRORS, OmaError } from '../../contract/errors.ts';
import { OPERATIONS } from '../../contract/operations.ts';
import { withDeadline } from '../../runtime/deadline.ts';
import { passedOn } from '../../runtime/passed-on.ts';
import { redact } from '../../runtime/redact.ts';
import { spawnChild } from '../../runtime/spawn.ts';
import { command } from '../command.ts';
import type { Context } from '../context.ts';
import { plain } from '../render/plain.ts';
import { indent } from '../render/table.ts';
import { connectIfRunning } from '../running.ts';

const verdictSchema = OPERATIONS['store.check'].result;
type Verdict = z.infer<typeof verdictSchema>;

/** A check of the largest store takes a fraction of this, in milliseconds. */
const CHECK_MAX_MS = 30_000;

/** Checks a store file and every invariant of it. */
export const storeCheck = command({
  name: 'store check',
  summary: 'Checks the store file on disk and every invariant; changes nothing.',
  args: [{ name: '[FILE]', summary: "Another store file; default: the running supervisor's own." }],
  flags: {},
  uses: ['store.check'],
  more: `Exits with ${String(ERRORS.STORE_DAMAGED.exit)} when there are problems.`,
  run: async (context, input) => {
    const [file] = input.args;
    const verdict = await check(context, file === undefined ? null : resolve(context.cwd, file));
    return { json: verdict, text: textOf(verdict, context), exit: verdict.ok ? 0 : ERRORS.STORE_DAMAGED.exit };
  },
});

async function check(context: Context, file: string | null): Promise<Verdict> {
  const session = file === null ? await connectIfRunning(context) : null;
  if (session === null) return checkOffline(context, file ?? context.paths().storeFile);
  try {
    return await session.client['store.check']({});
  } finally {
    session.close();
  }
}

// The CLI itself never reads a store: only the supervisor's program knows how.
async function checkOffline({ programs, environment, cwd }: Context, file: string): Promise<Verdict> {
  const complaints: string[] = [];
  const child = spawnChild({
    name: 'store check',
    command: programs.node,
    args: [programs.supervisor, '--check-store', file],
    env: passedOn(environment),
    cwd,
    onStderrLine: (line) => complaints.push(line),
  });
  try {
    const output = await withDeadline(text(child.stdout), CHECK_MAX_MS, () => tooLong());
    const verdict = verdictSchema.safeParse(jsonOf(output));
    if (verdict.success) return verdict.data;
    const why = plain(redact(complaints.join(' '))) || 'no word of why';
    throw new OmaError(
      'STORE_UNREADABLE',
      `The check of the store gave no verdict: ${why} — see that the file can be read`,
    );
  } finally {
    await child.stop();
  }
}

function tooLong(): OmaError {
  return new OmaError(
    'DEADLINE_EXCEEDED',
    'The check of the store takes too long — see whether the disk answers, and try again',
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function textOf({ ok, file, problems, accounts, encrypted }: Verdict, { paint }: Context): string {
  const what = `${String(accounts)} ${accounts === 1 ? 'account' : 'accounts'}${encrypted ? ', encrypted' : ''}`;
  const verdict = ok
    ? paint('green', `The store is sound: ${what}.`)
    : paint('red', `The store has ${String(problems.length)} ${problems.length === 1 ? 'problem' : 'problems'}:`);
  return [verdict, ...problems.map((problem) => indent(plain(problem))), paint('dim', plain(file))].join('\n');
}
