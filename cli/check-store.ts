import { text } from 'node:stream/consumers';

import * as z from 'zod';

import { ENV_PREFIX } from '../contract/env.ts';
import { OmaError } from '../contract/errors.ts';
import { OPERATIONS } from '../contract/operations.ts';
import type { Secret } from '../contract/scalars.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { passedOn } from '../runtime/passed-on.ts';
import { redact } from '../runtime/redact.ts';
import { spawnChild } from '../runtime/spawn.ts';
import type { Context } from './context.ts';
import { plain } from './render/plain.ts';
import { connectIfRunning } from './running.ts';

const verdictSchema = OPERATIONS['store.check'].result;
/** Offline, the format is told as well. */
const inspectionSchema = verdictSchema.extend({ format: z.string() });
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
  if (session === null) return verdictSchema.parse(await inspect(context, file ?? context.paths().storeFile));
  try {
    return await session.client['store.check']({});
  } finally {
    session.close();
  }
}

/**
 * Refuses a file that cannot be put back, without a supervisor.
 * Why: asked before a damaged store is set aside for it, which must not happen in vain.
 * Errors: STORE_PASSPHRASE_REQUIRED, STORE_PASSPHRASE_WRONG, IMPORT_INVALID, STORE_UNREADABLE, DEADLINE_EXCEEDED.
 */
export async function refuseBadBackup(context: Context, file: string, passphrase: Secret | null): Promise<void> {
  const environment = { ...context.environment, [`${ENV_PREFIX}PASSPHRASE`]: passphrase ?? undefined };
  const { ok, format, encrypted, problems } = await inspect({ ...context, environment }, file);
  if (ok && format === STORE_FORMAT) return;
  if (encrypted)
    throw passphrase === null
      ? new OmaError('STORE_PASSPHRASE_REQUIRED', 'The backup is encrypted; the store was left as it is.')
      : new OmaError('STORE_PASSPHRASE_WRONG', 'The passphrase does not open the backup; the store was left as it is.');
  const why = ok ? 'it holds no store of oma' : problems.join('; ');
  throw new OmaError(
    'IMPORT_INVALID',
    `This is no backup of oma that can be used: ${why}; the store was left as it is.`,
  );
}

/** What a check calls oma's own format. */
const STORE_FORMAT = 'oma';

// The CLI itself never reads a store: only the supervisor's program knows how.
async function inspect(
  { programs, environment, cwd }: Context,
  file: string,
): Promise<z.infer<typeof inspectionSchema>> {
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
    const verdict = inspectionSchema.safeParse(jsonOf(output));
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
