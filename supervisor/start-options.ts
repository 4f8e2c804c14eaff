import type { Env } from '../contract/env.ts';
import type { Notice } from '../contract/notice.ts';
import type { Log } from '../runtime/log.ts';
import type { Paths } from '../runtime/paths.ts';
import type { ChildProcess } from '../runtime/spawn.ts';
import type { StoreOptions } from './store/store.ts';

/** What a test may put in place of the real clock and disk. Why: only code can, so nothing in the environment of a supervisor weakens it. */
export interface Surroundings {
  now: () => number;
  /** The file system as the store meets it, and the moments of a write at which it is told. */
  readonly disk: Pick<StoreOptions, 'fs' | 'fault'>;
}

/** Everything a supervisor needs of the process around it. */
export interface StartOptions extends Surroundings {
  readonly env: Env;
  readonly paths: Paths;
  readonly version: string;
  readonly buildId: string;
  readonly pid: number;
  readonly log: Log;
  readonly demo: boolean;
  readonly configFile: string | null;
  readonly port: number | null;
  readonly host: string | null;
  readonly uiDirectory: string;
  random: () => number;
  spawnChild: (name: 'worker' | 'probe-runner') => ChildProcess;
  /** Shows a message on the desktop. Shape: null = it was shown; else why not, and what to do. */
  onDesktop: (notice: Notice) => Promise<string | null>;
  /** Called when somebody asked the supervisor to stop. */
  onStopAsked: (reason: string) => void;
}
