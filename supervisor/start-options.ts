import type { Env } from '../contract/env.ts';
import type { Log } from '../runtime/log.ts';
import type { Paths } from '../runtime/paths.ts';
import type { ChildProcess } from '../runtime/spawn.ts';

/** Everything a supervisor needs of the process around it. */
export interface StartOptions {
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
  now: () => number;
  random: () => number;
  spawnChild: (name: 'worker' | 'probe-runner') => ChildProcess;
  /** Called when somebody asked the supervisor to stop. */
  onStopAsked: () => void;
}
