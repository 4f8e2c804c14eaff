import * as z from 'zod';

import { OmaError } from '../contract/errors.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { passedOn } from '../runtime/passed-on.ts';
import { type ChildProcess, spawnChild } from '../runtime/spawn.ts';
import { splitLines } from '../runtime/split-lines.ts';
import type { Context } from './context.ts';

/** A simulator that has not said where it listens by then is given up, in milliseconds. */
const START_MAX_MS = 15_000;
const FETCH_MAX_MS = 5_000;

const announcementSchema = z.object({ issuerUrl: z.url(), baseUrl: z.url(), controlUrl: z.url() });

/** The simulated provider of the demo, running. */
export interface SimulatedProvider {
  readonly issuerUrl: string;
  readonly baseUrl: string;
  readonly ended: Promise<void>;
  /** Signs its accounts in: the text of a store that oma can import. */
  logins: () => Promise<string>;
  close: () => Promise<void>;
}

/**
 * Starts the simulated provider on a free port of loopback; it ends with this process, however that ends.
 * Errors: SUPERVISOR_START_FAILED.
 */
export async function startSimulatedProvider({ programs, environment, cwd }: Context): Promise<SimulatedProvider> {
  const args = [programs.simulator, '--json', '--with-parent'];
  const child = spawnChild({ name: 'simulator', command: programs.node, args, env: passedOn(environment), cwd });
  const ended = child.exited.then(() => undefined);
  try {
    const line = await withDeadline(firstLine(child), START_MAX_MS, () => new Error('it did not say where it listens'));
    const { issuerUrl, baseUrl, controlUrl } = announcementSchema.parse(JSON.parse(line));
    return { issuerUrl, baseUrl, ended, close: child.stop, logins: () => readLogins(controlUrl) };
  } catch (error) {
    await child.stop();
    throw new OmaError(
      'SUPERVISOR_START_FAILED',
      'The simulated provider of the demo could not be started — reinstall oma and try again',
      undefined,
      error,
    );
  }
}

function firstLine({ stdout, exited }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    splitLines(stdout, resolve);
    void exited.then(() => reject(new Error('it ended')));
  });
}

async function readLogins(controlUrl: string): Promise<string> {
  const answer = await fetch(new URL('importable-store', controlUrl), { signal: AbortSignal.timeout(FETCH_MAX_MS) });
  if (!answer.ok)
    throw new OmaError(
      'SUPERVISOR_START_FAILED',
      `The simulated provider refused its logins (status ${String(answer.status)}) — reinstall oma and try again`,
    );
  return answer.text();
}
