import type { Readable } from 'node:stream';

import type { Env } from '../contract/env.ts';
import type { Paths } from '../runtime/paths.ts';
import type { Paint } from './render/paint.ts';
import type { ViewLook } from './render/status.ts';
import type { Session, SessionOptions } from './session.ts';

/** Where a process writes to. */
export interface Stream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write: (text: string) => unknown;
}

/** Where a process reads from. */
export type Source = Readable & { readonly isTTY?: boolean | undefined };

/** The other programs of oma that the CLI starts or points at: absolute paths. */
export interface Programs {
  readonly node: string;
  readonly cli: string;
  readonly supervisor: string;
  readonly simulator: string;
  readonly plugin: string;
  readonly tui: string;
}

/** Facts about this process that only the entry file may read. */
export interface ProcessFacts {
  readonly stdin: Source;
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly cwd: string;
  readonly uid: number;
  readonly pid: number;
  readonly platform: NodeJS.Platform;
  readonly programs: Programs;
  readonly build: { readonly version: string; readonly buildId: string };
  readonly nodeVersion: string;
  isAlive: (pid: number) => boolean;
  /** Aborts on Ctrl-C and when somebody asks the process to end. */
  readonly signal: AbortSignal;
}

/** Gives what rendering needs to know of a context: the time and the colours. */
export function lookOf({ now, paint }: Context): ViewLook {
  return { now: now(), paint };
}

/** All that a command may use of the world; commands never touch the process themselves. */
export interface Context extends ProcessFacts {
  readonly paint: Paint;
  now: () => number;
  /** Errors: SUPERVISOR_NOT_RUNNING, SUPERVISOR_START_FAILED, SUPERVISOR_INCOMPATIBLE. */
  connect: (options: SessionOptions) => Promise<Session>;
  /** Errors: CONFIG_INVALID. */
  env: () => Env;
  /** Errors: CONFIG_INVALID, SOCKET_PATH_TOO_LONG. */
  paths: () => Paths;
}
