import { text } from 'node:stream/consumers';

import * as z from 'zod';

import { OmaError } from '../contract/errors.ts';
import { OPERATIONS } from '../contract/operations.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { passedOn } from '../runtime/passed-on.ts';
import { redact } from '../runtime/redact.ts';
import { spawnChild } from '../runtime/spawn.ts';
import type { Context } from './context.ts';
import { plain } from './render/plain.ts';
import { connectIfRunning } from './running.ts';

const verdictSchema = OPERATIONS['store.check'].result;
/** What is wrong with a store file, if anything. */
export type StoreVerdict = z.infer<typeof verdictSchema>;

/** A check of the largest store takes a fraction of this, in milliseconds. */
const CHECK_MAX_MS = 30_000;

/**
 * Checks a store file; null is the one of the running supervisor, or where it would be.
 * Errors: STORE_UNREADABLE, DEADLINE_EXCEEDED.
 */
export async function checkStore(context: Context, file: string | null): Promise<StoreVerdict> {
  const session = file === null ? await connectIfRunning(context) : null;
  if (session === null) return checkOffline(context, file ?? context.paths().storeFile);
  try {
    return await session.client['store.check']({});
  } finally {
    session.close();
  }
}

// The CLI itself never reads a store: only the supervisor's program knows how.
async function checkOffline({ programs, environment, cwd }: Context, file: string): Promise<StoreVerdict> {
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
