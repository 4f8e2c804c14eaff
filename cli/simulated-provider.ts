import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import * as z from 'zod';

import { OmaError } from '../contract/errors.ts';
import { passedOn } from '../runtime/passed-on.ts';
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
  close: () => void;
}

/**
 * Starts the simulated provider on a free port of loopback; it ends with this process, however that ends.
 * Errors: SUPERVISOR_START_FAILED.
 */
export async function startSimulatedProvider({ programs, environment }: Context): Promise<SimulatedProvider> {
  // A group of its own: Ctrl-C must not end it before the supervisor, which still works with it.
  const child = spawn(programs.node, [programs.simulator, '--json', '--with-parent'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: passedOn(environment),
    detached: true,
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  child.stdin.on('error', () => undefined);
  const close = (): void => void child.stdin.end();
  try {
    const line = await firstLine(child.stdout, ended);
    const { issuerUrl, baseUrl, controlUrl } = announcementSchema.parse(JSON.parse(line));
    return { issuerUrl, baseUrl, ended, close, logins: () => readLogins(controlUrl) };
  } catch (error) {
    close();
    throw new OmaError(
      'SUPERVISOR_START_FAILED',
      'The simulated provider of the demo could not be started — reinstall oma and try again',
      undefined,
      error,
    );
  }
}

function firstLine(stdout: NodeJS.ReadableStream, ended: Promise<void>): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('it did not say where it listens')), START_MAX_MS);
    createInterface({ input: stdout }).once('line', (line) => {
      clearTimeout(timer);
      resolve(line);
    });
    void ended.then(() => {
      clearTimeout(timer);
      reject(new Error('it ended'));
    });
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
