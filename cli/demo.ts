import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as z from 'zod';

import { ENV_PREFIX } from '../contract/env.ts';
import { errorBodySchema, isErrorCode, OmaError } from '../contract/errors.ts';
import { spawnAnnouncing } from '../runtime/detached.ts';
import { passedOn } from '../runtime/passed-on.ts';
import type { StartCommand } from '../runtime/start-supervisor.ts';
import type { Context } from './context.ts';
import { supervisorCommand } from './open-session.ts';
import type { Session } from './session.ts';
import { type SimulatedProvider, startSimulatedProvider } from './simulated-provider.ts';

/** A demo in the background that has not said that it runs by then is given up, in milliseconds. */
const DETACHED_MAX_MS = 45_000;

/** What `oma up --json` says once it runs. */
export const startedSchema = z.object({
  started: z.boolean(),
  demo: z.boolean(),
  pid: z.int(),
  launchUrl: z.string().nullable(),
});
export type Started = z.infer<typeof startedSchema>;

/** The world of the demo: a provider, and how a supervisor is started that works against it. */
export interface Demo {
  readonly provider: SimulatedProvider;
  readonly command: StartCommand;
}

/** Starts the simulated provider with an empty store for its accounts; must not be called while a supervisor runs. */
export async function prepareDemo(context: Context, args: readonly string[]): Promise<Demo> {
  // The accounts of an earlier demo died with its provider.
  await rm(context.paths().demoDir, { recursive: true, force: true });
  const provider = await startSimulatedProvider(context);
  const command = supervisorCommand(context, ['--demo', ...args]);
  const ours = { BASE_URL: provider.baseUrl, ISSUER_URL: provider.issuerUrl, PASSPHRASE: undefined };
  const env = Object.fromEntries(Object.entries(ours).map(([name, value]) => [ENV_PREFIX + name, value]));
  return { provider, command: { ...command, env: { ...command.env, ...env } } };
}

/** Brings the simulated accounts into the demo's store. */
export async function importDemoAccounts(
  context: Context,
  { client }: Session,
  provider: SimulatedProvider,
): Promise<void> {
  const directory = context.paths().demoDir;
  const path = join(directory, 'import.json');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(path, await provider.logins(), { mode: 0o600 });
  try {
    await client['account.import']({ source: 'file', path });
  } finally {
    await rm(path, { force: true });
  }
}

/**
 * Starts the demo in the background: a process like `oma up --demo` that nobody watches.
 * Errors: what that process reports, SUPERVISOR_START_FAILED when it says nothing.
 */
export async function startDetachedDemo(
  { programs, environment, signal }: Context,
  args: readonly string[],
): Promise<Started> {
  const demo = spawnAnnouncing({
    command: programs.node,
    args: [programs.cli, 'up', '--demo', '--json', ...args],
    env: passedOn(environment),
  });
  const giveUp = AbortSignal.any([signal, AbortSignal.timeout(DETACHED_MAX_MS)]);
  try {
    const gaveUp = new Promise<null>((resolve) =>
      giveUp.addEventListener('abort', () => resolve(null), { once: true }),
    );
    return startedOf(await Promise.race([demo.firstLine, gaveUp]));
  } finally {
    demo.release();
  }
}

function startedOf(line: string | null): Started {
  const value: unknown = line === null ? null : JSON.parse(line);
  const started = startedSchema.safeParse(value);
  if (started.success) return started.data;
  const failure = errorBodySchema.safeParse(value);
  if (failure.success && isErrorCode(failure.data.code))
    throw new OmaError(failure.data.code, failure.data.message, failure.data.details);
  throw new OmaError(
    'SUPERVISOR_START_FAILED',
    'The demo could not be started in the background — run `oma up --demo` to see why',
  );
}
